//! A scope and a filter as the SQL condition that Lance applies before it looks for neighbours. Says the same as
//! [`crate::directory::Gate`]; values are quoted here and nowhere else.

use std::collections::BTreeSet;

use pinakes_types::{Label, Scope};

use crate::model::Filter;
use crate::overlay::{NAMED_MAX, Overlay};

/// The condition, or `None` when everything may be found.
pub(crate) fn condition(scope: &Scope, filter: &Filter, overlay: &Overlay) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(labels) = scope.labels() {
        parts.push(readable(scope, labels, overlay));
    }
    let mut among = |column: &str, values: Vec<&str>| {
        if !values.is_empty() {
            parts.push(format!("{column} IN ({})", joined(values)));
        }
    };
    among("source", filter.sources.iter().map(|source| source.0.as_str()).collect());
    among("kind", filter.kinds.iter().map(|kind| kind.as_str()).collect());
    among("language", filter.languages.iter().map(String::as_str).collect());
    if let Some(prefix) = filter.path_prefix.as_ref().filter(|prefix| !prefix.is_empty()) {
        parts.push(format!("starts_with(path, {})", quoted(prefix)));
    }
    if let Some(part) = &filter.within {
        if !part.sources.is_empty() {
            parts.push(format!("source IN ({})", joined(part.sources.iter().map(|source| source.0.as_str()).collect())));
        }
        if !part.paths.is_empty() {
            let fits: Vec<String> = part.paths.iter().map(|pattern| format!("regexp_like(path, {})", quoted(&pattern.regex()))).collect();
            parts.push(format!("({})", fits.join(" OR ")));
        }
    }
    parts.extend(filter.modified_after.map(|time| format!("modified >= {}", time.0)));
    parts.extend(filter.modified_before.map(|time| format!("modified < {}", time.0)));
    (!parts.is_empty()).then(|| parts.join(" AND "))
}

/// The labels as indexed, but for versions whose labels changed since.
fn readable(scope: &Scope, labels: &BTreeSet<Label>, overlay: &Overlay) -> String {
    let indexed = format!("array_has_any(labels, {})", label_list(labels));
    if overlay.is_empty() || overlay.len() > NAMED_MAX {
        return indexed;
    }
    let open = overlay.iter().filter(|(_, labels)| scope.allows(*labels)).map(|(version, _)| *version);
    let kept = format!("({indexed} AND NOT {})", one_of("version", overlay.keys().copied()));
    let mut open = open.peekable();
    if open.peek().is_none() { kept } else { format!("({kept} OR {})", one_of("version", open)) }
}

/// `column IN (1, 2, 3)`.
pub(crate) fn one_of(column: &str, numbers: impl IntoIterator<Item = u64>) -> String {
    let numbers: Vec<String> = numbers.into_iter().map(|number| number.to_string()).collect();
    format!("{column} IN ({})", numbers.join(", "))
}

/// The labels as an SQL array. An empty set becomes a label no document has, as an empty array has no type.
pub(crate) fn label_list(labels: &BTreeSet<Label>) -> String {
    if labels.is_empty() {
        return "['']".to_owned();
    }
    format!("[{}]", joined(labels.iter().map(|label| label.0.as_str()).collect()))
}

fn joined(values: Vec<&str>) -> String {
    values.into_iter().map(quoted).collect::<Vec<_>>().join(", ")
}

/// An SQL string: the quotation mark is the only character with a meaning inside, and is doubled.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use pinakes_types::{DocumentKind, Principal, SourceId, Timestamp};

    use super::*;
    use crate::model::Part;

    fn all() -> Scope {
        Scope::check(&Principal::local_operator()).unwrap()
    }

    #[test]
    fn everything_is_joined_by_and_and_quoted() {
        let ada = Scope::check(&Principal::person("ada", [Label("o'hara".into())])).unwrap();
        let filter = Filter {
            sources: vec![SourceId("a' OR 1=1 --".into()), SourceId("b".into())],
            kinds: vec![DocumentKind::Pdf],
            path_prefix: Some("x'/".into()),
            modified_after: Some(Timestamp(-5)),
            ..Filter::default()
        };
        assert_eq!(
            condition(&ada, &filter, &Overlay::new()).unwrap(),
            "array_has_any(labels, ['o''hara', 'public']) AND source IN ('a'' OR 1=1 --', 'b') AND kind IN ('pdf') \
             AND starts_with(path, 'x''/') AND modified >= -5"
        );
        let pattern = |written| pinakes_types::PathPattern::parse(written).unwrap();
        let within = Part { sources: vec![SourceId("a'".into())], paths: vec![pattern("hr'/**"), pattern("*.md")] };
        assert_eq!(
            condition(&all(), &Filter { within: Some(within), ..Filter::default() }, &Overlay::new()).unwrap(),
            r"source IN ('a''') AND (regexp_like(path, '^(?s)hr\''/.+$') OR regexp_like(path, '^(?s)(?:[^/]*/)*[^/]*\.md$'))"
        );
        let over = Overlay::from([(7, BTreeSet::from([Label("o'hara".into())])), (8, BTreeSet::new())]);
        assert_eq!(
            condition(&ada, &Filter::default(), &over).unwrap(),
            "((array_has_any(labels, ['o''hara', 'public']) AND NOT version IN (7, 8)) OR version IN (7))"
        );
        assert_eq!(condition(&all(), &Filter::default(), &Overlay::new()), None);
    }
}
