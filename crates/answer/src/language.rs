//! The language a question is asked in, and the words of a refusal in it.
//!
//! Questions are too short for a statistical detector, so script and the small words tell.

use pinakes_api::Searched;

use crate::question::words;

/// Small words that tell languages of the Latin script apart.
#[rustfmt::skip]
const SMALL_WORDS: &[(&str, &[&str])] = &[
    ("en", &["the", "is", "what", "how", "who", "when", "where", "which", "of", "to", "does", "do", "can", "i", "my", "we", "are", "many", "much", "for", "may", "should", "why"]),
    ("de", &["der", "die", "das", "ist", "was", "wie", "wer", "wann", "wo", "welche", "welcher", "ich", "wir", "ein", "eine", "für", "nicht", "mit", "wird", "darf", "muss", "kann", "viel", "viele", "werden", "zu", "den", "dem"]),
    ("es", &["el", "la", "los", "las", "qué", "cómo", "quién", "cuándo", "dónde", "cuál", "cuánto", "cuántos", "es", "una", "para", "puedo", "del", "mi", "por", "se", "en"]),
    ("fr", &["le", "les", "quel", "quelle", "comment", "qui", "quand", "où", "est", "une", "des", "pour", "je", "puis", "combien", "dans", "du", "à", "mon", "ce"]),
    ("it", &["il", "gli", "che", "come", "chi", "quando", "dove", "quale", "è", "un", "per", "posso", "di", "quanto", "quanti", "nel", "della"]),
    ("pt", &["o", "os", "que", "como", "quem", "quando", "onde", "qual", "é", "um", "uma", "para", "posso", "quanto", "quantos", "do", "da", "não"]),
    ("nl", &["de", "het", "een", "wat", "hoe", "wie", "wanneer", "waar", "welke", "is", "ik", "mijn", "voor", "kan", "hoeveel", "van", "mag", "moet"]),
];

/// ISO 639-1 code of a question's language, where its script or words tell.
pub(crate) fn of_question(question: &str) -> Option<&'static str> {
    let any = |range: std::ops::RangeInclusive<char>| question.chars().any(|c| range.contains(&c));
    if any('\u{3040}'..='\u{30ff}') {
        return Some("ja");
    }
    for (code, range) in [
        ("zh", '\u{3400}'..='\u{9fff}'),
        ("ar", '\u{0600}'..='\u{06ff}'),
        ("ru", '\u{0400}'..='\u{04ff}'),
        ("ko", '\u{ac00}'..='\u{d7a3}'),
        ("el", '\u{0370}'..='\u{03ff}'),
        ("he", '\u{0590}'..='\u{05ff}'),
        ("hi", '\u{0900}'..='\u{097f}'),
    ] {
        if any(range) {
            return Some(code);
        }
    }
    let lower = question.to_lowercase();
    let found: Vec<&str> = words(&lower).map(|(_, word)| word).collect();
    let mut counts: Vec<(usize, &str)> =
        SMALL_WORDS.iter().map(|(code, small)| (found.iter().filter(|word| small.contains(word)).count(), *code)).collect();
    counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    let marked = |marks: &str| lower.chars().any(|c| marks.contains(c));
    match counts[..] {
        [(best, code), (second, _), ..] if best > second => Some(code),
        // Letters that only one of them writes.
        _ if marked("¿¡ñ") => Some("es"),
        _ if marked("ßäö") => Some("de"),
        _ => None,
    }
}

/// The name of a language in English, for an instruction.
pub(crate) fn name(code: &str) -> Option<&'static str> {
    Some(match code {
        "en" => "English",
        "de" => "German",
        "es" => "Spanish",
        "fr" => "French",
        "it" => "Italian",
        "pt" => "Portuguese",
        "nl" => "Dutch",
        "zh" => "Chinese",
        "ja" => "Japanese",
        "ko" => "Korean",
        "ar" => "Arabic",
        "ru" => "Russian",
        "el" => "Greek",
        "he" => "Hebrew",
        "hi" => "Hindi",
        _ => return None,
    })
}

