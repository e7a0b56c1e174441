//! The page and its files. They are asked after on every visit and seldom sent again: one tag stands for all of them.

use actix_web::http::header;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use crate::assets::{self, ASSETS, Asset, PAGE};
use crate::body::header_text;
use crate::failure::Failure;

pub(crate) async fn page(request: HttpRequest) -> HttpResponse {
    send(&request, &PAGE)
}

pub(crate) async fn asset(request: HttpRequest, name: Path<String>) -> Result<HttpResponse, Failure> {
    let asset = ASSETS.iter().find(|asset| asset.name == name.as_str()).ok_or_else(|| Failure::not_found("file"))?;
    Ok(send(&request, asset))
}

/// A link that can be passed on by mail: `/documents/ID?span=0-9` opens the page at the document.
pub(crate) async fn document(request: HttpRequest, id: Path<String>) -> Result<HttpResponse, Failure> {
    let plain = |text: &str| text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let span = request.query_string().strip_prefix("span=").filter(|span| plain(span));
    if !plain(&id) {
        return Err(Failure::not_found("document"));
    }
    let place = match span {
        Some(span) => format!("/#/doc/{id}?span={span}"),
        None => format!("/#/doc/{id}"),
    };
    Ok(HttpResponse::SeeOther().insert_header((header::LOCATION, place)).finish())
}

pub(crate) fn send(request: &HttpRequest, asset: &Asset) -> HttpResponse {
    let tag = assets::tag();
    let known = header_text(request, &header::IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::ETAG, tag)).insert_header((header::CACHE_CONTROL, "no-cache"));
    if known {
        return response.finish();
    }
    response.insert_header((header::CONTENT_TYPE, asset.media_type)).body(asset.bytes)
}
