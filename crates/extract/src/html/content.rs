//! Which part of a page is its content, and which elements are never content.

use scraper::{ElementRef, Node};

/// Elements whose content is no text of the page.
const NEVER: &[&str] = &[
    "script", "style", "noscript", "template", "svg", "math", "nav", "aside", "button", "select", "input", "textarea", "iframe", "object",
    "embed", "video", "audio", "canvas", "dialog", "head", "map",
];
const NEVER_ROLES: &[&str] =
    &["navigation", "banner", "contentinfo", "search", "menu", "menubar", "complementary", "dialog", "alertdialog"];
/// Words in `class` and `id` of what surrounds the content.
const AROUND: &[&str] = &[
    "nav",
    "navbar",
    "navigation",
    "menu",
    "sidebar",
    "breadcrumb",
    "breadcrumbs",
    "footer",
    "cookie",
    "cookies",
    "pagination",
    "social",
    "share",
    "skip-link",
    "advert",
    "ads",
    "banner",
    "toolbar",
    "masthead",
];
/// Links a list or section must have before their share counts.
const MENU_LINKS_MIN: usize = 4;
/// As [`MENU_LINKS_MIN`], inside what the page marks as its content.
const MARKED_MENU_LINKS_MIN: usize = 40;
/// A list or section whose text is links to more than this share is a menu.
const MENU_LINK_SHARE: f64 = 0.8;

/// How menus are told from content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Menus {
    /// The page says which part is its content; only long lists of bare links are menus there.
    Marked,
    /// It does not, so what surrounds the content has to be recognised.
    Guess,
    /// Everything is content.
    Keep,
}

/// Where to read, and how strictly.
#[derive(Debug, Clone, Copy)]
pub(super) struct Content<'a> {
    pub(super) root: ElementRef<'a>,
    pub(super) menus: Menus,
    /// Characters of text below the root.
    pub(super) chars: usize,
}

impl Content<'_> {
    /// The same, nothing taken for a menu.
    pub(super) fn with_menus(self) -> Self {
        Self { menus: Menus::Keep, ..self }
    }
}

/// The content: `<main>`, `role=main` or a single `<article>` where it holds a fair part of the text, else the body.
pub(super) fn main(root: ElementRef<'_>) -> Content<'_> {
    let body = root.child_elements().find(|child| child.value().name() == "body").unwrap_or(root);
    let named = |wanted: fn(&ElementRef<'_>) -> bool| {
        let mut found = body.descendent_elements().filter(|element| wanted(element) && !is_hidden(*element));
        let first = found.next()?;
        found.next().is_none().then_some(first)
    };
    let main = named(|element| element.value().name() == "main" || element.value().attr("role") == Some("main"));
    let candidate = main.or_else(|| named(|element| element.value().name() == "article"));
    let all = text_length(body);
    match candidate.map(|element| (element, text_length(element))) {
        Some((root, chars)) if chars * 4 >= all => Content { root, menus: Menus::Marked, chars },
        _ => Content { root: body, menus: Menus::Guess, chars: all },
    }
}

/// Whether an element, met while walking the content, is left out.
pub(super) fn is_left_out(element: ElementRef<'_>, menus: Menus) -> bool {
    let value = element.value();
    let name = value.name();
    if NEVER.contains(&name) || value.attr("role").is_some_and(|role| NEVER_ROLES.contains(&role)) || is_hidden(element) {
        return true;
    }
    match menus {
        Menus::Keep => return false,
        Menus::Marked => return name == "footer" || (matches!(name, "ul" | "ol" | "div") && is_menu(element, MARKED_MENU_LINKS_MIN)),
        Menus::Guess => {}
    }
    // A header inside an article holds its title; one of the page holds its banner.
    let in_article =
        || element.ancestors().filter_map(ElementRef::wrap).any(|above| matches!(above.value().name(), "article" | "section" | "main"));
    match name {
        "header" => !in_article() && !holds_heading(element),
        "footer" => !in_article(),
        "div" | "section" | "ul" | "ol" | "td" | "table" | "p" | "form" => is_around(element) || is_menu(element, MENU_LINKS_MIN),
        _ => false,
    }
}

fn is_hidden(element: ElementRef<'_>) -> bool {
    let value = element.value();
    let style = value.attr("style").map(|style| style.to_ascii_lowercase().replace(' ', "")).unwrap_or_default();
    value.attr("hidden").is_some()
        || value.attr("aria-hidden") == Some("true")
        || style.contains("display:none")
        || style.contains("visibility:hidden")
}

fn is_around(element: ElementRef<'_>) -> bool {
    let value = element.value();
    value.id().into_iter().chain(value.classes()).any(|word| AROUND.contains(&word.to_ascii_lowercase().as_str()))
        && !holds_heading(element)
}

fn holds_heading(element: ElementRef<'_>) -> bool {
    element.descendent_elements().any(|inner| inner.value().name() == "h1")
}

fn is_menu(element: ElementRef<'_>, links_min: usize) -> bool {
    // Large parts are content whatever they link to, and counting them again at each level would be quadratic.
    const CHARS_MAX: usize = 10_000;
    let (mut links, mut linked, mut all) = (0usize, 0usize, 0usize);
    for node in element.descendants() {
        match node.value() {
            Node::Element(inner) if inner.name() == "a" && inner.attr("href").is_some() => {
                links += 1;
                linked += ElementRef::wrap(node).map_or(0, text_length);
            }
            Node::Text(text) => all += text.trim().chars().count(),
            _ => {}
        }
        if all > CHARS_MAX {
            return false;
        }
    }
    links >= links_min && linked as f64 > all as f64 * MENU_LINK_SHARE
}

fn text_length(element: ElementRef<'_>) -> usize {
    let unseen = |name: &str| matches!(name, "script" | "style" | "noscript" | "template");
    let mut chars = 0;
    for node in element.descendants() {
        let parent_unseen = || node.parent().is_some_and(|parent| parent.value().as_element().is_some_and(|parent| unseen(parent.name())));
        if let Some(text) = node.value().as_text().filter(|_| !parent_unseen()) {
            chars += text.trim().chars().count();
        }
    }
    chars
}
