//! Walks the content and writes its blocks.

use pinakes_config::limits::ExtractLimits;
use pinakes_types::BlockKind;
use scraper::{ElementRef, Node};

use super::content::{Content, Menus, is_left_out};
use crate::builder::{TextBuilder, collapse};

/// Elements that begin and end a block.
#[rustfmt::skip]
const BLOCKS: &[&str] = &[
    "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer",
    "form", "header", "hr", "html", "legend", "li", "main", "menu", "ol", "p", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead",
    "tr", "ul", "h1", "h2", "h3", "h4", "h5", "h6", "pre",
];

/// The walk's state.
struct Walk {
    out: TextBuilder,
    /// Words of the block that is open.
    line: String,
    kind: BlockKind,
    /// List items that are open: inner blocks become lines of the outermost.
    items: usize,
    menus: Menus,
    depth: usize,
    depth_max: usize,
    too_deep: bool,
}

/// Reads the content. The flag tells whether something was nested too deep to be read.
pub(super) fn walk(content: Content<'_>, limits: &ExtractLimits) -> (TextBuilder, bool) {
    let mut walk = Walk {
        out: TextBuilder::new(limits),
        line: String::new(),
        kind: BlockKind::Paragraph,
        items: 0,
        menus: content.menus,
        depth: 0,
        depth_max: limits.nesting_depth_max,
        too_deep: false,
    };
    walk.children(content.root);
    walk.close();
    (walk.out, walk.too_deep)
}

impl Walk {
    fn children(&mut self, element: ElementRef<'_>) {
        if self.depth >= self.depth_max {
            self.too_deep = true;
            return;
        }
        self.depth += 1;
        for child in element.children() {
            match child.value() {
                Node::Text(text) => self.line.push_str(text),
                Node::Element(_) => {
                    if let Some(child) = ElementRef::wrap(child).filter(|child| !is_left_out(*child, self.menus)) {
                        self.element(child);
                    }
                }
                _ => {}
            }
        }
        self.depth -= 1;
    }

    fn element(&mut self, element: ElementRef<'_>) {
        let name = element.value().name();
        match name {
            "br" => self.line.push('\u{b}'),
            "pre" => self.preformatted(element),
            "table" if is_data_table(element) => self.table(element),
            "li" => self.item(element),
            "h1" | "h2" | "h3" | "h4" | "h5" | "h6" if self.items == 0 => {
                self.close();
                self.kind = BlockKind::Heading(name.as_bytes()[1] - b'0');
                self.children(element);
                self.close();
            }
            _ if BLOCKS.contains(&name) => {
                self.close();
                self.children(element);
                self.close();
            }
            _ => self.children(element),
        }
    }

    fn item(&mut self, element: ElementRef<'_>) {
        self.close();
        self.items += 1;
        self.children(element);
        self.items -= 1;
        if self.items == 0 {
            self.kind = BlockKind::ListItem;
        }
        self.close();
    }

    fn preformatted(&mut self, element: ElementRef<'_>) {
        self.close();
        let code: String = element.text().collect();
        if self.items > 0 {
            self.line.push_str(&code.trim_matches('\n').replace('\n', "\u{b}"));
        } else {
            self.out.push(BlockKind::Code, code.trim_matches('\n'));
        }
        self.close();
    }

    fn table(&mut self, table: ElementRef<'_>) {
        self.close();
        for caption in table.child_elements().filter(|child| child.value().name() == "caption") {
            self.element(caption);
        }
        let mut rows = Vec::new();
        for row in table.descendent_elements().filter(|element| element.value().name() == "tr") {
            let cells: Vec<String> =
                row.child_elements().filter(|cell| matches!(cell.value().name(), "td" | "th")).map(|cell| self.cell(cell)).collect();
            if cells.iter().any(|cell| !cell.is_empty()) {
                rows.push(cells.join(" | "));
            }
        }
        if self.items > 0 {
            self.line.push_str(&rows.join("\u{b}"));
        } else {
            self.out.push(BlockKind::Table, &rows.join("\n"));
        }
        self.close();
    }

    /// A cell's text on one line.
    fn cell(&mut self, cell: ElementRef<'_>) -> String {
        let outer = std::mem::take(&mut self.line);
        self.items += 1;
        self.children(cell);
        self.items -= 1;
        collapse(&std::mem::replace(&mut self.line, outer))
    }

    /// Ends the open block; inside a list item or cell that is a line break only.
    fn close(&mut self) {
        if self.items > 0 {
            self.line.push('\u{b}');
            return;
        }
        let line = std::mem::take(&mut self.line);
        let kind = std::mem::replace(&mut self.kind, BlockKind::Paragraph);
        let lines: Vec<String> = line.split('\u{b}').map(collapse).filter(|line| !line.is_empty()).collect();
        self.out.push(kind, &lines.join(if matches!(kind, BlockKind::Heading(_)) { " " } else { "\n" }));
    }
}

/// A table that lays out the page (it holds other tables, or long structured cells) is read as if it were none.
fn is_data_table(table: ElementRef<'_>) -> bool {
    if matches!(table.value().attr("role"), Some("presentation" | "none")) {
        return false;
    }
    !table
        .descendent_elements()
        .skip(1)
        .any(|inner| matches!(inner.value().name(), "table" | "h1" | "h2" | "h3" | "article" | "main" | "form"))
}
