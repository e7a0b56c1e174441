//! One page of a document, looked at: asked for by the parent, drawn by the child.

use pinakes_types::DocVersion;
use serde::{Deserialize, Serialize};

use crate::Sought;

/// What to see of a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageWanted {
    /// The page, from 1.
    pub number: u32,
    /// Whether its image is wanted.
    pub image: bool,
    /// Words to be found on it.
    pub sought: Option<Sought>,
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageSeen {
    /// The version of the very bytes it was seen in.
    pub version: DocVersion,
    /// Width, points.
    pub width: f32,
    /// Height, points.
    pub height: f32,
    /// Where the words sought stand, a box for each line: left, top, width, height as shares of the page; none where they were not found.
    pub boxes: Vec<[f32; 4]>,
    /// The image as PNG; empty where none was wanted.
    #[serde(skip)]
    pub png: Vec<u8>,
}
