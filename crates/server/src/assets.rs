//! The page's files, compiled in.

use std::sync::OnceLock;

/// One file of the page.
pub(crate) struct Asset {
    /// Name below `/assets/`.
    pub(crate) name: &'static str,
    pub(crate) media_type: &'static str,
    pub(crate) bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal as $media_type:expr;)*) => {
        /// Every file but the page itself.
        pub(crate) const ASSETS: &[Asset] =
            &[$(Asset { name: $name, media_type: $media_type, bytes: include_bytes!(concat!("../page/", $name)) }),*];
    };
}

const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

assets! {
    "style.css" as "text/css; charset=utf-8";
    "icon.svg" as "image/svg+xml";
    "admin.css" as "text/css; charset=utf-8";
    "access.js" as JAVASCRIPT;
    "admin.js" as JAVASCRIPT;
    "admin-audit.js" as JAVASCRIPT;
    "admin-bot.js" as JAVASCRIPT;
    "admin-keys.js" as JAVASCRIPT;
    "admin-overview.js" as JAVASCRIPT;
    "admin-people.js" as JAVASCRIPT;
    "answer.js" as JAVASCRIPT;
    "api.js" as JAVASCRIPT;
    "app.js" as JAVASCRIPT;
    "blocks.js" as JAVASCRIPT;
    "de.js" as JAVASCRIPT;
    "documents.js" as JAVASCRIPT;
    "dom.js" as JAVASCRIPT;
    "drops.js" as JAVASCRIPT;
    "en.js" as JAVASCRIPT;
    "follow-up.js" as JAVASCRIPT;
    "history.js" as JAVASCRIPT;
    "hits.js" as JAVASCRIPT;
    "i18n.js" as JAVASCRIPT;
    "metrics.js" as JAVASCRIPT;
    "narrow.js" as JAVASCRIPT;
    "picture.js" as JAVASCRIPT;
    "plots.js" as JAVASCRIPT;
    "preview.js" as JAVASCRIPT;
    "reader.js" as JAVASCRIPT;
    "recheck.js" as JAVASCRIPT;
    "search.js" as JAVASCRIPT;
    "sign-in.js" as JAVASCRIPT;
    "text.js" as JAVASCRIPT;
    "thumbs.js" as JAVASCRIPT;
    "uploads.js" as JAVASCRIPT;
    "within.js" as JAVASCRIPT;
}

/// The page people sign in on.
pub(crate) const SIGN_IN_PAGE: Asset =
    Asset { name: "sign-in.html", media_type: "text/html; charset=utf-8", bytes: include_bytes!("../page/sign-in.html") };

/// The page.
pub(crate) const PAGE: Asset =
    Asset { name: "index.html", media_type: "text/html; charset=utf-8", bytes: include_bytes!("../page/index.html") };

