//! Patterns of paths, as in `.gitignore`: `*` and `?` within a name, `**` for any folders. Matching takes time in proportion to pattern
//! times path, whatever the pattern.

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PathPattern {
    parts: Vec<String>,
    absolute: bool,
}

impl PathPattern {
    /// `name` at any depth, `folder/` with all below it, `a/b` from the source's root, `/a/b` from the machine's.
    #[must_use]
    pub fn parse(written: &str) -> Option<Self> {
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

    /// Whether it is matched against the absolute path.
    #[must_use]
    pub fn is_absolute(&self) -> bool {
        self.absolute
    }

    /// Whether a path, `/` between its parts, fits.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
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

    /// What every path that fits begins with; often nothing.
    #[must_use]
    pub fn beginning(&self) -> String {
        let mut beginning = String::new();
        for (place, part) in self.parts.iter().enumerate() {
            if let Some(wild) = part.find(['*', '?']) {
                beginning.push_str(&part[..wild]);
                break;
            }
            beginning.push_str(part);
            beginning.push_str(if place + 1 == self.parts.len() { "" } else { "/" });
        }
        beginning
    }

    /// The same as a regular expression over the whole path, in the syntax of the `regex` crate: for a database that knows no patterns.
    #[must_use]
    pub fn regex(&self) -> String {
        let mut regex = String::from("^(?s)");
        for (place, part) in self.parts.iter().enumerate() {
            let last = place + 1 == self.parts.len();
            match (part.as_str(), last) {
                ("**", true) if place == 0 => regex.push_str(".*"),
                ("**", true) => regex.push_str(".+"),
                ("**", false) => regex.push_str("(?:[^/]*/)*"),
                (name, _) => {
                    name.chars().for_each(|c| push_char(&mut regex, c));
                    regex.push_str(if last { "" } else { "/" });
                }
            }
        }
        regex.push('$');
        regex
    }
}

fn push_char(regex: &mut String, c: char) {
    match c {
        '*' => regex.push_str("[^/]*"),
        '?' => regex.push_str("[^/]"),
        c if c.is_ascii_punctuation() => regex.extend(['\\', c]),
        c => regex.push(c),
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
            let glob = PathPattern::parse(pattern).unwrap();
            assert!(yes.iter().all(|path| glob.matches(path)), "{pattern}: {yes:?}");
            assert!(no.iter().all(|path| !glob.matches(path)), "{pattern}: {no:?}");
        }
        assert!(
            PathPattern::parse("/srv/docs/hr/").unwrap().is_absolute()
                && PathPattern::parse("/srv/docs/hr/").unwrap().matches("/srv/docs/hr/a")
        );
        assert!(PathPattern::parse("").is_none() && PathPattern::parse("//").is_none());
    }

    #[test]
    fn as_a_regular_expression_nothing_but_the_pattern_has_a_meaning() {
        for (pattern, beginning) in [("hr/**", "hr/"), ("*.md", ""), ("a/b", "a/b"), ("a/b*c/d", "a/b"), ("ü?/x", "ü"), ("a/b/", "a/b/")]
        {
            assert_eq!(PathPattern::parse(pattern).unwrap().beginning(), beginning, "{pattern}");
        }
        for (pattern, regex) in [
            ("hr/**", "^(?s)hr/.+$"),
            ("*.md", r"^(?s)(?:[^/]*/)*[^/]*\.md$"),
            ("a/**/b?", "^(?s)a/(?:[^/]*/)*b[^/]$"),
            ("**", "^(?s).*$"),
            ("x/(a|b)+[c]^$'", r"^(?s)x/\(a\|b\)\+\[c\]\^\$\'$"),
        ] {
            assert_eq!(PathPattern::parse(pattern).unwrap().regex(), regex);
        }
    }

    #[test]
    fn a_hostile_pattern_takes_no_longer_than_its_length() {
        let glob = PathPattern::parse(&format!("{}b", "*a".repeat(200))).unwrap();
        assert!(!glob.matches(&"a".repeat(4_000)));
        let deep = PathPattern::parse(&format!("{}b", "**/a/".repeat(50))).unwrap();
        assert!(!deep.matches(&"a/".repeat(1_000)));
    }
}
