//! Answers and their readers, without HTTP.

use pinakes_api::{Retrieval, Searched};
use pinakes_types::Principal;

use super::*;

fn answers(limits: &ServerLimits) -> Arc<Answers> {
    Arc::new(Answers::new(limits, Handle::current()))
}

fn begun(id: &str, events: mpsc::Receiver<AskEvent>, end: tokio::sync::oneshot::Receiver<()>) -> Begun {
    let work = async move {
        let _ = end.await;
        Ok(AskResponse::default())
    };
    let retrieval = Retrieval { searched: Searched::default(), took_ms: 0, hits: vec![] };
    Begun {
        id: id.into(),
        first: AskEvent::Retrieval(retrieval),
        work: Some(Work::spawn(&Handle::current(), work)),
        events,
        owner: "ada".into(),
        request_id: "r".into(),
    }
}

fn scope(subject: &str) -> Scope {
    Scope::check(&Principal::person(subject, [])).unwrap()
}

fn name(event: Option<Bytes>) -> String {
    let event = event.unwrap();
    let text = std::str::from_utf8(&event).unwrap();
    text.strip_prefix("event: ").unwrap().split('\n').next().unwrap().to_owned()
}

#[test]
fn an_event_is_one_line_of_data_whatever_its_words() {
    let event = AskEvent::Delta { text: "a\n\ndata: b\r\u{2028}".into() };
    let bytes = encode(&event, "x", 7);
    let text = std::str::from_utf8(&bytes).unwrap();
    assert!(text.starts_with("event: delta\nid: x-7\ndata: {") && text.ends_with("}\n\n"));
    assert_eq!(text.matches('\n').count(), 4);
    assert!(!text.contains('\r'));
}

#[tokio::test]
async fn a_reader_that_comes_back_goes_on_where_it_was() {
    let answers = answers(&ServerLimits::default());
    let (sender, receiver) = mpsc::channel(8);
    let (end, ended) = tokio::sync::oneshot::channel();
    let answer = answers.keep(begun("answer1", receiver, ended));
    assert!(answers.find(&scope("eve"), answer.id()).is_none(), "another person's answer");
    assert!(answers.find(&scope("ada"), "nothing").is_none());
    let mut reader = answers.reader(Arc::clone(&answer), 0);
    assert_eq!(name(reader.next().await), "retrieval");
    drop(reader);
    sender.send(AskEvent::Delta { text: "one".into() }).await.unwrap();
    let mut reader = answers.reader(answers.find(&scope("ada"), answer.id()).unwrap(), 1);
    assert_eq!(name(reader.next().await), "delta");
    end.send(()).unwrap();
    drop(sender);
    assert_eq!(name(reader.next().await), "done");
    assert_eq!(reader.next().await, None);
    assert!(answer.ends_at(3) && !answer.ends_at(2));
}

#[tokio::test]
async fn whoever_does_not_come_back_ends_the_work() {
    let answers = answers(&ServerLimits { resume_time_max: Duration::from_millis(20), ..ServerLimits::default() });
    let (sender, receiver) = mpsc::channel(1);
    let (_end, ended) = tokio::sync::oneshot::channel();
    let answer = answers.keep(begun("answer2", receiver, ended));
    drop(answers.reader(Arc::clone(&answer), 0));
    tokio::time::timeout(Duration::from_secs(5), sender.closed()).await.expect("the work is dropped");
    let mut late = answers.reader(answer, 1);
    assert_eq!(name(late.next().await), "error");
    assert_eq!(late.next().await, None);
}

#[tokio::test]
async fn a_full_log_waits_for_its_reader_and_old_answers_make_room() {
    let limits = ServerLimits { answer_bytes_max: 300, answers_kept_max: 1, ..ServerLimits::default() };
    let answers = answers(&limits);
    let (sender, receiver) = mpsc::channel(1);
    let (_end, ended) = tokio::sync::oneshot::channel();
    let answer = answers.keep(begun("answer3", receiver, ended));
    let long = || AskEvent::Delta { text: "x".repeat(300) };
    for _ in 0..3 {
        // One in the log, one taken or waiting in the channel.
        let _ = tokio::time::timeout(Duration::from_millis(50), sender.send(long())).await;
    }
    assert!(answer.log.lock().unwrap().bytes() < 1_000);
    let mut reader = answers.reader(Arc::clone(&answer), 0);
    for expected in ["retrieval", "delta", "delta"] {
        assert_eq!(name(reader.next().await), expected);
    }
    let mut late = answers.reader(Arc::clone(&answer), 0);
    assert_eq!(name(late.next().await), "error", "what came first is gone");
    drop((reader, late));
    answers.cancel(&answer);
    assert_eq!(answers.figures()[0].value, 0);
    let (_, receiver) = mpsc::channel(1);
    let (_end, ended) = tokio::sync::oneshot::channel();
    let second = answers.keep(begun("answer4", receiver, ended));
    second.cancel();
    let (_, receiver) = mpsc::channel(1);
    let (_end, ended) = tokio::sync::oneshot::channel();
    answers.keep(begun("answer5", receiver, ended));
    assert!(answers.find(&scope("ada"), second.id()).is_none(), "the finished one made room");
}
