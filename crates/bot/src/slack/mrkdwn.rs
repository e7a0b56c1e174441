//! Slack's markup, both ways. Out: text becomes text, never a link, a mention or a channel. In: markup becomes the words it shows.

/// Escapes what Slack reads as markup; with it no text can make a link or a mention.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            char => escaped.push(char),
        }
    }
    escaped
}

/// What a character counts for against Slack's limits: code units of UTF-16, after escaping.
pub(crate) fn cost(char: char) -> usize {
    match char {
        '&' => 5,
        '<' | '>' => 4,
        char => char.len_utf16(),
    }
}

/// An answer's Markdown as mrkdwn: `**bold**` is `*bold*` there, headings are bold lines, list marks are bullets.
pub(crate) fn from_markdown(text: &str) -> String {
    let lines = text.split('\n').map(|line| {
        let indent = &line[..line.len() - line.trim_start().len()];
        let content = line.trim_start();
        let title = content.trim_start_matches('#');
        if title.len() < content.len() && content.len() - title.len() <= 6 && title.starts_with(' ') {
            return format!("*{}*", escape(title.trim()).replace("**", ""));
        }
        let item = ["- ", "* ", "+ "].iter().find_map(|mark| content.strip_prefix(mark));
        match item {
            Some(item) => format!("{indent}• {}", escape(item).replace("**", "*")),
            None => format!("{indent}{}", escape(content).replace("**", "*")),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Escapes text for `markdown_text`, which reads Markdown: the signs that make links, images, mentions and emphasis stand for themselves.
pub(crate) fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '!' | '~' | '|' => escaped.extend(['\\', char]),
            char => escaped.push(char),
        }
    }
    escaped
}

/// The label of a link: on one line, and without the sign that ends it.
pub(crate) fn label(text: &str) -> String {
    escape(&text.split_whitespace().collect::<Vec<_>>().join(" ")).replace('|', "¦")
}

/// What somebody wrote, in plain words, without the mentions of `bot`.
pub(crate) fn plain(text: &str, bot: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        match after.split_once('>') {
            Some((inside, after)) => {
                plain.push_str(&shown(inside, bot));
                rest = after;
            }
            None => {
                plain.push('<');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    plain.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").trim().to_owned()
}

/// What `<inside>` shows.
fn shown(inside: &str, bot: &str) -> String {
    let (target, label) = inside.split_once('|').map_or((inside, None), |(target, label)| (target, Some(label)));
    match target.chars().next() {
        Some('@') if !bot.is_empty() && &target[1..] == bot => String::new(),
        Some('@') => format!("@{}", label.unwrap_or(&target[1..])),
        Some('#') => format!("#{}", label.unwrap_or(&target[1..])),
        Some('!') => format!(
            "@{}",
            label.map_or_else(
                || target[1..].split('^').next().unwrap_or_default().to_owned(),
                |label| label.trim_start_matches('@').to_owned()
            )
        ),
        _ => label.unwrap_or(target).to_owned(),
    }
}

/// Ids of the accounts that a text mentions.
pub(crate) fn mentions(text: &str) -> impl Iterator<Item = &str> {
    text.split("<@").skip(1).filter_map(|after| after.split(['>', '|']).next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_makes_a_link_or_a_mention() {
        for hostile in ["<https://evil.example|click>", "<!channel>", "<@U1>", "<#C1>", "a & b < c", "&lt;!here&gt;"] {
            let escaped = escape(hostile);
            assert!(!escaped.contains('<') && !escaped.contains('>'), "{escaped}");
            assert_eq!(
                escaped.chars().count(),
                escaped.replace("&amp;", "12345").replace("&lt;", "1234").replace("&gt;", "1234").chars().count()
            );
            assert_eq!(plain(&escaped, ""), hostile, "and comes back as it was");
            assert_eq!(escape(hostile).encode_utf16().count(), hostile.chars().map(cost).sum::<usize>());
        }
        assert_eq!(escape_markdown("![x](https://evil.example)"), r"\!\[x\]\(https://evil.example\)");
    }

    #[test]
    fn what_people_write_is_read_as_they_see_it() {
        for (written, read) in [
            ("<@UBOT> how long?", "how long?"),
            ("hey <@UBOT|pinakes>, <@U2> asks", "hey , @U2 asks"),
            ("see <https://x.example/a|the plan> in <#C1|general>", "see the plan in #general"),
            ("<https://x.example/?a=1&amp;b=2>", "https://x.example/?a=1&b=2"),
            ("<!here> a &lt; b", "@here a < b"),
            ("<!subteam^S1|@team> 1 < 2", "@team 1 < 2"),
        ] {
            assert_eq!(plain(written, "UBOT"), read);
        }
        assert_eq!(mentions("<@U1> and <@U2|x>").collect::<Vec<_>>(), ["U1", "U2"]);
    }

    #[test]
    fn markdown_becomes_mrkdwn() {
        assert_eq!(from_markdown("## Leave & more\n- **ten** days\n  * five"), "*Leave &amp; more*\n• *ten* days\n  • five");
        assert_eq!(from_markdown("#1 of 3"), "#1 of 3");
    }
}
