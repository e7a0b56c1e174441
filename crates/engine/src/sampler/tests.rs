//! The chooser's promises on small vocabularies.

use super::*;

fn frequencies(sampling: Sampling, logits: &[f32], draws: usize) -> Vec<f64> {
    let mut sampler = Sampler::new(sampling, logits.len());
    let mut counts = vec![0.0; logits.len()];
    for _ in 0..draws {
        let mut logits = logits.to_vec();
        sampler.admit(&mut logits).unwrap();
        counts[sampler.choose(&mut logits, None).unwrap() as usize] += 1.0 / draws as f64;
    }
    counts
}

#[test]
fn greedy_takes_the_first_of_equals() {
    let mut sampler = Sampler::new(Sampling::default(), 4);
    assert_eq!(sampler.choose(&mut [0.0, 3.0, 3.0, -1.0], None).unwrap(), 1);
}

#[test]
fn draws_follow_the_probabilities() {
    let logits: Vec<f32> = [0.5_f32, 0.3, 0.15, 0.05].iter().map(|p| p.ln()).collect();
    let base = Sampling { temperature: 1.0, seed: 7, ..Sampling::default() };
    let near = |sampling: Sampling, expected: [f64; 4]| {
        let got = frequencies(sampling.clone(), &logits, 20_000);
        for (a, b) in got.iter().zip(expected) {
            assert!((a - b).abs() < 0.015, "{sampling:?}: {got:?} is not {expected:?}");
        }
    };
    near(base.clone(), [0.5, 0.3, 0.15, 0.05]);
    near(Sampling { top_k: 2, ..base.clone() }, [0.625, 0.375, 0.0, 0.0]);
    near(Sampling { top_p: 0.7, ..base.clone() }, [0.625, 0.375, 0.0, 0.0]);
    near(Sampling { min_p: 0.4, ..base.clone() }, [0.625, 0.375, 0.0, 0.0]);
    // After top-k 3 the first two make 0.842: 0.8 is crossed by the second.
    near(Sampling { top_k: 3, top_p: 0.8, ..base.clone() }, [0.625, 0.375, 0.0, 0.0]);
    near(Sampling { temperature: 0.5, ..base }, [0.25 / 0.365, 0.09 / 0.365, 0.0225 / 0.365, 0.0025 / 0.365]);
}

#[test]
fn top_p_alone_cuts_a_flat_vocabulary_where_ordering_all_would() {
    // 5,000 equal tokens: the first round of ranking holds a fifth of them, top-p wants half.
    let flat = vec![0.0; 5_000];
    let mut sampler = Sampler::new(Sampling { temperature: 1.0, top_p: 0.5, seed: 3, ..Sampling::default() }, flat.len());
    let drawn: Vec<u32> = (0..300).map(|_| sampler.choose(&mut flat.clone(), None).unwrap()).collect();
    assert!(drawn.iter().all(|id| *id < 2_500) && drawn.iter().any(|id| *id > 2_000), "{drawn:?}");
}

#[test]
fn the_seed_decides() {
    let draw = |seed| {
        let mut sampler = Sampler::new(Sampling { temperature: 1.0, seed, ..Sampling::default() }, 50);
        (0..20).map(|_| sampler.choose(&mut [0.0; 50], None).unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
}

#[test]
fn penalties_are_of_generated_tokens_only() {
    let sampling = Sampling { repetition: 2.0, presence: 0.5, frequency: 0.25, bias: vec![(3, 4.0), (99, 1.0)], ..Sampling::default() };
    let mut sampler = Sampler::new(sampling, 4);
    [0, 0, 1].iter().for_each(|token| sampler.push(*token));
    let mut logits = [4.0, -1.0, 3.0, 0.0];
    sampler.adjust(&mut logits);
    assert_eq!(logits, [4.0 / 2.0 - 0.5 - 0.5, -2.0 - 0.5 - 0.25, 3.0, 4.0]);
}

#[test]
fn padding_is_never_chosen_and_broken_numbers_are_reported() {
    let mut sampler = Sampler::new(Sampling::default(), 2);
    let mut logits = [1.0, 2.0, 9.0];
    sampler.admit(&mut logits).unwrap();
    assert_eq!(sampler.choose(&mut logits, None).unwrap(), 1);
    for broken in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        assert_eq!(sampler.admit(&mut [1.0, broken, 0.0]), Err(SampleError::NotANumber));
    }
    // What padding rows hold does not matter.
    assert_eq!(sampler.admit(&mut [1.0, 2.0, f32::NAN]), Ok(()));
}

#[test]
fn a_mask_has_its_say() {
    struct Only(u32);
    impl LogitMask for Only {
        fn apply(&mut self, _: &[u32], logits: &mut [f32]) {
            (0..).zip(logits).filter(|(id, _)| *id != self.0).for_each(|(_, logit)| *logit = f32::NEG_INFINITY);
        }
    }
    let mut sampler = Sampler::new(Sampling { temperature: 1.0, ..Sampling::default() }, 3);
    assert_eq!(sampler.choose(&mut [5.0, 1.0, 2.0], Some(&mut Only(1))).unwrap(), 1);
    assert_eq!(sampler.choose(&mut [5.0, 1.0, 2.0], Some(&mut Only(7))), Err(SampleError::NothingAllowed));
}

#[test]
fn values_out_of_range_are_named() {
    assert_eq!(Sampling::recommended(Mode::Thinking, 800_000_000).problem(), None);
    let problem = Sampling { top_p: 0.0, ..Sampling::default() }.problem().unwrap();
    assert!(problem.contains("top_p"), "{problem}");
    assert!(Sampling { temperature: f32::NAN, ..Sampling::default() }.problem().is_some());
}
