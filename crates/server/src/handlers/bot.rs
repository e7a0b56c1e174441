//! Where a chat platform calls. Nobody signs in here: a request shows who sends it by its signature over the raw body, or by the token in
//! it, which the bot checks before it reads anything else.

use std::sync::Arc;

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use pinakes_bot::{BotHook, Delivery, HttpReply, SlackRequest};

use crate::body::{self, header_text};
use crate::failure::Failure;
use crate::state::State;
use crate::work::Work;

pub(crate) async fn slack(
    state: Data<State>,
    delivery: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Failure> {
    let hook = hook(&state)?;
    let delivery = match delivery.as_str() {
        "events" => Delivery::Events,
        "commands" => Delivery::Commands,
        "interactions" => Delivery::Interactions,
        _ => return Err(Failure::not_found("address")),
    };
    let header = |name| header_text(&request, &header::HeaderName::from_static(name)).map(str::to_owned);
    let (timestamp, signature) = (header("x-slack-request-timestamp"), header("x-slack-signature"));
    let body = body::whole(&request, payload, &state.limits).await?;
    let work = async move {
        let BotHook::Slack(gate) = &*hook else { return Ok(None) };
        let request = SlackRequest { delivery, timestamp: timestamp.as_deref(), signature: signature.as_deref(), body: &body };
        Ok(Some(gate.receive(&request).await))
    };
    answer(Work::spawn(&state.runtime, work).await?)
}

pub(crate) async fn mattermost(state: Data<State>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Failure> {
    let hook = hook(&state)?;
    let kind = header_text(&request, &header::CONTENT_TYPE).unwrap_or_default().to_owned();
    let body = body::whole(&request, payload, &state.limits).await?;
    let work = async move {
        let BotHook::Mattermost(gate) = &*hook else { return Ok(None) };
        Ok(Some(gate.receive(&kind, &body).await))
    };
    answer(Work::spawn(&state.runtime, work).await?)
}

pub(crate) async fn mattermost_pressed(state: Data<State>, request: HttpRequest, payload: Payload) -> Result<HttpResponse, Failure> {
    let hook = hook(&state)?;
    let body = body::whole(&request, payload, &state.limits).await?;
    let work = async move {
        let BotHook::Mattermost(gate) = &*hook else { return Ok(None) };
        Ok(Some(gate.pressed(&body).await))
    };
    answer(Work::spawn(&state.runtime, work).await?)
}

fn hook(state: &State) -> Result<Arc<BotHook>, Failure> {
    state.parts.bot.clone().ok_or_else(|| Failure::not_found("address"))
}

/// A bot of another platform has no such address.
fn answer(reply: Option<HttpReply>) -> Result<HttpResponse, Failure> {
    let reply = reply.ok_or_else(|| Failure::not_found("address"))?;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    Ok(HttpResponse::build(status).insert_header((header::CONTENT_TYPE, reply.content_type)).body(reply.body))
}
