//! Documents as people know them: their pages, with where words stand on them, and their files.

use actix_web::http::header::{self, Charset, ContentDisposition, DispositionParam, DispositionType, ExtendedValue};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpRequest, HttpResponse};
use pinakes_api::{Code, PageQuery, PageView};

use crate::body::header_text;
use crate::failure::Failure;
use crate::handlers::documents::doc_id;
use crate::handlers::search::query;
use crate::identity::Asker;
use crate::state::State;

const WHAT: &str = "page";

pub(crate) async fn view(
    state: Data<State>,
    asker: Asker,
    place: Path<(String, String)>,
    request: HttpRequest,
) -> Result<Json<PageView>, Failure> {
    let (id, page) = (doc_id(&place.0)?, number(&place.1)?);
    let span = query::<PageQuery>(&request)?.part().map_err(|words| Failure::new(Code::BadRequest, words))?;
    Ok(Json(state.read(state.library().page(asker.0, id, page, span)).await?))
}

/// Kept by browsers, but asked after each time: the right to see it is the moment's.
pub(crate) async fn image(
    state: Data<State>,
    asker: Asker,
    place: Path<(String, String)>,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let (id, page) = (doc_id(&place.0)?, number(&place.1)?);
    let image = state.read(state.library().page_image(asker.0, id, page)).await?;
    let tag = format!("\"{}-{page}\"", image.version);
    let known = header_text(&request, &header::IF_NONE_MATCH).is_some_and(|tags| tags.split(',').any(|known| known.trim() == tag));
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    response.insert_header((header::ETAG, tag)).insert_header((header::CACHE_CONTROL, "private, no-cache"));
    if known {
        return Ok(response.finish());
    }
    Ok(response.content_type("image/png").body(image.png.to_vec()))
}

/// Saved and never shown: what a file holds is its author's, and this is our own address.
pub(crate) async fn original(state: Data<State>, asker: Asker, id: Path<String>) -> Result<HttpResponse, Failure> {
    let original = state.read(state.library().original(asker.0, doc_id(&id)?)).await?;
    let name = ExtendedValue { charset: Charset::Ext("UTF-8".to_owned()), language_tag: None, value: original.name.into_bytes() };
    let saved = ContentDisposition { disposition: DispositionType::Attachment, parameters: vec![DispositionParam::FilenameExt(name)] };
    let mut response = HttpResponse::Ok();
    response.insert_header(saved).insert_header((header::CACHE_CONTROL, "private, no-store"));
    Ok(response.content_type("application/octet-stream").body(original.bytes))
}

fn number(written: &str) -> Result<u32, Failure> {
    written.parse().map_err(|_| Failure::not_found(WHAT))
}
