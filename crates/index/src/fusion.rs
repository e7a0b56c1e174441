//! Two ranked lists become one. Pure and deterministic: equal scores are ordered by chunk id, so the same candidates always give the
//! same answer.

use std::collections::HashMap;

use pinakes_types::ChunkId;

use crate::model::{Candidate, Fusion, LegHit};

/// One leg's answer: chunks and scores, best first.
pub(crate) type Ranked = Vec<(ChunkId, f32)>;

/// Joins the legs, each of which was asked for `depth` candidates. A chunk missing from a leg gets nothing from it.
pub(crate) fn fuse(lexical: &Ranked, vector: &Ranked, depth: usize, fusion: Fusion) -> Vec<Candidate> {
    let mut joined: HashMap<ChunkId, Candidate> = HashMap::with_capacity(lexical.len() + vector.len());
    let blank = |id| Candidate { id, score: 0.0, lexical: None, vector: None };
    let (lexical_share, vector_share) = shares(fusion);
    let shared = contributions(lexical, depth, fusion).zip(lexical);
    for ((rank, contribution), &(id, score)) in shared {
        let candidate = joined.entry(id).or_insert_with(|| blank(id));
        candidate.lexical = Some(LegHit { rank, score });
        candidate.score += lexical_share * contribution;
    }
    for ((rank, contribution), &(id, score)) in contributions(vector, depth, fusion).zip(vector) {
        let candidate = joined.entry(id).or_insert_with(|| blank(id));
        candidate.vector = Some(LegHit { rank, score });
        candidate.score += vector_share * contribution;
    }
    let mut candidates: Vec<Candidate> = joined.into_values().collect();
    candidates.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.id.cmp(&b.id)));
    candidates
}

/// Weights of the lexical and the vector leg.
fn shares(fusion: Fusion) -> (f32, f32) {
    match fusion {
        Fusion::Convex { weight_lexical } => {
            let weight = weight_lexical.clamp(0.0, 1.0);
            (weight, 1.0 - weight)
        }
        Fusion::Rrf { .. } => (1.0, 1.0),
    }
}

/// Rank (from 1) and contribution of each place of one leg. Under convex fusion a score counts for what it is above the worst candidate, as a
/// share of the best score: whatever was cut off would have counted for less than nothing, and a leg that hardly tells its candidates apart
/// (an English embedder reading Arabic) hardly counts. A leg that was not cut off has a natural zero instead: no word in common, vectors
/// at right angles (Bruch et al. 2022, arXiv:2210.11934, compare such normalisations).
fn contributions(leg: &Ranked, depth: usize, fusion: Fusion) -> impl Iterator<Item = (u32, f32)> {
    let scores = leg.iter().map(|&(_, score)| score);
    let (low, high) = scores.fold((f32::INFINITY, 0.0_f32), |(low, high), score| (low.min(score), high.max(score)));
    let low = if leg.len() >= depth { low.max(0.0) } else { 0.0 };
    leg.iter().zip(1_u32..).map(move |(&(_, score), rank)| {
        let contribution = match fusion {
            Fusion::Convex { .. } if high > 0.0 => (score - low).max(0.0) / high,
            Fusion::Convex { .. } => 0.0,
            Fusion::Rrf { k } => 1.0 / (k.max(0.0) + rank as f32),
        };
        (rank, contribution)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leg(pairs: &[(u64, f32)]) -> Ranked {
        pairs.iter().map(|&(id, score)| (ChunkId(id), score)).collect()
    }

    fn order(candidates: &[Candidate]) -> Vec<u64> {
        candidates.iter().map(|candidate| candidate.id.0).collect()
    }

    const HALF: Fusion = Fusion::Convex { weight_lexical: 0.5 };

    #[test]
    fn convex_is_the_weighted_mean_of_shares_of_the_best() {
        let fused = fuse(&leg(&[(1, 30.0), (2, 20.0), (3, 10.0)]), &leg(&[(2, 0.9), (4, 0.8), (1, 0.5)]), 10, HALF);
        // 1: (1 + 5/9) / 2, 2: (2/3 + 1) / 2, 3: (1/3) / 2, 4: (8/9) / 2.
        assert_eq!(order(&fused), [2, 1, 4, 3]);
        assert!((fused[0].score - 5.0 / 6.0).abs() < 1e-6);
        assert!((fused[2].score - 4.0 / 9.0).abs() < 1e-6);
        assert_eq!(fused[0].lexical, Some(LegHit { rank: 2, score: 20.0 }));
        assert_eq!(fused[3].vector, None);
    }

    #[test]
    fn a_leg_that_does_not_distinguish_gives_all_its_candidates_the_same() {
        let fused = fuse(&leg(&[(7, 4.0)]), &leg(&[]), 10, HALF);
        assert_eq!((order(&fused), fused[0].score), (vec![7], 0.5));
        let fused = fuse(&leg(&[(9, 2.0), (3, 2.0)]), &leg(&[(3, 0.1)]), 10, HALF);
        assert_eq!(order(&fused), [3, 9]);
        assert_eq!(fused[1].score, 0.5);
    }

    #[test]
    fn a_leg_that_was_cut_off_counts_from_its_worst_candidate() {
        // Both legs are full: 1 gets (30 − 10) / 30 of words, 2 hardly anything of vectors that are all alike.
        let fused = fuse(&leg(&[(1, 30.0), (3, 10.0)]), &leg(&[(2, 0.90), (4, 0.89)]), 2, HALF);
        assert_eq!(order(&fused), [1, 2, 3, 4]);
        assert!((fused[0].score - 1.0 / 3.0).abs() < 1e-6 && fused[1].score < 0.01);
    }

    #[test]
    fn ties_are_ordered_by_id_and_nothing_gives_nothing() {
        let fused = fuse(&leg(&[(5, 1.0)]), &leg(&[(2, 1.0)]), 10, HALF);
        assert_eq!(order(&fused), [2, 5]);
        assert!(fuse(&leg(&[]), &leg(&[]), 10, HALF).is_empty());
    }

    #[test]
    fn weights_reach_from_one_leg_to_the_other() {
        let (lexical, vector) = (leg(&[(1, 2.0), (2, 1.0)]), leg(&[(2, 0.9), (1, 0.2)]));
        assert_eq!(order(&fuse(&lexical, &vector, 10, Fusion::Convex { weight_lexical: 1.0 })), [1, 2]);
        assert_eq!(order(&fuse(&lexical, &vector, 10, Fusion::Convex { weight_lexical: 0.0 })), [2, 1]);
    }

    #[test]
    fn rrf_looks_at_ranks_only() {
        let fused = fuse(&leg(&[(1, 1000.0), (2, 1.0)]), &leg(&[(2, 0.9), (3, 0.1)]), 10, Fusion::Rrf { k: 60.0 });
        assert_eq!(order(&fused), [2, 1, 3]);
        assert!((fused[0].score - (1.0 / 62.0 + 1.0 / 61.0)).abs() < 1e-7);
    }
}
