//! The words of an answer as a reader may see them, wherever they are shown.
//!
//! Sentences of documents, and what a model makes of them, reach pages, chat clients that render Markdown, and terminals. None of those is
//! to load, link or do anything that a document says: images and links keep their words and lose their addresses, tags that browsers act on
//! lose their bracket, and characters that hide or rearrange others are left out. A document's own `[1]` is no marker of ours and becomes
//! `(1)`. The quotation of a citation is not changed: it is data, and stands as the document says it.

/// Names of HTML elements that load, link, run or restyle.
const ACTIVE_TAGS: [&str; 25] = [
    "a", "applet", "audio", "base", "body", "button", "embed", "form", "frame", "iframe", "image", "img", "input", "link", "math", "meta",
    "object", "picture", "script", "source", "style", "svg", "template", "track", "video",
];
/// Bytes that the address of a link may have for the link to be taken for one.
const ADDRESS_MAX: usize = 4_096;
/// Links in links that are taken apart; of more, the brackets are left out. Documents are anybody's, and the stack is not without end.
const NESTING_MAX: usize = 8;

/// What may be shown of a text that nobody vouches for.
pub(crate) fn visible(text: &str) -> String {
    let text: String = text.chars().filter(|c| !is_hidden(*c)).map(|c| if c.is_control() { ' ' } else { c }).collect();
    without_tags(&without_links(&text, 0)).trim().to_owned()
}

/// Format characters that show nothing, or change the order of what is shown. Joiners that scripts are written with stay.
fn is_hidden(c: char) -> bool {
    matches!(u32::from(c), 0xad | 0x200b | 0x200e | 0x200f | 0x202a..=0x202e | 0x2060..=0x206f | 0xfeff | 0xfff9..=0xfffb | 0xe0000..=0xe0fff)
}

/// Markdown's links and images as their words; numbers in brackets as numbers in parentheses.
fn without_links(text: &str, depth: usize) -> String {
    if depth > NESTING_MAX {
        return text.replace(['[', ']'], "");
    }
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let Some(close) = closing(&rest[open..], '[', ']').map(|length| open + length) else { break };
        let words = &rest[open + 1..close];
        let before = &rest[..open];
        let after = &rest[close + 1..];
        let address = target(after);
        kept.push_str(if address > 0 { before.strip_suffix('!').unwrap_or(before) } else { before });
        let words = words.strip_prefix('^').unwrap_or(words);
        if address > 0 {
            kept.push_str(&without_links(words, depth + 1));
        } else if !words.is_empty() && words.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b',' | b' ' | b'-')) {
            kept.extend(["(", words, ")"]);
        } else {
            kept.extend(["[", &without_links(words, depth + 1), "]"]);
        }
        rest = &after[address..];
    }
    kept.push_str(rest);
    // What is left of a broken link must not become one beside what follows.
    kept.replace("](", "] (").replace("![", "! [")
}

/// Bytes of `(address "title")` or `[reference]` at the beginning of a text; 0 where there is none.
fn target(text: &str) -> usize {
    let text = &text[..text.floor_char_boundary(ADDRESS_MAX)];
    let length = match text.as_bytes().first() {
        Some(b'(') => closing(text, '(', ')'),
        Some(b'[') => closing(text, '[', ']').filter(|end| !text[1..*end].bytes().all(|byte| byte.is_ascii_digit())),
        _ => None,
    };
    length.map_or(0, |length| length + 1)
}

/// Where the bracket that a text begins with is closed.
fn closing(text: &str, open: char, close: char) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some(at);
            }
        }
    }
    None
}

/// Without the brackets of tags that browsers act on, and of addresses in angle brackets.
fn without_tags(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('<') {
        kept.push_str(&rest[..open]);
        let inside = &rest[open + 1..];
        let name: String =
            inside.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
        let end = inside.find('>');
        if ACTIVE_TAGS.contains(&name.as_str()) || inside.starts_with("!--") {
            // All of it, where it has an end; else its bracket only. A space in its place: what stood around it must not become a tag or
            // a link by coming together.
            rest = end.map_or(inside, |end| &inside[end + 1..]);
            if end.is_some() && !kept.ends_with(char::is_whitespace) {
                kept.push(' ');
            }
        } else if let Some(end) = end.filter(|end| is_address(&inside[..*end])) {
            kept.push_str(&inside[..end]);
            rest = &inside[end + 1..];
        } else {
            kept.push('<');
            rest = inside;
        }
    }
    kept.push_str(rest);
    kept
}

fn is_address(text: &str) -> bool {
    (text.starts_with("http") || text.starts_with("mailto:")) && !text.contains('<')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_and_addresses_go() {
        for (written, shown) in [
            ("The limit is 5. ![chart](https://evil.example/x.png \"t\")", "The limit is 5. chart"),
            ("See [the (old) policy](https://evil.example/(a)) now", "See the (old) policy now"),
            ("[a [b](https://e.example/b) c](https://e.example/c)", "a b c"),
            ("![x][ref] and [y][]", "x and [y][]"),
            ("Fine [1] and [2, 3] and [^4]", "Fine (1) and (2, 3) and (4)"),
            ("an [open bracket", "an [open bracket"),
            ("call f[0](x) first", "call f0 first"),
            ("<img src=x onerror=alert(1)>Yes<script>go()</script>", "Yes go()"),
            ("at <https://evil.example/auto>.", "at https://evil.example/auto."),
            ("Vec<u8> and a < b", "Vec<u8> and a < b"),
            ("broken <img src=x", "broken img src=x"),
            ("\u{202e}abc\u{202c} d\u{200b}e \u{e0073}f\u{1b}[2Jg", "abc de f [2Jg"),
        ] {
            assert_eq!(visible(written), shown, "{written}");
        }
    }

    #[test]
    fn nothing_made_of_pieces_becomes_a_link_again() {
        let pieces = [
            "<scr<script>ipt>alert(1)",
            "<im<a>g src=x>",
            "[a]<img>(b)",
            "!<img>[a](b)",
            "<http<img src=x onerror=a() >b>",
            "<https://x<script >y>",
        ];
        for written in pieces {
            let shown = visible(written);
            let active = ["<script", "<img", "](", "!["].iter().any(|active| shown.contains(active));
            assert!(!active, "{written} became {shown}");
        }
        for written in ["[[x](a)](b)(c)", "!![x](y)[z](w)", "[a](b](c)", "[<img src=x>](y)", "<<img>img src=x>", "![a]\u{200b}(b)"] {
            let shown = visible(&visible(written));
            assert!(!shown.contains("](") && !shown.contains("![") && !shown.contains("<img"), "{written} became {shown}");
        }
    }

    #[test]
    fn a_mountain_of_brackets_costs_no_stack_and_little_time() {
        let deep = format!("{}x{}", "[".repeat(50_000), "](y)".repeat(50_000));
        assert!(!visible(&deep).contains("]("));
        let long = "[a](".repeat(20_000);
        assert!(!visible(&long).contains("]("));
    }

    #[test]
    fn other_scripts_are_whole() {
        for text in ["می‌خواهم", "क्‍ष", "日本語の文。", "naïve café", "👩‍👩‍👧"] {
            assert_eq!(visible(text), text);
        }
    }
}
