//! Uploads: the file in the multipart field `file` is written to the staging folder as it arrives, synced, and handed over. Whatever
//! goes wrong before that, the staged file is removed.

use std::collections::BTreeSet;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use futures::StreamExt;
use pinakes_access::label_set;
use pinakes_api::{ApiError, Code};
use pinakes_types::Label;
use tempfile::TempPath;
use tokio::io::AsyncWriteExt;

use crate::failure::Failure;
use crate::identity::Asker;
use crate::state::{STAGED_PREFIX, State};

const FIELD: &str = "file";
/// Who may read it.
const LABELS: &str = "labels";
const LABELS_BYTES_MAX: usize = 8 << 10;
/// Bytes of a file name; longer ones no file system takes.
const NAME_BYTES_MAX: usize = 255;

pub(crate) async fn upload(
    state: Data<State>,
    asker: Asker,
    request: HttpRequest,
    parts: Result<Multipart, actix_web::Error>,
) -> Result<HttpResponse, Failure> {
    let Ok(parts) = parts else { return Err(not_multipart()) };
    let max = state.limits.upload_bytes_max;
    let announced = crate::body::header_text(&request, &header::CONTENT_LENGTH).and_then(|length| length.parse::<u64>().ok());
    // The envelope around the file takes a little more.
    if announced.is_some_and(|length| length > max.saturating_add(state.limits.upload_envelope_bytes_max)) {
        return Err(too_large(max));
    }
    let _place = state.uploads.enter().await?;
    let received = tokio::time::timeout(state.limits.upload_time_max, receive(&state, parts)).await;
    let (staged, name, bytes, labels) = received.map_err(|_| Failure::new(Code::RequestTimeout, "The file did not arrive in time."))??;
    state.metrics.uploaded(bytes);
    // Not cancelled when the client goes: from here on the file is kept.
    let keeping = state.runtime.spawn({
        let library = state.library();
        async move {
            let kept = library.upload(asker.0, staged.to_path_buf(), name, labels).await;
            drop(staged);
            kept
        }
    });
    let uploaded = keeping.await.map_err(|error| Failure(ApiError::internal(error)))??;
    let job = format!("/api/v1/jobs/{}", uploaded.job_id);
    Ok(HttpResponse::Accepted().insert_header((header::LOCATION, job)).json(uploaded))
}

/// A file that has arrived: where it is, its name and size, and who may read it, where that was said.
type Received = (TempPath, String, u64, Option<BTreeSet<Label>>);

async fn receive(state: &State, mut parts: Multipart) -> Result<Received, Failure> {
    let (mut labels, mut file) = (None, None);
    // To the end of the form: labels may stand after the file, and hold all the same.
    while let Some(field) = parts.next().await {
        let field = field.map_err(|error| broken(&error))?;
        match field.name() {
            Some(LABELS) => labels = Some(read_labels(field).await?),
            Some(FIELD) if file.is_none() => file = Some(stage(state, field).await?),
            Some(FIELD) => return Err(Failure::new(Code::BadRequest, "The form has more than one field named `file`.")),
            _ => {}
        }
    }
    let (staged, name, bytes) = file.ok_or_else(|| Failure::new(Code::BadRequest, "The form has no field named `file`."))?;
    Ok((staged, name, bytes, labels))
}

/// Writes the file to the staging folder as it arrives.
async fn stage(state: &State, mut field: Field) -> Result<(TempPath, String, u64), Failure> {
    let name = field.content_disposition().and_then(|disposition| disposition.get_filename()).unwrap_or_default().to_owned();
    if name.trim().is_empty() || name.len() > NAME_BYTES_MAX || name.contains('\0') {
        return Err(Failure::new(Code::BadRequest, "The file needs a name of at most 255 bytes."));
    }
    let staged =
        tempfile::Builder::new().prefix(STAGED_PREFIX).tempfile_in(&state.parts.staging).map_err(|error| writing(&error))?.into_temp_path();
    let mut file = fs_err::tokio::OpenOptions::new().write(true).open(&staged).await.map_err(|error| writing(&error))?;
    let mut bytes = 0;
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(|error| broken(&error))?;
        bytes += chunk.len() as u64;
        if bytes > state.limits.upload_bytes_max {
            return Err(too_large(state.limits.upload_bytes_max));
        }
        file.write_all(&chunk).await.map_err(|error| writing(&error))?;
    }
    file.flush().await.map_err(|error| writing(&error))?;
    file.sync_all().await.map_err(|error| writing(&error))?;
    Ok((staged, name, bytes))
}

/// `group:hr, user:ada`.
async fn read_labels(mut field: Field) -> Result<BTreeSet<Label>, Failure> {
    let mut written = Vec::new();
    while let Some(chunk) = field.next().await {
        written.extend_from_slice(&chunk.map_err(|error| broken(&error))?);
        if written.len() > LABELS_BYTES_MAX {
            return Err(Failure::new(Code::BadRequest, "There are too many labels."));
        }
    }
    let written = String::from_utf8(written).map_err(|_| Failure::new(Code::BadRequest, "The labels are no text."))?;
    label_set(written.split(',')).map_err(|problem| Failure::new(Code::BadRequest, problem))
}

fn not_multipart() -> Failure {
    Failure::new(Code::UnsupportedMediaType, "Send the file as `multipart/form-data` in a field named `file`.")
}

fn too_large(max: u64) -> Failure {
    Failure::new(Code::PayloadTooLarge, format!("A file may have {max} bytes at most."))
}

fn broken(error: &MultipartError) -> Failure {
    match error {
        MultipartError::ContentTypeMissing | MultipartError::ContentTypeParse | MultipartError::ContentTypeIncompatible => not_multipart(),
        MultipartError::BoundaryMissing => Failure::new(Code::BadRequest, "The form names no boundary."),
        other => Failure::new(Code::BadRequest, "The form did not arrive whole.").caused(other),
    }
}

fn writing(error: &std::io::Error) -> Failure {
    let code = if error.kind() == std::io::ErrorKind::StorageFull { Code::StorageFull } else { Code::CannotWrite };
    Failure::new(code, code.title()).caused(error)
}
