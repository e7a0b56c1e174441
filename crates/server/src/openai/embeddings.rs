//! `POST /v1/embeddings`.

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Payload};
use pinakes_api::Code;
use pinakes_api::openai::{Embedding, EmbeddingInput, EmbeddingList, EmbeddingUsage, EmbeddingVector, EmbeddingsRequest, EncodingFormat};

use super::models::{Named, known, named};
use crate::body;
use crate::failure::Failure;
use crate::identity::Asker;
use crate::state::State;

pub(crate) async fn embed(
    state: Data<State>,
    asker: Asker,
    request: HttpRequest,
    payload: Payload,
) -> Result<Json<EmbeddingList>, Failure> {
    let wanted: EmbeddingsRequest = body::json(&request, payload, &state.limits).await?;
    let wrong = |words: String| Failure::new(Code::BadRequest, words);
    let texts = match serde_json::from_value(wanted.input) {
        Ok(EmbeddingInput::One(text)) => vec![text],
        Ok(EmbeddingInput::Many(texts)) => texts,
        Err(_) => return Err(wrong("`input` is a text or a list of texts; token ids are another model's.".into())),
    };
    let max = state.limits.embedding_inputs_max;
    if texts.is_empty() || texts.len() > max {
        return Err(wrong(format!("`input` holds 1 to {max} texts.")));
    }
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err(wrong("A text of `input` is empty.".into()));
    }
    if named(&wanted.model, &known(&state, asker.0).await?)? != Named::Embedding {
        return Err(wrong("This model makes no vectors; `/v1/models` lists the one that does.".into()));
    }
    let embedded = state.read(state.library().embed(texts)).await?;
    let own = embedded.vectors.first().map_or(0, Vec::len);
    if wanted.dimensions.is_some_and(|dimensions| dimensions != own) {
        return Err(wrong(format!("The model's vectors have {own} dimensions, and no others can be had.")));
    }
    let format = wanted.encoding_format.unwrap_or_default();
    let data = embedded.vectors.into_iter().enumerate();
    let usage = EmbeddingUsage { prompt_tokens: embedded.tokens, total_tokens: embedded.tokens };
    Ok(Json(EmbeddingList {
        object: "list".into(),
        data: data.map(|(index, vector)| Embedding { object: "embedding".into(), index, embedding: written(vector, format) }).collect(),
        model: wanted.model,
        usage,
    }))
}

fn written(vector: Vec<f32>, format: EncodingFormat) -> EmbeddingVector {
    match format {
        EncodingFormat::Float => EmbeddingVector::Float(vector),
        EncodingFormat::Base64 => {
            let bytes: Vec<u8> = vector.into_iter().flat_map(f32::to_le_bytes).collect();
            EmbeddingVector::Base64(base64(&bytes))
        }
    }
}

/// RFC 4648, section 4. Ten lines; a crate for them would be more to look after.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let sextet = ALPHABET[(bits >> (18 - 6 * place) & 63) as usize];
            text.push(if place <= group.len() { char::from(sextet) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        for (bytes, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(base64(bytes.as_bytes()), text);
        }
        assert_eq!(base64(&1.0_f32.to_le_bytes()), "AACAPw==");
    }
}