/// One tag for all files: they belong together, and any change of one changes it.
pub(crate) fn tag() -> &'static str {
    static TAG: OnceLock<String> = OnceLock::new();
    TAG.get_or_init(|| {
        let mut hasher = blake3::Hasher::new();
        for asset in ASSETS.iter().chain([&PAGE, &SIGN_IN_PAGE]) {
            hasher.update(asset.bytes);
        }
        format!("W/\"{}\"", &hasher.finalize().to_hex()[..16])
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// What a page may need before it is seen, in bytes as they are kept (they travel compressed).
    const FIRST_PAINT_BYTES_MAX: usize = 100_000;
    /// Everything together.
    const BYTES_MAX: usize = 250_000;

    fn text(name: &str) -> &'static str {
        let asset = ASSETS.iter().find(|asset| asset.name == name).unwrap();
        std::str::from_utf8(asset.bytes).unwrap()
    }

    /// Names that stand between `before` and a quotation mark.
    fn named<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
        text.split(before).skip(1).map(|rest| rest.split(['"', '\'']).next().unwrap())
    }

    /// What a page names, what that imports, and so on; and its larger catalogue, as one of both is fetched with it.
    fn needed_at_once(page: &Asset) -> Vec<&'static str> {
        let html = std::str::from_utf8(page.bytes).unwrap();
        let mut needed: Vec<&str> = named(html, "/assets/").collect();
        needed.extend(["en.js", "de.js"].into_iter().max_by_key(|name| text(name).len()));
        let mut at = 0;
        while at < needed.len() {
            for import in named(text(needed[at]), "from './") {
                if !needed.contains(&import) {
                    needed.push(import);
                }
            }
            at += 1;
        }
        needed
    }

    #[test]
    fn what_a_page_needs_at_once_is_small() {
        for page in [&PAGE, &SIGN_IN_PAGE] {
            let needed = needed_at_once(page);
            let bytes = page.bytes.len() + needed.iter().map(|name| text(name).len()).sum::<usize>();
            assert!(bytes < FIRST_PAINT_BYTES_MAX, "{}: {bytes} bytes, of {needed:?}", page.name);
            for later in ["access.js", "admin.js", "documents.js", "history.js", "reader.js"] {
                assert!(!needed.contains(&later), "{later} is not needed before it is asked for");
            }
        }
    }

    #[test]
    fn the_page_fetches_nothing_from_elsewhere() {
        let total: usize = ASSETS.iter().chain([&PAGE, &SIGN_IN_PAGE]).map(|asset| asset.bytes.len()).sum();
        assert!(total < BYTES_MAX, "{total} bytes");
        for asset in ASSETS.iter().chain([&PAGE, &SIGN_IN_PAGE]) {
            let text = std::str::from_utf8(asset.bytes).unwrap().replace("http://www.w3.org/2000/svg", "");
            for word in ["http://", "https://", "//cdn", "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("] {
                assert!(!text.contains(word), "{word} in {}", asset.name);
            }
        }
    }

    #[test]
    fn every_module_that_is_imported_is_served() {
        for asset in ASSETS.iter().filter(|asset| asset.name.ends_with(".js")) {
            for name in named(text(asset.name), "from './").chain(named(text(asset.name), "import('./")) {
                assert!(ASSETS.iter().any(|asset| asset.name == name), "{name}, imported by {}", asset.name);
            }
        }
    }

    /// The keys of a catalogue.
    fn keys(name: &str) -> BTreeSet<&'static str> {
        let lines = text(name).lines().map(str::trim).filter(|line| !line.starts_with("//"));
        lines.filter_map(|line| line.split_once(": ")).map(|(key, _)| key.trim_matches('\'')).collect()
    }

    /// Keys that a module asks for by name; those it puts together are not seen here.
    fn asked_for(module: &str) -> impl Iterator<Item = &str> {
        let is_call = move |at: usize| !module[..at].ends_with(|before: char| before.is_ascii_alphanumeric() || "._$".contains(before));
        let calls = module.match_indices("t('").filter(move |(at, _)| is_call(*at));
        calls.filter_map(move |(at, call)| module[at + call.len()..].split('\'').next())
    }

    #[test]
    fn both_languages_have_the_same_words() {
        assert!(keys("en.js").len() > 50);
        assert_eq!(keys("en.js"), keys("de.js"));
    }

    #[test]
    fn every_text_that_the_page_names_is_there() {
        let known = keys("en.js");
        let mut seen = 0;
        let mut look = |key: &str, place: &str| {
            seen += 1;
            // Where a number decides, the catalogue has one text for each form.
            assert!(known.contains(key) || known.contains(format!("{key}.other").as_str()), "{key}, named by {place}");
        };
        for asset in ASSETS.iter().filter(|asset| asset.name.ends_with(".js")) {
            for key in asked_for(text(asset.name)) {
                look(key, asset.name);
            }
        }
        for page in [&PAGE, &SIGN_IN_PAGE] {
            let html = std::str::from_utf8(page.bytes).unwrap();
            for attribute in ["data-t=\"", "data-label=\"", "data-placeholder=\""] {
                for key in named(html, attribute) {
                    look(key, page.name);
                }
            }
        }
        assert!(seen > 200, "only {seen} were found");
    }

    #[test]
    fn every_file_of_the_page_is_compiled_in() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("page");
        for entry in fs_err::read_dir(folder).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            assert!([PAGE.name, SIGN_IN_PAGE.name].contains(&name.as_str()) || ASSETS.iter().any(|asset| asset.name == name), "{name}");
        }
    }
}
