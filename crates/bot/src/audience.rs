//! Who will read what is said, and so what it may rest on.

use std::collections::BTreeSet;

use pinakes_types::{Label, Principal};

/// One reader of a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reader {
    /// Somebody with an account here.
    Known(Principal),
    /// A full member of the workspace without one: what is public may be said before them, nothing else.
    Unknown,
    /// A guest or somebody of another organisation without an account: nothing may be said before them.
    Outsider,
}

/// What may be said before all of them: the labels that each holds. `None` when somebody is there who may read nothing at all.
///
/// A document with two labels, of which one reader holds the first and another the second, is left out though both may read it: labels
/// are compared, not documents, which errs to the safe side.
pub(crate) fn common(subject: &str, readers: impl IntoIterator<Item = Reader>) -> Option<Principal> {
    let mut held: Option<BTreeSet<Label>> = None;
    for reader in readers {
        let labels = match reader {
            Reader::Known(person) if !person.active => return None,
            Reader::Known(person) if person.reads_everything => continue,
            Reader::Known(person) => person.labels,
            Reader::Unknown => BTreeSet::from([Label::public()]),
            Reader::Outsider => return None,
        };
        held = Some(match held {
            None => labels,
            Some(before) => before.intersection(&labels).cloned().collect(),
        });
    }
    let subject = subject.to_owned();
    Some(match held {
        Some(labels) => Principal { subject, labels, active: true, reads_everything: false },
        None => Principal { subject, ..Principal::local_operator() },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(labels: &[&str]) -> Reader {
        Reader::Known(Principal::person("p", labels.iter().map(|label| Label((*label).into()))))
    }

    fn operator() -> Reader {
        Reader::Known(Principal::local_operator())
    }

    /// The labels, sorted; `*` for everything; `None` for nobody.
    fn check(readers: Vec<Reader>) -> Option<String> {
        common("c", readers).map(|principal| match principal.reads_everything {
            true => "*".into(),
            false => principal.labels.iter().map(|label| label.0.as_str()).collect::<Vec<_>>().join(" "),
        })
    }

    #[test]
    fn only_what_every_reader_may_read_is_left() {
        assert_eq!(check(vec![person(&["a", "b"]), person(&["b", "c"])]).as_deref(), Some("b public"));
        assert_eq!(check(vec![operator(), person(&["a"])]).as_deref(), Some("a public"));
        assert_eq!(check(vec![operator(), operator()]).as_deref(), Some("*"));
        assert_eq!(check(vec![person(&["a"]), Reader::Unknown]).as_deref(), Some("public"));
        assert_eq!(check(vec![person(&["a"]), Reader::Outsider]), None);
        let mut gone = Principal::person("gone", []);
        gone.active = false;
        assert_eq!(check(vec![operator(), Reader::Known(gone)]), None);
    }
}
