//! Patterns of paths, as in `.gitignore`: `*` and `?` within a name, `**` for any folders. Matching takes time in proportion to pattern
//! times path, whatever the pattern.

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Glob {
    parts: Vec<String>,
    /// Whether it is matched against the absolute path.
    pub(crate) absolute: bool,
}

impl Glob {
    /// `name` at any depth, `folder/` with all below it, `a/b` from the source's root, `/a/b` from the machine's.
    pub(crate) fn parse(written: &str) -> Option<Self> {
        let absolute = written.starts_with('/');
        let below = written.ends_with('/');
        let trimmed = written.trim_matches('/');
        if trimmed.is_empty() || written.contains('\0') {
            return None;
        }
        let mut parts: Vec<String> = trimmed.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
        if parts.len() == 1 && !absolute && parts[0] != "**" {
            parts.insert(0, "**".into());
        }
        if below {
            parts.push("**".into());
        }
        Some(Self { parts, absolute })
    }

    /// Whether a path, `/` between its parts, fits.
    pub(crate) fn matches(&self, path: &str) -> bool {
        let names: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        // At the end, `**` wants something below it.
        let parts: Vec<&str> = self.parts.iter().map(String::as_str).collect();
        match parts.as_slice() {
            [before @ .., "**"] if !before.is_empty() => {
                (1..names.len()).any(|end| wild(before, &names[..end], &is_any_folders, &name_matches))
            }
            parts => wild(parts, &names, &is_any_folders, &name_matches),
        }
    }
}

fn is_any_folders(part: &&str) -> bool {
    *part == "**"
}

fn name_matches(part: &&str, name: &&str) -> bool {
    let (part, name): (Vec<char>, Vec<char>) = (part.chars().collect(), name.chars().collect());
    wild(&part, &name, &|c| *c == '*', &|c, with| *c == '?' || c == with)
}

/// Whether `pattern`, in which some items stand for any run, fits `text`: goes back to the last such item only, which is enough.
fn wild<P, T>(pattern: &[P], text: &[T], any: &impl Fn(&P) -> bool, fits: &impl Fn(&P, &T) -> bool) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut back: Option<(usize, usize)> = None;
    while t < text.len() {
        if p < pattern.len() && any(&pattern[p]) {
            back = Some((p, t));
            p += 1;
        } else if p < pattern.len() && fits(&pattern[p], &text[t]) {
            (p, t) = (p + 1, t + 1);
        } else if let Some((star, at)) = back {
            back = Some((star, at + 1));
            (p, t) = (star + 1, at + 1);
        } else {
            return false;
        }
    }
    pattern[p..].iter().all(any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_what_they_mean_in_gitignore() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("hr/**", &["hr/a.md", "hr/x/y/z.md"], &["hr", "xhr/a.md", "a/hr/b.md"]),
            ("hr/", &["hr/a.md", "x/hr/b/c.md"], &["hr", "hrx/a.md"]),
            ("a/hr/", &["a/hr/b", "a/hr/b/c"], &["a/hr", "x/a/hr/b"]),
            ("*.xlsx", &["a.xlsx", "x/y/b.xlsx", ".xlsx"], &["a.xls", "a.xlsx.md"]),
            ("hr/*.md", &["hr/a.md", "hr/.md"], &["hr/x/a.md", "a.md"]),
            ("**/secret/**", &["secret/a", "x/y/secret/b/c"], &["secret", "x/secrets/a"]),
            ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["a/bb", "x/a/b"]),
            ("20??/*", &["2026/q1", "20ab/x"], &["206/q", "2026/x/y"]),
            ("**", &["a", "a/b"], &[]),
            ("Ä?.md", &["Äß.md"], &["Ä.md"]),
        ];
        for (pattern, yes, no) in cases {
            let glob = Glob::parse(pattern).unwrap();
            assert!(yes.iter().all(|path| glob.matches(path)), "{pattern}: {yes:?}");
            assert!(no.iter().all(|path| !glob.matches(path)), "{pattern}: {no:?}");
        }
        assert!(Glob::parse("/srv/docs/hr/").unwrap().absolute && Glob::parse("/srv/docs/hr/").unwrap().matches("/srv/docs/hr/a"));
        assert!(Glob::parse("").is_none() && Glob::parse("//").is_none());
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer_than_its_length() {
        let glob = Glob::parse(&format!("{}b", "*a".repeat(200))).unwrap();
        assert!(!glob.matches(&"a".repeat(4_000)));
        let deep = Glob::parse(&format!("{}b", "**/a/".repeat(50))).unwrap();
        assert!(!deep.matches(&"a/".repeat(1_000)));
    }
}
