//! Pages of documents as people see them: the picture, and where on it words stand.

use actix_web::http::header;
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

fn number(written: &str) -> Result<u32, Failure> {
    written.parse().map_err(|_| Failure::not_found(WHAT))
}
