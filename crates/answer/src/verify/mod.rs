//! Whether what a model says stands in what it was given.
//!
//! [`markers`] takes the markers out of a sentence, [`claim`] reads what it claims, [`grounds`] finds what may bear it out, [`judge`] says
//! how far it does, by words, [`numbers`], names and [`polarity`], and [`gate`] decides what is shown. Nothing here waits, reads a clock
//! or knows a model: embeddings are handed in.

mod claim;
mod gate;
mod grounds;
mod judge;
mod markers;
mod nothing_found;
mod numbers;
mod polarity;

pub(crate) use claim::Claim;
pub(crate) use gate::{Gate, Standing};
pub(crate) use grounds::Grounds;
pub(crate) use judge::{Case, Judged, judge};
pub(crate) use markers::{Said, before_stops, may_be_markers, said};
pub(crate) use nothing_found::says_nothing_found;
