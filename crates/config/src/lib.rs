//! What an operator can set, where each value came from, and the limits nobody can argue with.

pub mod limits;
