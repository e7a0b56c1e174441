//! What kind of thing a question asks for, and whether a sentence says one: a sum of money does not answer "how long". English, German,
//! Spanish and French; in other languages a question asks for anything.

use crate::question::words;

/// A kind of answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// How long, how often, how soon.
    Duration,
    /// When, in which year.
    Date,
    /// What it costs.
    Money,
    /// How many, how far, what percentage.
    Number,
    /// Who.
    Person,
    /// Where.
    Place,
    /// Why.
    Reason,
    /// What cannot be told by the form of an answer.
    Anything,
}

/// Words of a clause among which a single word asks.
const OPENING_WORDS: usize = 2;

/// Openings of questions by what they ask for; the first kind with one that stands in the question is it.
const OPENINGS: &[(Asked, &[&str])] = &[
    (
        Asked::Duration,
        &[
            "how long",
            "how often",
            "how soon",
            "how fast",
            "how quickly",
            "how old",
            "how much time",
            "how much notice",
            "wie lange",
            "wie oft",
            "wie schnell",
            "wie alt",
            "cuánto tiempo",
            "con qué frecuencia",
            "combien de temps",
        ],
    ),
    (
        Asked::Date,
        &[
            "when",
            "what year",
            "which year",
            "what date",
            "what day",
            "what month",
            "what time",
            "wann",
            "welchem jahr",
            "welches jahr",
            "cuándo",
            "qué año",
            "quand",
            "quelle année",
        ],
    ),
    (Asked::Money, &["what price", "welcher preis", "qué precio", "quel prix"]),
    (
        Asked::Number,
        &[
            "how much",
            "how many",
            "how far",
            "how high",
            "how large",
            "how big",
            "how tall",
            "what percentage",
            "what number",
            "what amount",
            "at what",
            "wie viel",
            "wie viele",
            "wieviel",
            "wie hoch",
            "wie weit",
            "wie groß",
            "cuánto",
            "cuánta",
            "cuántos",
            "cuántas",
            "combien",
        ],
    ),
    (Asked::Person, &["who", "whom", "whose", "wer", "wem", "wen", "wessen", "quién", "quiénes", "qui"]),
    (Asked::Place, &["where", "wo", "wohin", "woher", "dónde", "adónde", "où"]),
    (
        Asked::Reason,
        &["why", "the reason", "the cause", "what caused", "warum", "weshalb", "wieso", "der grund", "die ursache", "por qué", "pourquoi"],
    ),
];

/// Words by which a number that is asked for is one of money.
const OF_MONEY: &[&str] = &[
    "cost",
    "costs",
    "pay",
    "pays",
    "paid",
    "spend",
    "price",
    "prices",
    "money",
    "worth",
    "earn",
    "fee",
    "salary",
    "budget",
    "revenue",
    "reimburse",
    "euro",
    "euros",
    "dollars",
    "kostet",
    "kosten",
    "zahlt",
    "preis",
    "gehalt",
    "zuschuss",
    "erstattet",
    "cuesta",
    "precio",
    "coûte",
    "prix",
];

const UNITS_OF_TIME: &[&str] = &[
    "second",
    "seconds",
    "minute",
    "minutes",
    "hour",
    "hours",
    "day",
    "days",
    "week",
    "weeks",
    "month",
    "months",
    "year",
    "years",
    "decade",
    "decades",
    "ms",
    "milliseconds",
    "h",
    "min",
    "sekunde",
    "sekunden",
    "minuten",
    "stunde",
    "stunden",
    "tag",
    "tage",
    "tagen",
    "arbeitstage",
    "arbeitstagen",
    "werktage",
    "werktagen",
    "woche",
    "wochen",
    "monat",
    "monate",
    "monaten",
    "jahr",
    "jahre",
    "jahren",
    "segundos",
    "minutos",
    "hora",
    "horas",
    "día",
    "días",
    "semana",
    "semanas",
    "mes",
    "meses",
    "año",
    "años",
    "secondes",
    "heure",
    "heures",
    "jour",
    "jours",
    "semaine",
    "semaines",
    "mois",
    "an",
    "ans",
    "année",
    "années",
    "daily",
    "weekly",
    "monthly",
    "yearly",
    "annually",
    "täglich",
    "wöchentlich",
    "monatlich",
    "jährlich",
];

const DATES: &[&str] = &[
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "januar",
    "februar",
    "märz",
    "mai",
    "juni",
    "juli",
    "oktober",
    "dezember",
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
    "janvier",
    "février",
    "mars",
    "avril",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
    "century",
    "jahrhundert",
    "quarter",
    "quartal",
];

const NUMBERS: &[&str] = &[
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen", "twenty", "thirty",
    "forty", "fifty", "hundred", "thousand", "million", "billion", "once", "twice", "half", "both", "zwei", "drei", "vier", "fünf",
    "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf", "zwanzig", "dreißig", "fünfzig", "hundert", "tausend", "einmal", "zweimal",
    "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez", "deux", "trois", "quatre", "cinq", "sept", "huit", "neuf",
    "dix",
];

const CURRENCIES: &[&str] = &["eur", "euro", "euros", "usd", "dollar", "dollars", "cent", "cents", "chf", "gbp", "pounds", "pence", "yen"];

const REASONS: &[&str] = &[
    "because",
    "since",
    "due",
    "cause",
    "caused",
    "reason",
    "reasons",
    "failed",
    "therefore",
    "owing",
    "result",
    "weil",
    "wegen",
    "grund",
    "ursache",
    "damit",
    "daher",
    "deshalb",
    "porque",
    "debido",
    "causa",
    "razón",
    "car",
    "raison",
];

