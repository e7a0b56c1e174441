//! HTML: the main content as clean blocks. Menus, banners, forms, scripts and hidden parts are left out.

mod content;
mod walk;

use encoding_rs::Encoding;
use pinakes_config::limits::ExtractLimits;
use pinakes_types::{DocumentKind, StructuredText};
use scraper::{ElementRef, Html};

use content::Menus;

use crate::builder::collapse;
use crate::outcome::Rejection;
use crate::{decode, parse};

/// Reads an HTML page.
pub(crate) fn extract(bytes: &[u8], limits: &ExtractLimits) -> Result<StructuredText, Rejection> {
    let decoded = decode::decode(bytes, declared_charset(bytes))?;
    let html = Html::parse_document(&decoded.text);
    let content = content::main(html.root_element());
    let (mut builder, mut too_deep) = walk::walk(content, limits);
    // A page that seems to be menus for the most part says what it says.
    if content.menus == Menus::Guess && builder.len_chars() * 10 < content.chars {
        (builder, too_deep) = walk::walk(content.with_menus(), limits);
    }
    let title = page_title(html.root_element()).or_else(|| builder.first_heading()).unwrap_or_default();
    let (text, blocks, cut) = builder.finish();
    let too_deep = too_deep.then(|| {
        format!("Elements nested more than {} deep were left out. Save the page again from its program.", limits.nesting_depth_max)
    });
    let warnings = [decoded.warning, cut, too_deep].into_iter().flatten().collect();
    Ok(StructuredText { title, text, blocks, warnings, ..parse::document(DocumentKind::Html) })
}

fn page_title(root: ElementRef<'_>) -> Option<String> {
    // SVG pictures have titles too, so only the head's counts.
    let head = root.child_elements().find(|child| child.value().name() == "head")?;
    let title = head.child_elements().find(|child| child.value().name() == "title")?;
    Some(collapse(&title.text().collect::<String>())).filter(|title| !title.is_empty())
}

/// What `<meta charset>`, `<meta http-equiv>` or the XML declaration says, looked for where browsers look.
fn declared_charset(bytes: &[u8]) -> Option<&'static Encoding> {
    let head: String = bytes.iter().take(4096).map(|byte| char::from(byte.to_ascii_lowercase())).collect();
    let mut rest = head.as_str();
    while let Some(at) = rest.find("charset=").map(|at| at + 8).or_else(|| rest.find("encoding=").map(|at| at + 9)) {
        rest = &rest[at..];
        let label: String =
            rest.trim_start_matches(['"', '\'', ' ']).chars().take_while(|c| c.is_ascii_alphanumeric() || "-_:".contains(*c)).collect();
        if let Some(encoding) = Encoding::for_label(label.as_bytes()) {
            return Some(encoding);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(source: &str, expected: Expect) {
        let document = extract(source.as_bytes(), &ExtractLimits::default()).unwrap();
        let cut = |span: pinakes_types::CharSpan| document.text.chars().skip(span.start).take(span.len()).collect::<String>();
        let shown: String = document.blocks.iter().map(|block| format!("{:?}: {:?}\n", block.kind, cut(block.span))).collect();
        expected.assert_eq(&format!("[{}]\n{shown}", document.title));
    }

    #[test]
    fn main_content_without_menus() {
        check(
            "<html><head><title>A &amp; B</title><style>x{}</style></head><body><nav><a href=/>Home</a></nav>
             <main><header><h1>Title</h1></header><p>One <b>bo</b>ld<br>line.<script>x()</script></p><div hidden>no</div>
             <p style='display: none'>no</p>loose <i>text</i><aside>advert</aside></main><footer>Imprint</footer></body></html>",
            expect![[r#"
                [A & B]
                Heading(1): "Title"
                Paragraph: "One bold\nline."
                Paragraph: "loose text"
            "#]],
        );
    }

    #[test]
    fn without_main_menus_show_by_their_links() {
        check(
            "<body><ul class=x><li><a href=1>Products</a><li><a href=2>About us</a><li><a href=3>Jobs</a><li><a href=4>Contact</a></ul>
             <div><p>The text, with <a href=1>a link</a>.</p></div><div id=footer>(c) 2024</div></body>",
            expect![[r#"
                []
                Paragraph: "The text, with a link."
            "#]],
        );
    }

    #[test]
    fn a_page_of_links_is_read_as_it_is() {
        check(
            "<body><ul><li><a href=1>One</a><li><a href=2>Two</a><li><a href=3>Three</a><li><a href=4>Four</a></ul>",
            expect![[r#"
                []
                ListItem: "One"
                ListItem: "Two"
                ListItem: "Three"
                ListItem: "Four"
            "#]],
        );
    }

    #[test]
    fn lists_tables_and_code_keep_their_shape() {
        check(
            "<ul><li>one<ul><li>nested</ul><li><p>two</p><p>more</p></ul>
             <table><caption>Days</caption><tr><th>Name<th>Days<tr><td>Ada<td><p>30</p></table><pre>a\n  b\n</pre><dl><dt>T<dd>D</dl>",
            expect![[r#"
                []
                ListItem: "one\nnested"
                ListItem: "two\nmore"
                Paragraph: "Days"
                Table: "Name | Days\nAda | 30"
                Code: "a\n  b"
                Paragraph: "T"
                Paragraph: "D"
            "#]],
        );
    }

    #[test]
    fn declared_charsets_are_believed() {
        let page = [&b"<meta http-equiv=x content='text/html; charset=iso-8859-2'><p>"[..], b"\xb1\xe6\xea</p>"].concat();
        assert_eq!(extract(&page, &ExtractLimits::default()).unwrap().text, "ąćę");
    }

    #[test]
    fn deep_nesting_is_partial_not_fatal() {
        let page = format!("<p>top</p>{}deep", "<div>".repeat(5_000));
        let document = extract(page.as_bytes(), &ExtractLimits::default()).unwrap();
        assert_eq!((document.text.as_str(), document.warnings.len()), ("top", 1));
    }
}