/// The words of a refusal, in the question's language where it is one of these, else in English.
pub(crate) fn refusal(code: Option<&str>, searched: Searched) -> String {
    let number = searched.documents;
    match (code.unwrap_or("en"), number) {
        ("de", 0) => "Keine Antwort gefunden: Es gibt noch keine Dokumente.".to_owned(),
        ("de", 1) => "Keine Antwort gefunden; durchsucht wurde 1 Dokument.".to_owned(),
        ("de", _) => format!("Keine Antwort gefunden; durchsucht wurden {number} Dokumente."),
        ("es", 0) => "No se ha encontrado respuesta: todavía no hay documentos.".to_owned(),
        ("es", 1) => "No se ha encontrado respuesta; se ha buscado en 1 documento.".to_owned(),
        ("es", _) => format!("No se ha encontrado respuesta; se ha buscado en {number} documentos."),
        ("fr", 0) => "Aucune réponse trouvée : il n’y a pas encore de documents.".to_owned(),
        ("fr", 1) => "Aucune réponse trouvée ; 1 document consulté.".to_owned(),
        ("fr", _) => format!("Aucune réponse trouvée ; {number} documents consultés."),
        ("it", 0) => "Nessuna risposta trovata: non ci sono ancora documenti.".to_owned(),
        ("it", _) => format!("Nessuna risposta trovata; documenti consultati: {number}."),
        ("pt", 0) => "Nenhuma resposta encontrada: ainda não há documentos.".to_owned(),
        ("pt", _) => format!("Nenhuma resposta encontrada; documentos consultados: {number}."),
        ("nl", 0) => "Geen antwoord gevonden: er zijn nog geen documenten.".to_owned(),
        ("nl", _) => format!("Geen antwoord gevonden; doorzochte documenten: {number}."),
        ("zh", 0) => "没有找到答案：还没有任何文档。".to_owned(),
        ("zh", _) => format!("没有找到答案，已搜索 {number} 个文档。"),
        ("ja", 0) => "回答が見つかりません。文書がまだありません。".to_owned(),
        ("ja", _) => format!("回答が見つかりません。{number} 件の文書を検索しました。"),
        ("ar", 0) => "لم يتم العثور على إجابة: لا توجد مستندات بعد.".to_owned(),
        ("ar", _) => format!("لم يتم العثور على إجابة، عدد المستندات التي تم البحث فيها: {number}."),
        ("ru", 0) => "Ответ не найден: документов пока нет.".to_owned(),
        ("ru", _) => format!("Ответ не найден; просмотрено документов: {number}."),
        (_, 0) => "No answer found: there are no documents to search yet.".to_owned(),
        (_, 1) => "No answer found, searched 1 document.".to_owned(),
        (_, _) => format!("No answer found, searched {number} documents."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_short_questions() {
        for (question, expected) in [
            ("How many days of leave do I get?", Some("en")),
            ("Wie viele Urlaubstage habe ich?", Some("de")),
            ("¿Cuántos días de vacaciones tengo?", Some("es")),
            ("Combien de jours de congé puis-je prendre ?", Some("fr")),
            ("谁批准休假？", Some("zh")),
            ("من يوافق على الإجازة؟", Some("ar")),
            ("VF-210", None),
        ] {
            assert_eq!(of_question(question), expected, "{question}");
        }
    }

    #[test]
    fn a_refusal_says_what_was_searched_in_the_language_of_the_question() {
        let searched = Searched { documents: 27, passages: 8 };
        for code in ["en", "de", "es", "fr", "it", "pt", "nl", "zh", "ja", "ar", "ru", "xx"] {
            assert!(refusal(Some(code), searched).contains("27"), "{code}");
        }
        assert_ne!(refusal(Some("de"), searched), refusal(None, searched));
    }
}
