//! Stop strings: texts that end an answer and are not part of it, wherever the tokens cut them.

use crate::limits;

/// Stop strings that cannot be looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("at most {} stop strings of 1 to {} bytes are possible", limits::STOPS_MAX, limits::STOP_BYTES_MAX)]
pub struct BadStops;

/// Lets text through up to the first stop string, and holds back what may become one.
#[derive(Debug, Default)]
pub(super) struct Stops {
    stops: Vec<String>,
    held: String,
    stopped: Option<usize>,
}

impl Stops {
    pub(super) fn new(stops: Vec<String>) -> Result<Self, BadStops> {
        let fits = stops.iter().all(|stop| (1..=limits::STOP_BYTES_MAX).contains(&stop.len()));
        if fits && stops.len() <= limits::STOPS_MAX { Ok(Self { stops, ..Self::default() }) } else { Err(BadStops) }
    }

    /// The stop string that was met.
    pub(super) fn met(&self) -> Option<&str> {
        self.stopped.map(|place| self.stops[place].as_str())
    }

    /// Appends to `out` what is certain not to belong to a stop string. The one that is complete first ends the text; of those complete
    /// at the same character, the longest.
    pub(super) fn push(&mut self, text: &str, out: &mut String) {
        if self.stops.is_empty() {
            return out.push_str(text);
        }
        for character in text.chars() {
            if self.stopped.is_some() {
                return;
            }
            self.held.push(character);
            let complete = (0..self.stops.len()).filter(|&place| self.held.ends_with(&self.stops[place]));
            if let Some(place) = complete.max_by_key(|&place| self.stops[place].len()) {
                out.push_str(&self.held[..self.held.len() - self.stops[place].len()]);
                self.held.clear();
                self.stopped = Some(place);
                return;
            }
            let free = self.held.char_indices().map(|(place, _)| place).find(|&place| self.may_become(&self.held[place..]));
            let rest = self.held.split_off(free.unwrap_or(self.held.len()));
            out.push_str(&self.held);
            self.held = rest;
        }
    }

    /// Nothing more comes: what is held is text.
    pub(super) fn finish(&mut self, out: &mut String) {
        out.push_str(&std::mem::take(&mut self.held));
    }

    fn may_become(&self, text: &str) -> bool {
        self.stops.iter().any(|stop| stop.starts_with(text))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn through(stops: &[&str], pieces: &[&str]) -> (String, Option<String>) {
        let mut filter = Stops::new(stops.iter().map(|&stop| stop.to_owned()).collect()).unwrap();
        let mut out = String::new();
        pieces.iter().for_each(|piece| filter.push(piece, &mut out));
        filter.finish(&mut out);
        (out, filter.met().map(str::to_owned))
    }

    #[test]
    fn a_stop_across_tokens_is_found_and_left_out() {
        assert_eq!(through(&["\n\nUser:"], &["Yes.\n", "\nUs", "er: and"]), ("Yes.".into(), Some("\n\nUser:".into())));
        assert_eq!(through(&["\n\nUser:"], &["Yes.\n", "\nUs"]), ("Yes.\n\nUs".into(), None));
        assert_eq!(through(&["aab"], &["a", "a", "a", "b"]), ("a".into(), Some("aab".into())));
        assert_eq!(through(&["bc", "abc"], &["xab", "c"]), ("x".into(), Some("abc".into())));
        assert_eq!(through(&["abcd", "bc"], &["xabcd"]), ("xa".into(), Some("bc".into())));
    }

    #[test]
    fn nothing_of_a_possible_stop_is_shown_early() {
        let mut filter = Stops::new(vec!["STOP".into()]).unwrap();
        let mut out = String::new();
        filter.push("go ST", &mut out);
        assert_eq!(out, "go ");
        filter.push("AR", &mut out);
        assert_eq!(out, "go STAR");
    }

    #[test]
    fn stops_that_cannot_be_looked_for_are_refused() {
        for stops in [vec![String::new()], vec!["x".repeat(limits::STOP_BYTES_MAX + 1)], vec!["x".into(); limits::STOPS_MAX + 1]] {
            assert!(Stops::new(stops).is_err_and(|error| error.to_string().contains("512 bytes")));
        }
    }

    proptest! {
        #[test]
        fn any_split_gives_what_the_whole_gives(text in "[ab]{0,24}", stops in prop::collection::vec("[ab]{1,4}", 0..3), cut in 0usize..24) {
            let stops: Vec<&str> = stops.iter().map(String::as_str).collect();
            let cut = cut.min(text.len());
            prop_assert_eq!(through(&stops, &[&text]), through(&stops, &[&text[..cut], &text[cut..]]));
        }
    }
}
