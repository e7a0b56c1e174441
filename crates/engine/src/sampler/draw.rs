//! One draw from what top-k, top-p and min-p leave of a vocabulary.

use pinakes_kernels::{exp, top_k};

use super::{SampleError, Sampling};

/// Candidates that are put in order at first where top-p alone cuts.
const RANKED_FIRST: usize = 1_024;

/// Room for a draw, kept to save allocations.
#[derive(Debug, Default)]
pub(super) struct Drawer {
    /// `(id, logit)`, largest first.
    candidates: Vec<(u32, f32)>,
    /// Their weights.
    ranked: Vec<f32>,
    /// Those of the whole vocabulary, by id.
    weights: Vec<f32>,
}

impl Drawer {
    /// The token that `unit`, uniform in `[0, 1)`, falls on among what top-k, top-p and min-p leave.
    pub(super) fn draw(&mut self, sampling: &Sampling, logits: &[f32], unit: f64) -> Result<u32, SampleError> {
        let Sampling { temperature, top_k: kept, top_p, min_p, .. } = *sampling;
        if kept == 0 {
            self.weights.clear();
            self.weights.extend_from_slice(logits);
            weigh(&mut self.weights, temperature);
            if top_p >= 1.0 {
                // No order is needed where nothing is cut off by rank.
                let all = self.weights.iter().map(|weight| if *weight < min_p { 0.0 } else { *weight });
                return Ok(pick((0..).zip(all), unit));
            }
        }
        let total: f64 = self.weights.iter().map(|weight| f64::from(*weight)).sum();
        // Top-p alone nearly always cuts among the first; only where it does not, all are put in order.
        for count in [if kept == 0 { RANKED_FIRST } else { kept }, logits.len()] {
            top_k(logits, count.min(logits.len()), &mut self.candidates).map_err(|_| SampleError::NotANumber)?;
            self.ranked.clear();
            self.ranked.extend(self.candidates.iter().map(|(_, logit)| *logit));
            weigh(&mut self.ranked, temperature);
            let ranked_total = self.ranked.iter().map(|weight| f64::from(*weight)).sum();
            let enough = f64::from(top_p) * if kept == 0 { total } else { ranked_total };
            let length = cut(&self.ranked, enough, top_p, min_p);
            if length < self.ranked.len() || kept > 0 || count >= logits.len() {
                let left = self.candidates.iter().map(|(id, _)| *id).zip(self.ranked[..length].iter().copied());
                return Ok(pick(left, unit));
            }
        }
        unreachable!("the last round ranks all")
    }
}

/// Turns logits into weights: probabilities at `temperature`, but for their sum. The largest becomes 1.
fn weigh(logits: &mut [f32], temperature: f32) {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    logits.iter_mut().for_each(|logit| *logit = (*logit - most) / temperature);
    exp(logits);
}

/// How many of the weights, largest first, stay: the likeliest in any case, and the one that crosses `enough` as the last.
fn cut(weights: &[f32], enough: f64, top_p: f32, min_p: f32) -> usize {
    let mut running = 0.0;
    for (length, weight) in weights.iter().enumerate() {
        if length > 0 && ((top_p < 1.0 && running >= enough) || *weight < min_p || *weight == 0.0) {
            return length;
        }
        running += f64::from(*weight);
    }
    weights.len()
}

/// The one of `weighted` in whose share `unit`, of their sum, lies.
fn pick(weighted: impl Iterator<Item = (u32, f32)> + Clone, unit: f64) -> u32 {
    let total: f64 = weighted.clone().map(|(_, weight)| f64::from(weight)).sum();
    let mut left = unit * total;
    let mut last = 0;
    for (id, weight) in weighted.filter(|(_, weight)| *weight > 0.0) {
        last = id;
        left -= f64::from(weight);
        if left < 0.0 {
            break;
        }
    }
    last
}
