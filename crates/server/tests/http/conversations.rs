//! Conversations over HTTP, and the test library's own.

use std::sync::Arc;

use pinakes_api::{
    ApiError, AskResponse, Code, ConversationChange, ConversationDeleted, ConversationDetail, ConversationList, ConversationQuery,
    ConversationSummary, ConversationTurn, ExportFormat, Feedback, FeedbackList, FeedbackQuery, FeedbackRequest, NewConversation,
};
use pinakes_server::{Conversations, Promise};
use pinakes_types::{Scope, Timestamp};

use crate::support::{DOC, Request, Shelf, TestServer};

fn known(id: &str) -> Result<(), ApiError> {
    if id == DOC { Ok(()) } else { Err(ApiError::new(Code::NotFound, "There is no such conversation.")) }
}

fn summary(title: &str) -> ConversationSummary {
    ConversationSummary {
        conversation_id: DOC.into(),
        title: title.into(),
        collection: None,
        turns: 1,
        created_at: Timestamp(1),
        updated_at: Timestamp(2),
    }
}

/// One conversation, whoever asks; its id is [`DOC`].
impl Conversations for Shelf {
    fn conversations(self: Arc<Self>, _: Scope, _: ConversationQuery) -> Promise<ConversationList> {
        Box::pin(async move { Ok(ConversationList { conversations: vec![summary("Rent")], next_cursor: None }) })
    }

    fn new_conversation(self: Arc<Self>, _: Scope, new: NewConversation) -> Promise<ConversationSummary> {
        Box::pin(async move { Ok(summary(&new.title.unwrap_or_default())) })
    }

    fn conversation(self: Arc<Self>, _: Scope, id: String, _: ConversationQuery) -> Promise<ConversationDetail> {
        Box::pin(async move {
            known(&id)?;
            let turn = ConversationTurn {
                turn: 1,
                answer_id: DOC.into(),
                question: "When?".into(),
                asked_at: Timestamp(2),
                withheld: false,
                response: AskResponse::default(),
                feedback: None,
            };
            Ok(ConversationDetail {
                conversation_id: id,
                collection: None,
                title: "Rent".into(),
                created_at: Timestamp(1),
                updated_at: Timestamp(2),
                turns: vec![turn],
                next_cursor: None,
            })
        })
    }

    fn rename_conversation(self: Arc<Self>, _: Scope, id: String, change: ConversationChange) -> Promise<ConversationSummary> {
        Box::pin(async move { known(&id).map(|()| summary(&change.title)) })
    }

    fn delete_conversation(self: Arc<Self>, _: Scope, id: String) -> Promise<ConversationDeleted> {
        Box::pin(async move { known(&id).map(|()| ConversationDeleted { conversation_id: id, deleted: true }) })
    }

    fn export_conversation(self: Arc<Self>, _: Scope, id: String, format: ExportFormat) -> Promise<String> {
        Box::pin(async move {
            known(&id)?;
            Ok(match format {
                ExportFormat::Json => "{}".into(),
                ExportFormat::Markdown => "# Rent\n".into(),
            })
        })
    }

    fn feedback(self: Arc<Self>, _: Scope, _: FeedbackQuery) -> Promise<FeedbackList> {
        Box::pin(async move { Ok(FeedbackList { feedback: vec![], next_cursor: None }) })
    }

    fn give_feedback(self: Arc<Self>, _: Scope, request: FeedbackRequest) -> Promise<Feedback> {
        Box::pin(async move {
            known(&request.answer_id)?;
            let FeedbackRequest { answer_id, verdict, reason, comment } = request;
            Ok(Feedback { answer_id, verdict, reason, comment, given_at: Timestamp(3) })
        })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_conversation_says_where_it_is_and_an_export_is_a_file() {
    let server = TestServer::start().await;
    let begun = server.post("/api/v1/conversations", "{}").await;
    assert_eq!(begun.header("location"), Some(format!("/api/v1/conversations/{DOC}").as_str()));
    for (format, kind, name) in [("", "application/json", "json"), ("?format=markdown", "text/markdown; charset=utf-8", "md")] {
        let file = server.get(&format!("/api/v1/conversations/{DOC}/export{format}")).await;
        assert_eq!(file.header("content-type"), Some(kind));
        assert_eq!(file.header("content-disposition"), Some(format!("attachment; filename=\"conversation.{name}\"").as_str()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_and_what_cannot_be_are_the_same() {
    let server = TestServer::start().await;
    let mut bodies = Vec::new();
    for id in ["ffffffffffffffffffffffffffffffff", "..%2f..%2fetc", "%00", &"a".repeat(65), "x'--"] {
        for (method, path, body) in [
            ("GET", format!("/api/v1/conversations/{id}"), ""),
            ("GET", format!("/api/v1/conversations/{id}/export"), ""),
            ("DELETE", format!("/api/v1/conversations/{id}"), ""),
            ("PATCH", format!("/api/v1/conversations/{id}"), r#"{"title":"x"}"#),
        ] {
            let request = Request::new(method, &path);
            let reply = server.send(if body.is_empty() { request } else { request.json(body) }).await;
            assert_eq!(reply.code(), "not_found", "{method} {path}");
            bodies.push(reply.json()["detail"].clone());
        }
    }
    bodies.dedup();
    assert_eq!(bodies, ["There is no such conversation."]);
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_and_queries_are_refused() {
    let server = TestServer::start().await;
    let large = format!(r#"{{"title":"{}"}}"#, "x".repeat(1 << 20));
    for (path, body, code) in [
        ("/api/v1/conversations", "", "bad_request"),
        ("/api/v1/conversations", r#"{"titel":"x"}"#, "bad_request"),
        ("/api/v1/conversations", large.as_str(), "payload_too_large"),
        ("/api/v1/feedback", r#"{"answer_id":"a"}"#, "bad_request"),
        ("/api/v1/feedback", r#"{"answer_id":"a","verdict":"sideways"}"#, "bad_request"),
        ("/api/v1/feedback", r#"{"answer_id":"a","verdict":"up","reason":"because"}"#, "bad_request"),
        ("/api/v1/feedback", r#"{"answer_id":"a","verdict":"up"}"#, "not_found"),
    ] {
        assert_eq!(server.post(path, body).await.code(), code, "{path} {}", &body[..body.len().min(60)]);
    }
    for path in
        ["/api/v1/conversations?limit=x", "/api/v1/conversations?offset=1", &format!("/api/v1/conversations/{DOC}/export?format=pdf")]
    {
        assert_eq!(server.get(path).await.code(), "bad_request", "{path}");
    }
    let form = Request::new("PATCH", &format!("/api/v1/conversations/{DOC}")).header("content-type", "text/plain").body(b"title=x");
    assert_eq!(server.send(form).await.code(), "unsupported_media_type");
}
