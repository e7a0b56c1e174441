//! The bot's channels, for administrators.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path, Payload};
use pinakes_api::{ApiError, BotChannel, BotChannelChange, BotChannelList};
use pinakes_bot::Channel;

use crate::body;
use crate::failure::Failure;
use crate::identity::Asker;
use crate::state::State;
use crate::work::Work;

pub(crate) async fn list(state: Data<State>) -> Result<Json<BotChannelList>, Failure> {
    let Some(hook) = state.parts.bot.clone() else { return Ok(Json(BotChannelList { platform: None, channels: vec![] })) };
    let bot = hook.bot().clone();
    let platform = Some(bot.platform().to_owned());
    let channels = Work::spawn(&state.runtime, async move { bot.channels().await }).await?;
    Ok(Json(BotChannelList { platform, channels: channels.into_iter().map(shown).collect() }))
}

pub(crate) async fn change(
    state: Data<State>,
    asker: Asker,
    id: Path<String>,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<BotChannel>, Failure> {
    let BotChannelChange { collection, answer, language, visibility } = body::json(&request, payload, &state.limits).await?;
    let bot = state.parts.bot.as_ref().ok_or_else(|| Failure::not_found("channel"))?.bot().clone();
    // Not cancelled when the client goes: what was changed is also to be written into the log.
    let changed = state.runtime.spawn(async move {
        let given = [("collection", &collection), ("answer", &answer), ("language", &language), ("visibility", &visibility)];
        let changes: Vec<(&str, &str)> = given.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?))).collect();
        bot.change_channel(&asker.0, &id, &changes).await
    });
    Ok(Json(shown(changed.await.map_err(ApiError::internal)??)))
}

fn shown(channel: Channel) -> BotChannel {
    let [collection, answer, language, visibility] = channel.settings.shown().map(|(_, value)| value.to_owned());
    BotChannel { channel: channel.key, name: channel.name, collection, answer, language, visibility }
}
