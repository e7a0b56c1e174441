//! A server that speaks the protocol, and servers that do not, on this machine's loopback.

use std::time::Duration;

use pinakes_chat::Message;
use pinakes_config::RemoteUse;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use super::*;

/// Answers one request with these bytes, in two halves; gives back what was asked, once `remote` has gone.
async fn serve(answer: &'static str, stall: bool) -> (RemoteConfig, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let served = tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut asked = Vec::new();
        let mut bytes = [0; 4096];
        while !is_whole(&asked) {
            let read = socket.read(&mut bytes).await.unwrap();
            assert_ne!(read, 0, "the request broke off");
            asked.extend_from_slice(&bytes[..read]);
        }
        let (first, second) = answer.split_at(answer.len() / 2);
        socket.write_all(first.as_bytes()).await.unwrap();
        if stall {
            // Until the other side has had enough.
            while socket.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
        } else {
            socket.flush().await.unwrap();
            tokio::task::yield_now().await;
            let _ = socket.write_all(second.as_bytes()).await;
        }
        String::from_utf8(asked).unwrap()
    });
    let config = RemoteConfig {
        url,
        model: "big".into(),
        api_key_file: None,
        used: RemoteUse::Always,
        context_tokens: 1_000,
        stall_time_max: Duration::from_millis(300),
    };
    (config, served)
}

fn is_whole(asked: &[u8]) -> bool {
    let text = String::from_utf8_lossy(asked);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse().unwrap()));
    body.len() >= length.unwrap_or(0)
}

fn conversation() -> Conversation {
    let messages = vec![Message::new(Role::System, "Short."), Message::in_parts(Role::User, vec!["[1] a\n".into(), "Question".into()])];
    Conversation { messages, ..Conversation::default() }
}

async fn written(config: &RemoteConfig) -> Result<(Vec<Words>, Usage, Ending), ApiError> {
    let remote = Arc::new(Remote::open(config)?);
    let mut writing = remote.begin(&conversation(), 50, &Options::default(), None);
    let mut words = Vec::new();
    while let Some(more) = writing.next().await? {
        words.push(more);
    }
    Ok((words, writing.usage(), writing.ending()))
}

const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n";

#[tokio::test]
async fn a_streamed_answer_comes_with_reasoning_and_usage() {
    let answer = concat!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"reasoning_content\":\"Hm.\"}}]}\n\n",
        ": ping\n\n",
        "data: {\"choices\":[{\"delta\":{\"content\":\"Zehn Tage, überall.\"},\"finish_reason\":\"stop\"}]}\n\n",
        "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":12,\"completion_tokens\":5}}\n\n",
        "data: [DONE]\n\n",
    );
    let (config, served) = serve(answer, false).await;
    let (words, usage, ending) = written(&config).await.unwrap();
    assert_eq!(words[0].reasoning, "Hm.");
    assert_eq!(words[1].text, "Zehn Tage, überall.");
    assert_eq!((usage.prompt_tokens, usage.completion_tokens, ending), (12, 5, Ending::Stop));
    let asked = served.await.unwrap();
    assert!(asked.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{asked}");
    let body: Value = serde_json::from_str(asked.split_once("\r\n\r\n").unwrap().1).unwrap();
    assert_eq!(body["messages"][1]["content"], "[1] a\nQuestion");
    assert_eq!((&body["model"], &body["max_tokens"], &body["temperature"]), (&json!("big"), &json!(50), &json!(0.0)));
}

#[tokio::test]
async fn whatever_goes_wrong_names_the_server_and_not_what_was_sent() {
    let cases = [
        ("HTTP/1.1 500 Oops\r\ncontent-length: 16\r\n\r\nQuestion was bad", false, "status 500"),
        ("HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:9/elsewhere\r\ncontent-length: 0\r\n\r\n", false, "status 302"),
        (HEAD, false, "broke off"),
        ("HTTP/1.1 200 OK\r\n\r\n<html>\n<p>data</p>", true, "silent"),
        ("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\ndata: <html>\n\n", false, "not OpenAI's protocol"),
        (
            "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\ndata: {\"error\":{\"message\":\"out of memory\"}}\n\n",
            false,
            "failed in the middle",
        ),
    ];
    for (answer, stall, expected) in cases {
        let (config, _served) = serve(answer, stall).await;
        let error = written(&config).await.unwrap_err();
        assert_eq!(error.code, Code::GeneratorUnavailable);
        assert!(error.detail.contains(expected) && error.detail.contains("127.0.0.1:"), "{expected}: {}", error.detail);
        assert!(!error.detail.contains("Question"), "{}", error.detail);
    }
}

#[tokio::test]
async fn nothing_is_sent_before_somebody_was_told() {
    let (config, served) = serve(HEAD, true).await;
    let remote = Arc::new(Remote::open(&config).unwrap());
    let (tell, told) = tokio::sync::oneshot::channel::<()>();
    let told: Told = Box::pin(async move { drop(told.await) });
    let writing = remote.begin(&conversation(), 50, &Options::default(), Some(told));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!served.is_finished());
    tell.send(()).unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    drop(writing);
    assert!(served.await.unwrap().contains("Question"));
}

#[tokio::test]
async fn an_answer_that_is_not_whole_in_time_is_an_error() {
    let answer = "HTTP/1.1 200 OK\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"Ten\"}}]}\n\ndata: {\"choices\":[{\"delta\":{\"content\":\" days, and this is never sent\"}}]}\n\n";
    let (config, _served) = serve(answer, true).await;
    let remote = Arc::new(Remote::open(&RemoteConfig { stall_time_max: Duration::from_secs(30), ..config }).unwrap());
    let options = Options { time_max: Some(Duration::from_millis(200)), ..Options::default() };
    let mut writing = remote.begin(&conversation(), 50, &options, None);
    let error = loop {
        match writing.next().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("half an answer passed for a whole one"),
            Err(error) => break error,
        }
    };
    assert!(error.detail.contains("took too long"), "{}", error.detail);
}

#[tokio::test]
async fn nobody_there_is_an_error_and_not_a_wait() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let (config, _served) = serve(HEAD, false).await;
    let error = written(&RemoteConfig { url, ..config }).await.unwrap_err();
    assert!(error.detail.contains("cannot be reached"), "{}", error.detail);
}

#[tokio::test]
async fn an_answer_without_end_is_cut_off() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut bytes = [0; 65_536];
        let _ = socket.read(&mut bytes).await;
        let _ = socket.write_all(HEAD.as_bytes()).await;
        while socket.write_all(&[b'x'; 65_536]).await.is_ok() {}
    });
    let (config, _served) = serve(HEAD, false).await;
    let error = written(&RemoteConfig { url, ..config }).await.unwrap_err();
    assert!(error.detail.contains("too long"), "{}", error.detail);
}

#[test]
fn a_key_is_read_from_its_file_and_a_missing_one_is_named() {
    let config = RemoteConfig {
        url: "http://gpu.intranet:8000/v1".into(),
        model: "big".into(),
        api_key_file: Some("/nonexistent/key".into()),
        used: RemoteUse::Always,
        context_tokens: 1_000,
        stall_time_max: Duration::from_secs(1),
    };
    let error = Remote::open(&config).map(|_| ()).unwrap_err();
    assert!(error.code == Code::InvalidConfig && error.detail.contains("/nonexistent/key"), "{}", error.detail);
    let remote = Remote::open(&RemoteConfig { api_key_file: None, ..config }).unwrap();
    assert_eq!(remote.host(), "gpu.intranet:8000");
}
