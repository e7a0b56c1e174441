//! The chunks somebody may read, as a query: where they are few, a search goes through them and not through every chunk that holds a word.

use std::{collections::HashMap, sync::Arc};

use tantivy::{
    DocId, DocSet, Score, SegmentReader, TERMINATED,
    index::SegmentId,
    postings::SegmentPostings,
    query::{ConstScorer, EnableScoring, Explanation, Query, Scorer, Weight},
};

/// They are few when at most one chunk of this many is among them.
const SHARE: u64 = 8;

/// Going to a given posting costs about as much as going on by so many.
const STEPS_PER_SEEK: u64 = 16;

/// A few chunks of an index, ascending in each of its segments.
#[derive(Debug, Clone)]
pub(crate) struct Few(Arc<HashMap<SegmentId, Arc<[DocId]>>>);

impl Few {
    /// `chunks` and `all` count what is in `bits`, a bit for each document of a segment, and in the index; `None` where there are many.
    pub(crate) fn of(chunks: u64, all: u64, bits: &[(SegmentId, &[u64])]) -> Option<Self> {
        let listed = |bits: &[u64]| -> Arc<[DocId]> {
            let ones = |(at, word): (usize, &u64)| {
                let word = *word;
                (0..64).filter(move |bit| (word >> bit) & 1 == 1).map(move |bit| at as DocId * 64 + bit)
            };
            bits.iter().enumerate().filter(|(_, word)| **word != 0).flat_map(ones).collect()
        };
        (chunks <= all / SHARE).then(|| Self(Arc::new(bits.iter().map(|(segment, bits)| (*segment, listed(bits))).collect())))
    }

    /// How many of a segment's hold a term; `None` where it is quicker to walk through all that do.
    pub(crate) fn holding(&self, segment: SegmentId, postings: &mut SegmentPostings) -> Option<u64> {
        let chunks = self.0.get(&segment)?;
        if chunks.len() as u64 * STEPS_PER_SEEK > u64::from(postings.doc_freq()) {
            return None;
        }
        let holds = |chunk: &&DocId| (if postings.doc() < **chunk { postings.seek(**chunk) } else { postings.doc() }) == **chunk;
        Some(chunks.iter().filter(holds).count() as u64)
    }
}

impl Query for Few {
    fn weight(&self, _: EnableScoring<'_>) -> tantivy::Result<Box<dyn Weight>> {
        Ok(Box::new(self.clone()))
    }
}

impl Weight for Few {
    /// Adds nothing to a score.
    fn scorer(&self, segment: &SegmentReader, _: Score) -> tantivy::Result<Box<dyn Scorer>> {
        let chunks = self.0.get(&segment.segment_id()).cloned().unwrap_or_default();
        Ok(Box::new(ConstScorer::new(Among { chunks, at: 0 }, 0.0)))
    }

    fn explain(&self, _: &SegmentReader, _: DocId) -> tantivy::Result<Explanation> {
        Ok(Explanation::new("one of those that may be read", 0.0))
    }
}

struct Among {
    chunks: Arc<[DocId]>,
    at: usize,
}

impl DocSet for Among {
    fn advance(&mut self) -> DocId {
        self.at += 1;
        self.doc()
    }

    fn seek(&mut self, target: DocId) -> DocId {
        self.at += self.chunks[self.at.min(self.chunks.len())..].partition_point(|&chunk| chunk < target);
        self.doc()
    }

    fn doc(&self) -> DocId {
        self.chunks.get(self.at).copied().unwrap_or(TERMINATED)
    }

    fn size_hint(&self) -> u32 {
        self.chunks.len() as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_come_in_order_and_are_gone_to() {
        let chunks: Arc<[DocId]> = [1, 64, 65, 200].into();
        let mut among = Among { chunks: Arc::clone(&chunks), at: 0 };
        assert_eq!((among.doc(), among.advance(), among.seek(65), among.seek(65)), (1, 64, 65, 65));
        assert_eq!((among.seek(66), among.advance(), among.advance(), among.seek(TERMINATED)), (200, TERMINATED, TERMINATED, TERMINATED));

        let segment = SegmentId::generate_random();
        let bits = [2, 3, 0, 1 << 8];
        let few = Few::of(4, 256, &[(segment, &bits)]).unwrap();
        assert_eq!(few.0[&segment], chunks);
        assert!(Few::of(33, 256, &[(segment, &bits)]).is_none(), "more than an eighth");
    }
}
