//! Pages as people see them.

use pinakes_types::{CharSpan, DocId, DocVersion};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// What to find on a page.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// A part of the document, as `start-end` in characters, such as a citation's span.
    #[param(pattern = "^[0-9]{1,10}-[0-9]{1,10}$")]
    pub span: Option<String>,
}

impl PageQuery {
    /// The part meant; `None` without one.
    ///
    /// # Errors
    /// What is written is no span.
    pub fn part(&self) -> Result<Option<CharSpan>, String> {
        let Some(written) = &self.span else { return Ok(None) };
        let number = |digits: &str| digits.parse::<u32>().ok().map(|number| number as usize);
        let ends = written.split_once('-').and_then(|(start, end)| Some((number(start)?, number(end)?)));
        match ends {
            Some((start, end)) if start <= end => Ok(Some(CharSpan::new(start, end))),
            _ => Err("`span` is two numbers of characters, as in 120-180.".to_owned()),
        }
    }
}

/// A page as people see it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PageView {
    /// The document.
    #[schema(value_type = String)]
    pub doc_id: DocId,
    /// The version it shows.
    #[schema(value_type = String)]
    pub doc_version: DocVersion,
    /// The page, from 1.
    pub page: u32,
    /// Pages there are.
    pub page_count: u32,
    /// Width, points of 1/72 inch.
    pub width: f32,
    /// Height, points.
    pub height: f32,
    /// Where the part asked for stands on it, a box for each line: left, top, width and height as shares of the page. Empty where it does
    /// not stand on this page, or cannot be found on it.
    pub boxes: Vec<[f32; 4]>,
    /// Where its picture is.
    pub image: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_two_numbers() {
        let part = |written: &str| PageQuery { span: Some(written.to_owned()) }.part();
        assert_eq!(part("3-9"), Ok(Some(CharSpan::new(3, 9))));
        assert_eq!(PageQuery::default().part(), Ok(None));
        for wrong in ["", "3", "9-3", "-3", "3-x", "3-99999999999999", "3-4-5"] {
            assert!(part(wrong).is_err(), "{wrong}");
        }
    }
}
