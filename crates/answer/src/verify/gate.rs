//! Which sentences of a model are shown, decided as they come: a sentence that nothing bears out is shown only among enough that are
//! borne out, and none before the first that is. So what a reader has seen was mostly borne out at every moment, however weak the model.

use std::collections::VecDeque;

/// How a sentence stands to what the model was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Borne out.
    Borne,
    /// In part.
    Half,
    /// Not borne out, and not contradicted either.
    Unborne,
    /// Says nothing that could be: "Yes.", "Here is what was found:".
    Neutral,
    /// Says that the sources are silent on something.
    Gap,
    /// Says something else than what it was given, such as another number: never shown.
    Contradicted,
}

/// Lets sentences through in their order.
#[derive(Debug)]
pub(crate) struct Gate<T> {
    /// Share of borne-out sentences among those shown, at least; 0 to 1.
    share_min: f32,
    /// Whether what is not borne out is never shown.
    strict: bool,
    waiting: VecDeque<(Standing, T)>,
    counted: f32,
    borne: f32,
    opened: bool,
    /// Sentences left out so far.
    pub(crate) left_out: usize,
}

impl<T> Gate<T> {
    /// A closed gate.
    pub(crate) fn new(share_min: f32, strict: bool) -> Self {
        Self { share_min, strict, waiting: VecDeque::new(), counted: 0.0, borne: 0.0, opened: false, left_out: 0 }
    }

    /// Takes a sentence; gives those that may be shown now. `anchor` says that it is borne out and to the point: the first of these opens
    /// the gate.
    pub(crate) fn push(&mut self, standing: Standing, anchor: bool, sentence: T) -> Vec<T> {
        if standing == Standing::Contradicted || (self.strict && standing == Standing::Unborne) {
            self.left_out += 1;
            return vec![];
        }
        self.opened |= anchor;
        self.waiting.push_back((standing, sentence));
        if self.opened { self.release() } else { vec![] }
    }

    /// The longest beginning of what waits with which enough of all that is shown is borne out, and which does not end in filling words:
    /// those belong to what comes after them.
    fn release(&mut self) -> Vec<T> {
        let (mut counted, mut borne) = (self.counted, self.borne);
        let mut through = (0, counted, borne);
        for (place, (standing, _)) in self.waiting.iter().enumerate() {
            let (count, weight) = weight(*standing);
            counted += count;
            borne += weight;
            if *standing != Standing::Neutral && borne >= counted * self.share_min {
                through = (place + 1, counted, borne);
            }
        }
        (self.counted, self.borne) = (through.1, through.2);
        self.waiting.drain(..through.0).map(|(_, sentence)| sentence).collect()
    }

    /// What may be shown at the end: of what still waits, the borne out.
    pub(crate) fn finish(&mut self) -> Vec<T> {
        if !self.opened {
            self.left_out += self.waiting.len();
            return vec![];
        }
        let mut shown = Vec::new();
        for doubtful in [Standing::Unborne, Standing::Half] {
            let before = self.waiting.len();
            self.waiting.retain(|(standing, _)| *standing != doubtful);
            self.left_out += before - self.waiting.len();
            shown.extend(self.release());
        }
        shown
    }
}

/// What a sentence counts, and how much of it is borne out.
fn weight(standing: Standing) -> (f32, f32) {
    match standing {
        Standing::Borne => (1.0, 1.0),
        Standing::Half => (1.0, 0.5),
        Standing::Unborne => (1.0, 0.0),
        Standing::Neutral | Standing::Gap | Standing::Contradicted => (0.0, 0.0),
    }
}

#[cfg(test)]
mod tests {
    use super::Standing::{Borne, Contradicted, Gap, Half, Neutral, Unborne};
    use super::*;

    /// What is shown after each sentence and at the end, each sentence by its number.
    fn shown(strict: bool, standings: &[Standing]) -> Vec<Vec<usize>> {
        let mut gate = Gate::new(0.6, strict);
        let mut shown: Vec<Vec<usize>> =
            standings.iter().enumerate().map(|(number, standing)| gate.push(*standing, *standing == Borne, number)).collect();
        shown.push(gate.finish());
        shown
    }

    #[test]
    fn what_is_borne_out_is_shown_at_once_and_the_rest_among_it() {
        assert_eq!(shown(false, &[Borne, Unborne, Borne]), [vec![0], vec![], vec![1, 2], vec![]]);
        assert_eq!(shown(false, &[Unborne, Borne, Borne]), [vec![], vec![], vec![0, 1, 2], vec![]]);
        assert_eq!(shown(false, &[Unborne, Borne]), [vec![], vec![], vec![1]]);
        assert_eq!(shown(true, &[Borne, Unborne, Borne]), [vec![0], vec![], vec![2], vec![]]);
        assert_eq!(shown(false, &[Borne, Contradicted, Borne]), [vec![0], vec![], vec![2], vec![]]);
    }

    #[test]
    fn nothing_is_shown_that_nothing_bears_out() {
        assert_eq!(shown(false, &[Unborne, Neutral, Half, Unborne]).concat(), Vec::<usize>::new());
        assert_eq!(shown(false, &[Neutral, Neutral]).concat(), Vec::<usize>::new());
    }

    #[test]
    fn filling_words_go_with_what_follows_them() {
        assert_eq!(shown(false, &[Neutral, Borne, Neutral]), [vec![], vec![0, 1], vec![], vec![]]);
        assert_eq!(shown(false, &[Borne, Gap]), [vec![0], vec![1], vec![]], "what is missing is worth saying");
        assert_eq!(shown(false, &[Gap]).concat(), Vec::<usize>::new());
    }

    #[test]
    fn at_every_moment_enough_of_what_was_shown_is_borne_out() {
        let all = [Borne, Half, Unborne, Neutral, Contradicted];
        for case in 0..5usize.pow(7) {
            let standings: Vec<Standing> = (0..7).map(|place| all[case / 5usize.pow(place) % 5]).collect();
            let mut seen: Vec<usize> = Vec::new();
            for some in shown(false, &standings) {
                seen.extend(some);
                let (counted, borne) =
                    seen.iter().map(|&number| weight(standings[number])).fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
                assert!(borne >= counted * 0.6 - 1e-6, "{standings:?}: {seen:?}");
                assert!(seen.iter().all(|&number| standings[number] != Contradicted));
            }
            assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "{standings:?}: {seen:?}");
            let borne = (0..7).filter(|&number| standings[number] == Borne);
            assert!(borne.into_iter().all(|number| seen.contains(&number)), "all that is borne out is shown: {standings:?}: {seen:?}");
        }
    }
}
