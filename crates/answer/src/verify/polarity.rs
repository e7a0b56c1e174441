//! Whether one text says the opposite of another in nearly its words.
//!
//! A sentence that turns a source's meaning round with a "not" has almost all the source's words, so words alone would bear it out. Here
//! negations are compared where they stand: in the clause that both texts share. English, German, Spanish and French.

use crate::question::{content_words, same_word, words};

/// Words that turn a clause round.
#[rustfmt::skip]
const NEGATIONS: &[&str] = &[
    "not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "cannot", "without", "forbidden", "prohibited", "unable", "isn",
    "aren", "wasn", "weren", "don", "doesn", "didn", "won", "wouldn", "shouldn", "mustn", "hasn", "haven", "couldn",
    "nicht", "kein", "keine", "keinen", "keinem", "keiner", "keines", "nie", "niemals", "niemand", "ohne", "verboten", "untersagt",
    "nunca", "jamás", "ningún", "ninguna", "ninguno", "nadie", "sin", "prohibido", "prohibida",
    "pas", "jamais", "aucun", "aucune", "sans", "interdit", "interdite",
];

/// Phrases with such a word that set a bound and turn nothing round.
const BOUNDS: &[&str] = &[
    "not more than",
    "no more than",
    "not less than",
    "no less than",
    "not later than",
    "no later than",
    "not only",
    "no fewer than",
    "not exceed",
    "not be more",
    "no sooner than",
    "nicht mehr als",
    "nicht weniger als",
    "nicht später als",
    "nicht nur",
    "no más de",
    "no menos de",
    "no solo",
    "no sólo",
    "pas plus de",
    "pas moins de",
    "pas seulement",
];

/// Words of which one says the opposite of the other.
const OPPOSITES: &[(&[&str], &[&str])] = &[
    (&["before", "vor", "antes", "avant"], &["after", "nach", "después", "après"]),
    (&["minimum", "least", "mindestens", "mínimo"], &["maximum", "most", "höchstens", "máximo"]),
    (
        &["increase", "increases", "increased", "rises", "rose", "steigt", "aumenta"],
        &["decrease", "decreases", "decreased", "falls", "fell", "sinkt", "disminuye"],
    ),
    (&["above", "over", "über"], &["below", "under", "unter"]),
    (&["include", "includes", "included", "including"], &["exclude", "excludes", "excluded", "excluding"]),
    (&["allowed", "permitted", "may", "erlaubt", "darf", "permitido"], &["forbidden", "prohibited", "verboten", "untersagt", "prohibido"]),
    (&["mandatory", "required", "compulsory", "verpflichtend"], &["optional", "voluntary", "freiwillig"]),
    (&["paid", "bezahlt"], &["unpaid", "unbezahlt"]),
    (&["open", "opens"], &["closed", "closes"]),
    (&["internal", "intern"], &["external", "extern"]),
];

/// Share of a clause's content words that must stand in the other text for the clause to be the same claim.
const SHARED: f32 = 0.6;

/// Whether `said` turns round what `source` says.
pub(crate) fn contradicts(said: &str, source: &str) -> bool {
    let (said, source) = (Clauses::of(said), Clauses::of(source));
    negated_alone(&said, &source) || negated_alone(&source, &said) || opposite(&said, &source)
}

/// A text cut at commas, stops and the words that begin a clause of their own.
struct Clauses(Vec<Clause>);

struct Clause {
    /// Lower case.
    words: Vec<String>,
    content: Vec<String>,
    negated: bool,
}

/// Words that begin a clause of their own.
const CONJUNCTIONS: &[&str] =
    &["but", "unless", "except", "however", "while", "aber", "sondern", "außer", "jedoch", "pero", "salvo", "sino", "mais", "sauf"];

impl Clauses {
    fn of(text: &str) -> Self {
        let mut lower = text.to_lowercase().replace('’', "'");
        for bound in BOUNDS {
            lower = lower.replace(bound, " ");
        }
        let pieces = lower.split([',', ';', ':', '.', '(', ')', '|', '–', '—']);
        let mut clauses = Vec::new();
        for piece in pieces {
            let mut clause: Vec<String> = Vec::new();
            for (_, word) in words(piece) {
                if CONJUNCTIONS.contains(&word) {
                    push(&mut clauses, std::mem::take(&mut clause));
                }
                clause.push(word.to_owned());
            }
            push(&mut clauses, clause);
        }
        Self(clauses)
    }