const BEFORE_PLACES: &[&str] = &["in", "at", "near", "from", "on", "im", "am", "aus", "bei", "en", "à", "dans"];

impl Asked {
    /// What the question asks for, by the words it opens with, or goes on with: "I am taking two customers out. How much can I spend?"
    pub(crate) fn of(question: &str) -> Self {
        let clauses = question.split(['.', ',', ';', ':', '!', '?', '¿', '–']);
        let clauses: Vec<Vec<String>> = clauses.map(|clause| words(clause).map(|(_, word)| word.to_lowercase()).collect()).collect();
        let stands = |opening: &str| {
            let opening: Vec<&str> = opening.split(' ').collect();
            // One word asks where a clause begins, as in "since when"; later it joins, as in "what happens when".
            let places = if opening.len() == 1 { OPENING_WORDS } else { usize::MAX };
            let mut somewhere = clauses.iter().flat_map(|clause| clause.windows(opening.len()).take(places));
            somewhere.any(|some| some.iter().zip(&opening).all(|(word, wanted)| word == wanted))
        };
        let kind = OPENINGS.iter().find(|(_, openings)| openings.iter().any(|opening| stands(opening)));
        match kind {
            Some((Self::Number, _)) if clauses.iter().flatten().any(|word| OF_MONEY.contains(&word.as_str())) => Self::Money,
            Some((kind, _)) => *kind,
            None => Self::Anything,
        }
    }

    /// How well a sentence says such a thing, 0 to 1; what the question says already is not said.
    pub(crate) fn said_in(self, sentence: &str, question: &str) -> f32 {
        let asked: Vec<String> = words(question).map(|(_, word)| word.to_lowercase()).collect();
        let said: Vec<(&str, String)> = words(sentence).map(|(_, word)| (word, word.to_lowercase())).collect();
        let new = |word: &str| !asked.iter().any(|asked| asked == word);
        let any = |list: &[&str]| said.iter().any(|(_, word)| list.contains(&word.as_str()));
        let digits = said.iter().any(|(_, word)| word.contains(char::is_numeric) && new(word));
        let number = digits || said.iter().any(|(_, word)| NUMBERS.contains(&word.as_str()) && new(word));
        let share = |holds: bool, otherwise: f32| if holds { 1.0 } else { otherwise };
        match self {
            Self::Duration => share(number && any(UNITS_OF_TIME), 0.0),
            Self::Date => {
                let year = said.iter().any(|(_, word)| is_year(word) && new(word));
                share(year || any(DATES), if number && any(UNITS_OF_TIME) { 0.5 } else { 0.0 })
            }
            Self::Money => {
                let currency = sentence.contains(['€', '$', '£', '¥']) || any(CURRENCIES);
                share(digits && currency, if digits { 0.4 } else { 0.0 })
            }
            Self::Number => share(number, 0.0),
            Self::Person => share(said.iter().skip(1).any(|(word, lower)| is_capital(word) && new(lower)), 0.0),
            Self::Place => share(
                said.windows(2).any(|pair| BEFORE_PLACES.contains(&pair[0].1.as_str()) && is_capital(pair[1].0) && new(&pair[1].1)),
                0.0,
            ),
            Self::Reason => share(any(REASONS), 0.0),
            Self::Anything => 0.0,
        }
    }
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.parse().is_ok_and(|year: u32| (1000..2100).contains(&year))
}

fn is_capital(word: &str) -> bool {
    word.chars().next().is_some_and(char::is_uppercase)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_say_what_they_ask_for() {
        for (question, asked) in [
            ("How long is the warranty?", Asked::Duration),
            ("My laptop was stolen on the train. How fast do I need to tell IT?", Asked::Duration),
            ("Wann beginnt die Schicht?", Asked::Date),
            ("I am taking two customers out for dinner. How much can I spend per person?", Asked::Money),
            ("Wie viel gerade Rohrstrecke braucht der VF-210?", Asked::Number),
            ("¿Cuántos días?", Asked::Number),
            ("Wer muss eine Bestellung freigeben?", Asked::Person),
            ("Where is the canteen?", Asked::Place),
            ("Why was the launch pushed back?", Asked::Reason),
            ("What happens when a badge is lost?", Asked::Anything),
            ("Seit wann gilt das?", Asked::Date),
            ("Wie bestelle ich?", Asked::Anything),
            ("谁批准休假", Asked::Anything),
            ("", Asked::Anything),
        ] {
            assert_eq!(Asked::of(question), asked, "{question}");
        }
    }

    #[test]
    fn a_number_of_another_kind_is_no_answer() {
        let warranty = "How long is the warranty on a VP-420?";
        let said = |sentence| Asked::Duration.said_in(sentence, warranty);
        assert_eq!(said("The warranty period is 36 months from the date of delivery."), 1.0);
        assert_eq!(said("A VP-420 costs €289."), 0.0);
        assert_eq!(said("The warranty of the VP-420 counts in months."), 0.0, "the question's own number is none");
        let spend = "How much can I spend per person?";
        assert_eq!(Asked::Money.said_in("Dinner with customers | €65 per person", spend), 1.0);
        assert!(Asked::Money.said_in("Dinner for 65", spend) < 0.5);
        assert_eq!(Asked::Date.said_in("It starts in March.", "When does it start?"), 1.0);
        assert_eq!(Asked::Person.said_in("The form goes to Bernd Rademacher.", "Who gets the form?"), 1.0);
        assert_eq!(Asked::Place.said_in("It is stored in Cork.", "Where is it stored?"), 1.0);
        assert_eq!(Asked::Anything.said_in("12 days", "What?"), 0.0);
    }
}
