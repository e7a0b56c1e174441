//! Descriptions of the routes for the bot's channels. The functions are never called; the macro reads what stands on them.
#![allow(dead_code, reason = "read by the macro, never called")]

use crate::{BotChannel, BotChannelChange, BotChannelList, Problem};

/// The channels the bot was asked in, with their settings.
#[utoipa::path(get, path = "/api/v1/bot/channels", tag = "people", responses((status = 200, body = BotChannelList)))]
pub(super) fn channels() {}

/// Changes a channel's settings; all that are given, or none.
#[utoipa::path(
    patch,
    path = "/api/v1/bot/channels/{id}",
    tag = "people",
    params(("id" = String, Path, description = "The channel, such as `slack:T1:C1`")),
    request_body = BotChannelChange,
    responses(
        (status = 200, body = BotChannel),
        (status = 400, body = Problem, content_type = "application/problem+json", description = "There is no such setting or value"),
        (status = 404, body = Problem, content_type = "application/problem+json", description = "The bot was not asked in such a channel"),
    )
)]
pub(super) fn change_channel() {}