    /// The clause that shares most content words with another, where it shares enough of the shorter one's.
    fn like<'a>(&'a self, other: &Clause) -> Option<&'a Clause> {
        let shared = |clause: &Clause| other.content.iter().filter(|word| clause.content.iter().any(|own| same_word(own, word))).count();
        let best = self.0.iter().max_by_key(|clause| shared(clause))?;
        let least = best.content.len().min(other.content.len());
        (least > 0 && shared(best) as f32 >= SHARED * least as f32).then_some(best)
    }
}

fn push(clauses: &mut Vec<Clause>, words: Vec<String>) {
    if words.is_empty() {
        return;
    }
    let negated = words.iter().filter(|word| NEGATIONS.contains(&word.as_str())).count() % 2 == 1;
    let bare = words.iter().filter(|word| !NEGATIONS.contains(&word.as_str())).map(String::as_str).collect::<Vec<_>>().join(" ");
    clauses.push(Clause { content: content_words(&bare), words, negated });
}

/// Whether a negated clause of one stands in the other without its negation.
fn negated_alone(one: &Clauses, other: &Clauses) -> bool {
    one.0.iter().filter(|clause| clause.negated && clause.content.len() > 1).any(|clause| {
        // The other text may say it in a clause with the negation and in one without: "not in May, but in June".
        let same = other.like(clause);
        same.is_some_and(|same| {
            !same.negated && same.content.len() > 1 && !other.0.iter().any(|other| other.negated && shares(other, clause))
        })
    })
}

fn shares(a: &Clause, b: &Clause) -> bool {
    a.content.iter().any(|word| b.content.iter().any(|other| same_word(word, other)))
}

/// Whether clauses that are otherwise one have opposite words.
fn opposite(said: &Clauses, source: &Clauses) -> bool {
    said.0.iter().any(|clause| {
        let Some(same) = source.like(clause) else { return false };
        let holds = |clause: &Clause, words: &[&str]| clause.words.iter().any(|word| words.contains(&word.as_str()));
        OPPOSITES.iter().any(|(one, other)| {
            let (said_one, said_other) = (holds(clause, one), holds(clause, other));
            let (source_one, source_other) = (holds(same, one), holds(same, other));
            clause.negated == same.negated
                && ((said_one && !said_other && source_other && !source_one) || (said_other && !said_one && source_one && !source_other))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_the_meaning_round_contradicts() {
        for (said, source) in [
            ("Contractors may carry over unused days.", "Contractors may not carry over unused days."),
            ("Contractors may not carry over unused days.", "Contractors may carry over unused days."),
            ("Visitors don't need a badge.", "Visitors need a badge at all times."),
            ("The report is due before the trip.", "The report is due after the trip."),
            ("At least 30 days are given.", "At most 30 days are given."),
            ("Der Urlaub darf nicht übertragen werden.", "Der Urlaub darf übertragen werden."),
            ("Es gibt keine Erstattung für Taxifahrten.", "Es gibt Erstattung für Taxifahrten."),
            ("Smoking is allowed in the yard.", "Smoking is forbidden in the yard."),
            ("El acceso al laboratorio no se permite.", "El acceso al laboratorio se permite."),
        ] {
            assert!(contradicts(said, source), "{said} / {source}");
        }
    }

    #[test]
    fn what_only_says_it_otherwise_does_not() {
        for (said, source) in [
            ("Up to five days may be carried over.", "Up to five unused days may be carried over into the next year."),
            ("Employees take no more than five days.", "Employees take up to five days."),
            ("You may work from home.", "You may work from home, but not from abroad."),
            ("Contractors may not carry over days.", "Contractors may not carry over unused days into the next year."),
            ("The badge is not transferable.", "A badge is personal and not transferable."),
            ("Trains are booked first.", "Flights are not allowed where a train takes less than five hours."),
            ("Der Antrag ist vor dem Urlaub zu stellen.", "Der Antrag muss vor dem Urlaub gestellt werden, nicht danach."),
            ("It must be reported within 24 hours.", "Report it within 24 hours, not later than the next day."),
        ] {
            assert!(!contradicts(said, source), "{said} / {source}");
        }
    }
}
