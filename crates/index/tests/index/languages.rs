//! Words are found in any language, phrases only as they stand.

use pinakes_index::IndexedChunk;

use crate::common::{Store, chunk, in_language, settings, words};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_language_finds_its_own_forms() {
    let store = Store::with(
        settings(),
        &[
            in_language(1, "en", "Employees are entitled to annual holidays."),
            in_language(2, "de", "Die Straße führt zu den Häusern der Beschäftigten. Herr Müller grüßt."),
            in_language(3, "es", "La comunicación de las vacaciones se hará por escrito."),
            in_language(4, "ar", "يحق للموظفين الحصول على الإجازات السنوية"),
            in_language(5, "zh", "员工每年享有五天带薪年假。"),
            in_language(6, "ja", "従業員には年次有給休暇があります。"),
            IndexedChunk { language: None, ..chunk(7, 0, "Kwartaalverslag zzyzx") },
            in_language(8, "ru", "Сотрудники имеют право на отпуск"),
        ],
    )
    .await;
    for (question, version) in [
        ("holiday entitlement", 1),
        ("strasse", 2),
        ("Haus", 2),
        ("haeuser", 2),
        ("mueller", 2),
        ("comunicacion", 3),
        ("vacación", 3),
        ("إجازة", 4),
        ("年假", 5),
        ("带薪年假有几天？", 5),
        ("休暇", 6),
        ("暇", 6),
        ("ZZYZX", 7),
        ("сотрудник", 8),
    ] {
        assert_eq!(store.find(&words(question)).await.first(), Some(&version), "{question}");
    }
    assert!(store.find(&words("假期")).await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn phrases_stand_in_order_and_side_by_side() {
    let store = Store::with(
        settings(),
        &[
            chunk(1, 0, "The notice period is four weeks."),
            chunk(2, 0, "A period of notice: weeks."),
            in_language(3, "zh", "年假政策"),
            in_language(4, "zh", "假政年"),
            IndexedChunk { title: "Notice".into(), ..chunk(5, 0, "period begins") },
        ],
    )
    .await;
    assert_eq!(store.find(&words("\"notice period\"")).await, [1]);
    assert_eq!(store.find(&words("\"notice periods\" weeks")).await, [1], "forms of the same words");
    assert_eq!(store.find(&words("“four weeks”")).await, [1]);
    assert_eq!(store.find(&words("\"年假政策\"")).await, [3]);
    assert_eq!(store.find(&words("\"weeks\"")).await.len(), 2);
    assert_eq!(store.find(&words("\"notice period\" \"five weeks\"")).await, Vec::<u64>::new());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn titles_weigh_more_and_headings_and_paths_are_searched() {
    let store = Store::with(
        settings(),
        &[
            chunk(1, 0, "some words about travel and other words"),
            IndexedChunk { title: "Travel".into(), ..chunk(2, 0, "some words about trips and other words") },
            IndexedChunk { heading: "Costs > Per diem".into(), ..chunk(3, 0, "nothing else") },
            IndexedChunk { path: "finance/reimbursement_form.md".into(), ..chunk(4, 0, "nothing else") },
        ],
    )
    .await;
    assert_eq!(store.find(&words("travel")).await, [2, 1]);
    assert_eq!(store.find(&words("diem")).await, [3]);
    assert_eq!(store.find(&words("reimbursement form")).await, [4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn words_on_every_page_do_not_decide() {
    let mut corpus: Vec<IndexedChunk> =
        (1..=200).map(|version| chunk(version, 0, "Acme is the place of the people and the work")).collect();
    corpus.push(chunk(500, 0, "Long text about the parking of cars at Acme, which takes many words to tell in full and to the end"));
    let store = Store::with(settings(), &corpus).await;
    assert_eq!(store.find(&words("what is the Acme parking rule of the people")).await, [500]);
    assert_eq!(store.find(&words("the Acme")).await.len(), 20, "alone they are still looked up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn any_text_is_a_question() {
    let store = Store::with(settings(), &[chunk(1, 0, "plain words")]).await;
    let long: String = (0..10_000).map(|n| format!("w{n} ")).collect();
    for text in ["", "\"", "\"\"\"", "AND OR NOT (", "title:x^9 ~ *", "[a TO b]", "\0\u{feff}", "\\", "🙂", &long, &"\"a b\" ".repeat(5000)]
    {
        store.find(&words(text)).await;
    }
    assert_eq!(store.find(&words("+plain -words ((")).await, [1]);
}
