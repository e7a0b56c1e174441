//! Messages in Slack's Block Kit, within its limits: 50 blocks, 3,000 characters a section, 2,000 a button's value, 3,000 a link, 75 a
//! label. Longer words stand in several sections; a message that is still too long was split into several before.

use pinakes_config::limits::bot::TITLE_CHARS_MAX;
use serde_json::{Value, json};

use super::mrkdwn::{cost, escape, from_markdown, label};
use crate::message::{Button, ButtonKind, Message, SourceLine};
use crate::text::{shortened, split};

/// Characters of a section's text.
const SECTION_CHARS_MAX: usize = 3_000;
/// What a section is filled with: marks of bold and bullets come on top.
const SECTION_COST_MAX: usize = 2_800;
/// Words of one message: Slack refuses messages whose blocks are longer than some 13,000 characters together.
pub(super) const MESSAGE_COST_MAX: usize = 8_000;
/// Sources of one message share what is left.
const SOURCES_CHARS_MAX: usize = 4_000;
const FALLBACK_CHARS_MAX: usize = 1_000;
const LABEL_CHARS_MAX: usize = 75;
const URL_CHARS_MAX: usize = 3_000;
const VALUE_CHARS_MAX: usize = 2_000;
const NOTE_CHARS_MAX: usize = 300;
const NOTES_MAX: usize = 10;

/// Text for notifications and for clients that show no blocks.
pub(super) fn fallback(message: &Message) -> String {
    let text = shortened(&message.text, FALLBACK_CHARS_MAX);
    if text.is_empty() { "…".to_owned() } else { escape(&text) }
}

/// The message as blocks.
pub(super) fn blocks(message: &Message) -> Vec<Value> {
    let mut blocks: Vec<Value> =
        split(&message.text, cost, SECTION_COST_MAX).into_iter().map(|text| section(&from_markdown(text))).collect();
    blocks.extend(sources(&message.sources));
    let notes = message.notes.iter().take(NOTES_MAX).map(|note| text_object(&escape(&shortened(note, NOTE_CHARS_MAX))));
    let notes: Vec<Value> = notes.collect();
    if !notes.is_empty() {
        blocks.push(json!({ "type": "context", "elements": notes }));
    }
    if !message.buttons.is_empty() {
        blocks.push(json!({ "type": "actions", "elements": message.buttons.iter().map(button).collect::<Vec<_>>() }));
    }
    blocks
}

/// A text that Slack shows as it stands: `verbatim` keeps it from making links of words that look like some.
fn text_object(mrkdwn: &str) -> Value {
    json!({ "type": "mrkdwn", "text": mrkdwn, "verbatim": true })
}

fn section(mrkdwn: &str) -> Value {
    let cut: String = mrkdwn.chars().take(SECTION_CHARS_MAX).collect();
    json!({ "type": "section", "text": text_object(&cut) })
}

/// The numbered list, in as many sections as it takes.
fn sources(sources: &[SourceLine]) -> Vec<Value> {
    let (mut sections, mut now, mut all) = (Vec::new(), String::new(), 0);
    for source in sources {
        let line = source_line(source);
        all += line.len();
        if all > SOURCES_CHARS_MAX {
            break;
        }
        if now.len() + line.len() > SECTION_COST_MAX {
            sections.push(section(now.trim_end()));
            now.clear();
        }
        now.push_str(&line);
    }
    if !now.is_empty() {
        sections.push(section(now.trim_end()));
    }
    sections
}

fn source_line(source: &SourceLine) -> String {
    let title = label(&shortened(&source.title, TITLE_CHARS_MAX));
    let title = match source.url.as_deref().filter(|url| is_plain_url(url)) {
        Some(url) => format!("<{}|{title}>", escape(url)),
        None => title,
    };
    let place = source.place.as_ref().map(|place| format!(", {}", escape(place))).unwrap_or_default();
    format!("{}. {title}{place}\n", source.number)
}

/// Nothing in it ends the link or hides where it leads.
fn is_plain_url(url: &str) -> bool {
    url.len() <= URL_CHARS_MAX
        && (url.starts_with("https://") || url.starts_with("http://"))
        && !url.contains(['|', '<', '>', '"', '\\'])
        && !url.contains(char::is_whitespace)
}

fn button(button: &Button) -> Value {
    let words = shortened(&button.label, LABEL_CHARS_MAX - 1);
    let mut shown = json!({
        "type": "button",
        "action_id": button.kind.id(),
        "text": { "type": "plain_text", "text": words, "emoji": true },
        "value": button.value.chars().take(VALUE_CHARS_MAX).collect::<String>(),
    });
    if let Some(url) = button.url.as_deref().filter(|url| is_plain_url(url)) {
        shown["url"] = url.into();
    }
    if button.kind == ButtonKind::ShareAnyway {
        shown["style"] = "danger".into();
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(number: u32, title: &str, url: &str) -> SourceLine {
        SourceLine { number, title: title.into(), place: Some("page 3".into()), url: Some(url.into()) }
    }

    #[test]
    fn a_source_is_a_link_to_our_page_and_its_title_is_only_words() {
        let shown = source_line(&line(1, "<!channel> A|B\n& C", "https://kb.example/documents/d?span=1-2"));
        assert_eq!(shown, "1. <https://kb.example/documents/d?span=1-2|&lt;!channel&gt; A¦B &amp; C>, page 3\n");
        for url in ["javascript:alert(1)", "https://a|b", "https://a>b", "https://a b"] {
            assert_eq!(source_line(&line(1, "T", url)), "1. T, page 3\n", "{url}");
        }
    }

    #[test]
    fn whatever_the_message_the_limits_hold() {
        let button = Button { kind: ButtonKind::Up, label: "x".repeat(500), value: "v".repeat(5_000), url: None };
        let message = Message {
            key: "k".into(),
            text: "& <b> word. ".repeat(2_000),
            sources: (1..=500).map(|number| line(number, &"<&>".repeat(300), "https://kb.example/d")).collect(),
            notes: vec!["n&".repeat(3_000); 40],
            buttons: vec![button; 5],
        };
        for part in message.parts(cost, MESSAGE_COST_MAX, "rest") {
            let blocks = blocks(&part);
            assert!(!blocks.is_empty() && blocks.len() <= 50, "{}", blocks.len());
            let mut all = 0;
            for block in &blocks {
                let text = block["text"]["text"].as_str().unwrap_or_default();
                assert!(text.encode_utf16().count() <= SECTION_CHARS_MAX);
                all += text.len();
            }
            assert!(all <= 13_000, "{all}");
            assert!(fallback(&part).len() <= 4_000 + 1_000);
        }
    }

    #[test]
    fn a_message_without_words_still_says_something() {
        assert_eq!(fallback(&Message::default()), "…");
    }
}
