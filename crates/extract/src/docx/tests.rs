use std::io::{Cursor, Write};

use expect_test::{Expect, expect};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;

fn package(parts: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in parts {
        zip.start_file(*name, SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn word(body: &str) -> Vec<u8> {
    package(&[
        ("word/document.xml", &format!("<?xml version=\"1.0\"?><w:document><w:body>{body}</w:body></w:document>")),
        ("word/footnotes.xml", "<w:footnotes><w:footnote w:id=\"1\"><w:p><w:r><w:t>The note.</w:t></w:r></w:p></w:footnote></w:footnotes>"),
    ])
}

fn check(body: &str, expected: Expect) {
    let document = extract("a.docx", &word(body), &ExtractLimits::default()).unwrap();
    let cut = |span: pinakes_types::CharSpan| document.text.chars().skip(span.start).take(span.len()).collect::<String>();
    let shown: String = document.blocks.iter().map(|block| format!("{:?}: {:?}\n", block.kind, cut(block.span))).collect();
    expected.assert_eq(&format!("[{}]\n{shown}", document.title));
}

fn code(bytes: &[u8]) -> String {
    extract("a.docx", bytes, &ExtractLimits::default()).unwrap_err().reason().code.clone()
}

#[test]
fn paragraphs_lists_tables_and_notes() {
    check(
        r#"<w:p><w:pPr><w:pStyle w:val="Heading2"/></w:pPr><w:r><w:t>Leave &amp; absence</w:t></w:r></w:p>
           <w:p><w:r><w:t xml:space="preserve">Thirty </w:t></w:r><w:r><w:t>days.</w:t><w:footnoteReference w:id="1"/></w:r></w:p>
           <w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr></w:pPr><w:r><w:t>item</w:t></w:r></w:p>
           <w:tbl><w:tr><w:tc><w:p><w:r><w:t>a</w:t></w:r></w:p><w:p><w:r><w:t>b</w:t></w:r></w:p></w:tc><w:tc><w:p/></w:tc><w:tc><w:p><w:r><w:t>c</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"#,
        expect![[r#"
            [Leave & absence]
            Heading(2): "Leave & absence"
            Paragraph: "Thirty days."
            ListItem: "item"
            Table: "a b |  | c"
            Paragraph: "The note."
        "#]],
    );
}

#[test]
fn what_a_reader_does_not_see_is_left_out() {
    check(
        r#"<w:p><w:r><w:t>kept</w:t></w:r><w:del><w:r><w:delText>deleted</w:delText></w:r></w:del><w:ins><w:r><w:t> inserted</w:t></w:r></w:ins>
           <w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:instrText>PAGE</w:instrText></w:r>
           <mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></mc:Choice>
           <mc:Fallback><w:txbxContent><w:p><w:r><w:t>boxed</w:t></w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:p>"#,
        expect![[r#"
            []
            Paragraph: "kept inserted"
            Paragraph: "boxed"
        "#]],
    );
}

#[test]
fn entity_bombs_stay_inert() {
    let bomb = "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;\">]><w:document><w:body><w:p><w:r><w:t>&b; x</w:t></w:r></w:p></w:body></w:document>";
    let document = extract("a.docx", &package(&[("word/document.xml", bomb)]), &ExtractLimits::default()).unwrap();
    assert_eq!(document.text, "&b; x");
}

#[test]
fn bombs_are_refused_by_ratio_and_depth() {
    let spaces = format!("<w:document><w:body>{}", " ".repeat(20 << 20));
    assert_eq!(code(&package(&[("word/document.xml", &spaces)])), "expands_too_far");
    let deep = format!("<w:document>{}", "<w:sdt>".repeat(100_000));
    assert_eq!(code(&package(&[("word/document.xml", &deep)])), "nested_too_deep");
}

#[test]
fn broken_containers_say_so() {
    assert_eq!(code(b"PK\x03\x04 not really"), "damaged");
    assert_eq!(code(&package(&[("word/other.xml", "<a/>")])), "damaged");
    assert_eq!(code(&word("<w:p><w:r><w:t>x</w:r></w:p></w:body></w:document></w:document>")), "damaged");
    assert_eq!(code(&package(&[("xl/workbook.xml", "<a/>")])), "unsupported_kind");
}
