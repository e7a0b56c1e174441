//! The words the rules go by, lower case: English, German, French, Spanish.

/// Beginnings that leave out what the question is about.
pub(super) const ELLIPSES: &[&str] = &[
    "what about",
    "how about",
    "what if",
    "why not",
    "same for",
    "the same",
    "which one",
    "which ones",
    "anything else",
    "what else",
    "who else",
    "where else",
    "else",
    "was ist mit",
    "wie ist es mit",
    "wie ist es bei",
    "wie sieht es mit",
    "wie sieht es bei",
    "und was ist",
    "was noch",
    "wer noch",
    "sonst noch",
    "qu en est il",
    "quoi d autre",
    "et si",
    "qué hay de",
    "qué pasa con",
    "y si",
    "algo más",
    "qué más",
];

/// Words that join a question to the one before.
pub(super) const JOINING: &[&str] = &[
    "and", "or", "but", "also", "then", "so", "und", "oder", "aber", "auch", "dann", "et", "ou", "mais", "aussi", "y", "o", "pero",
    "también",
];

/// Words that ask.
pub(super) const ASKING: &[&str] = &[
    "how", "what", "when", "where", "which", "who", "whom", "whose", "why", "is", "are", "do", "does", "can", "may", "must", "wie", "was",
    "wann", "wo", "welche", "welcher", "welches", "wer", "warum", "darf", "muss", "kann", "comment", "quand", "où", "quel", "quelle",
    "qui", "combien", "pourquoi", "cómo", "cuándo", "cuánto", "cuántos", "dónde", "quién", "cuál",
];

/// Words that tell nothing of what a question is about, beside those that are common everywhere ([`crate::question::is_common`]).
pub(super) const FILLING: &[&str] = &[
    "quels", "quelles", "est", "sont", "ai", "avons", "avez", "ont", "cuánta", "cuántas", "cuáles", "tengo", "tiene", "tienen", "tenemos",
    "hay", "está", "están", "darf", "dürfen", "sollte", "bekomme", "bekommt", "bekommen",
];

/// Beginnings that ask what something is.
pub(super) const DEFINING: &[&str] = &[
    "what is",
    "what are",
    "what does",
    "who is",
    "who are",
    "was ist",
    "was sind",
    "wer ist",
    "was bedeutet",
    "qui est",
    "que signifie",
    "qué es",
    "qué significa",
    "quién es",
];

/// Definite articles: what they stand before was spoken of.
pub(super) const ARTICLES: &[&str] = &["the", "der", "die", "das", "den", "dem", "le", "la", "les", "el", "los", "las"];

/// Words that stand for somebody or something, and mostly for something named before.
pub(super) const LEANING: &[&str] = &[
    "they", "them", "he", "him", "she", "ones", "er", "ihn", "ihm", "ihnen", "denen", "das", "dort", "dafür", "davon", "dazu", "damit",
    "dabei", "dagegen", "darüber", "daran", "darin", "sie", "elle", "ils", "elles", "les", "leur", "lui", "cela", "ça", "celui", "celle",
    "ceux", "él", "ella", "ellos", "ellas", "eso", "esto", "allí", "ello",
];

/// Those of them that open a clause: what was named before them in the question is what they stand for.
pub(super) const SUBJECTS: &[&str] = &["they", "he", "she", "er", "ils", "elles", "elle", "ellos", "ellas"];

/// Words by which a question is known to be German, where "es" stands for something; in Spanish it says "is".
pub(super) const GERMAN: &[&str] =
    &["ich", "ist", "wird", "wer", "wie", "was", "wann", "wo", "der", "die", "das", "gilt", "kostet", "man", "wir", "für", "mit", "und"];

/// Words that say whose it is: of what was named before, where the question names nothing.
pub(super) const OWNING: &[&str] =
    &["its", "their", "theirs", "his", "her", "hers", "deren", "dessen", "ihre", "ihren", "ihrer", "leurs", "sus"];

/// Words that point.
pub(super) const POINTING: &[&str] =
    &["this", "these", "those", "diese", "dieser", "dieses", "diesen", "diesem", "cette", "cet", "ces", "esa", "ese", "esos", "esas"];

/// What "this" points to without leaning on anything.
pub(super) const TIMES: &[&str] = &[
    "year",
    "month",
    "week",
    "quarter",
    "day",
    "morning",
    "afternoon",
    "evening",
    "summer",
    "winter",
    "spring",
    "autumn",
    "time",
    "jahr",
    "jahres",
    "monat",
    "monats",
    "woche",
    "quartal",
    "année",
    "mois",
    "semaine",
    "trimestre",
    "año",
    "mes",
    "semana",
];

/// Forms of "to be" beside which "there" stands for nothing.
pub(super) const BE: &[&str] = &["is", "are", "was", "were", "be", "been", "exists", "exist", "s", "isn", "aren"];

/// What stands beside an "it" that stands for nothing: "is it allowed", "does it take", "gibt es", "il faut".
pub(super) const EXPLETIVE: &[&str] = &[
    "allowed",
    "permitted",
    "possible",
    "necessary",
    "required",
    "mandatory",
    "true",
    "ok",
    "okay",
    "legal",
    "safe",
    "better",
    "take",
    "takes",
    "gibt",
    "geht",
    "möglich",
    "erlaubt",
    "nötig",
    "dauert",
    "faut",
    "y",
    "existe",
    "possible",
];

/// Beginnings of a question that names what it then speaks of: "If a badge is lost, who replaces it?".
pub(super) const INSIDE: &[&str] = &["if", "when", "once", "wenn", "falls", "sobald", "si", "quand", "lorsque", "cuando"];
