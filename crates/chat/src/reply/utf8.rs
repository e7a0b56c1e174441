//! Bytes to characters, whole ones only.

/// Holds back the beginning of a character until its end has come.
#[derive(Debug, Default)]
pub(super) struct Utf8 {
    /// At most three bytes.
    held: Vec<u8>,
}

impl Utf8 {
    /// Appends to `text` the characters that are complete. Bytes that cannot become one are U+FFFD, as in `String::from_utf8_lossy`.
    pub(super) fn push(&mut self, bytes: &[u8], text: &mut String) {
        self.held.extend_from_slice(bytes);
        let mut done = 0;
        loop {
            let rest = &self.held[done..];
            match std::str::from_utf8(rest) {
                Ok(valid) => {
                    text.push_str(valid);
                    self.held.clear();
                    return;
                }
                Err(error) => {
                    text.push_str(std::str::from_utf8(&rest[..error.valid_up_to()]).expect("checked up to here"));
                    done += error.valid_up_to();
                    let Some(invalid) = error.error_len() else { break };
                    text.push('\u{FFFD}');
                    done += invalid;
                }
            }
        }
        self.held.drain(..done);
    }

    /// Nothing more comes: what is held is no character.
    pub(super) fn finish(&mut self, text: &mut String) {
        if !self.held.is_empty() {
            text.push('\u{FFFD}');
            self.held.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_split_gives_what_the_whole_gives(
            bytes in prop::collection::vec(prop_oneof![any::<u8>(), 0xE0..=0xF4u8, 0x80..=0xBFu8], 0..40),
            cuts in prop::collection::vec(0usize..40, 0..6),
        ) {
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).chain([0, bytes.len()]).collect();
            cuts.sort_unstable();
            let (mut utf8, mut text) = (Utf8::default(), String::new());
            for pair in cuts.windows(2) {
                utf8.push(&bytes[pair[0]..pair[1]], &mut text);
                prop_assert!(utf8.held.len() <= 3);
            }
            utf8.finish(&mut text);
            prop_assert_eq!(text, String::from_utf8_lossy(&bytes));
        }
    }

    #[test]
    fn half_a_character_waits() {
        let (mut utf8, mut text) = (Utf8::default(), String::new());
        utf8.push(&"a🦀".as_bytes()[..3], &mut text);
        assert_eq!(text, "a");
        utf8.push(&"🦀".as_bytes()[2..], &mut text);
        assert_eq!(text, "a🦀");
    }
}
