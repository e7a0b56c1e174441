//! What the machine can do at most, measured: the floor that kernels are held against.

use std::hint::black_box;
use std::time::{Duration, Instant};

use crate::{Isa, Pool};

/// How long each is tried; the best counts.
const TRIED: Duration = Duration::from_millis(300);

/// What a pool's threads reach together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Peaks {
    /// Bytes a second, read from memory.
    pub read_bytes: f64,
    /// `f32` operations a second in registers, two to a fused product and sum.
    pub float_operations: f64,
    /// 8-bit operations a second in registers, two to a product and sum.
    pub integer_operations: f64,
}

impl Peaks {
    /// Measures, for about a second.
    #[must_use]
    pub fn measure(pool: &Pool) -> Self {
        Self {
            read_bytes: read(pool),
            float_operations: spun(pool, Isa::current(), float_operations),
            integer_operations: spun(pool, Isa::current(), integer_operations),
        }
    }
}

fn best(mut f: impl FnMut()) -> f64 {
    let (begun, mut best) = (Instant::now(), f64::INFINITY);
    while begun.elapsed() < TRIED {
        let start = Instant::now();
        f();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best
}

/// Reads 256 MiB: more than a cache holds.
fn read(pool: &Pool) -> f64 {
    let words = vec![1_u64; 32 << 20];
    let piece = 1 << 17;
    let seconds = best(|| {
        pool.run(words.len() / piece, &|index| {
            black_box(words[index * piece..][..piece].chunks_exact(64).map(|line| line.iter().fold(0, |a, b| a | b)).fold(0, |a, b| a ^ b));
        });
    });
    (words.len() * size_of::<u64>()) as f64 / seconds
}

const ROUNDS: usize = 1 << 17;
/// Sums that are under way at once: enough to hide how long an instruction takes.
const CHAINS: usize = 12;

/// Operations a second of a loop that says how many it does.
fn spun(pool: &Pool, isa: Isa, spin: fn(Isa) -> usize) -> f64 {
    let tasks = 2 * pool.threads();
    let operations = spin(isa);
    let seconds = best(|| {
        pool.run(tasks, &|_| {
            black_box(spin(isa));
        });
    });
    (tasks * operations) as f64 / seconds
}

fn float_operations(isa: Isa) -> usize {
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: `Isa::current` went through detection on this machine.
        Isa::Avx512 => unsafe { x86::float_512() },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2 | Isa::AvxVnni => unsafe { x86::float_256() },
        _ => {
            let factor = black_box(0.5_f32);
            let mut sums = [factor; 4 * CHAINS];
            (0..ROUNDS / 4).for_each(|_| sums.iter_mut().for_each(|sum| *sum = *sum * factor + factor));
            black_box(sums);
            2 * sums.len() * (ROUNDS / 4)
        }
    }
}

fn integer_operations(isa: Isa) -> usize {
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx512 => unsafe { x86::integer_512() },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::AvxVnni => unsafe { x86::integer_vnni() },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: as above.
        Isa::Avx2 => unsafe { x86::integer_256() },
        _ => {
            let factor = black_box(3_i32);
            let mut sums = [factor; 4 * CHAINS];
            (0..ROUNDS / 4).for_each(|_| sums.iter_mut().for_each(|sum| *sum = sum.wrapping_mul(factor).wrapping_add(factor)));
            black_box(sums);
            2 * sums.len() * (ROUNDS / 4)
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        _mm256_add_epi32, _mm256_dpbusd_avx_epi32, _mm256_fmadd_ps, _mm256_madd_epi16, _mm256_maddubs_epi16, _mm256_set1_epi8,
        _mm256_set1_epi16, _mm256_set1_ps, _mm512_dpbusd_epi32, _mm512_fmadd_ps, _mm512_set1_epi8, _mm512_set1_ps,
    };

    use super::{CHAINS, ROUNDS, black_box};

    #[target_feature(enable = "avx512f")]
    pub(super) fn float_512() -> usize {
        let factor = _mm512_set1_ps(black_box(0.5));
        let mut sums = [factor; CHAINS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = _mm512_fmadd_ps(*sum, factor, factor);
            }
        }
        black_box(sums);
        2 * 16 * CHAINS * ROUNDS
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn float_256() -> usize {
        let factor = _mm256_set1_ps(black_box(0.5));
        let mut sums = [factor; CHAINS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = _mm256_fmadd_ps(*sum, factor, factor);
            }
        }
        black_box(sums);
        2 * 8 * CHAINS * ROUNDS
    }

    #[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
    pub(super) fn integer_512() -> usize {
        let factor = _mm512_set1_epi8(black_box(3));
        let mut sums = [factor; CHAINS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = _mm512_dpbusd_epi32(*sum, factor, factor);
            }
        }
        black_box(sums);
        2 * 64 * CHAINS * ROUNDS
    }

    #[target_feature(enable = "avx2,avxvnni")]
    pub(super) fn integer_vnni() -> usize {
        let factor = _mm256_set1_epi8(black_box(3));
        let mut sums = [factor; CHAINS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = _mm256_dpbusd_avx_epi32(*sum, factor, factor);
            }
        }
        black_box(sums);
        2 * 32 * CHAINS * ROUNDS
    }

    /// As the products do it: bytes to pairs, pairs to fours, and the sum.
    #[target_feature(enable = "avx2")]
    pub(super) fn integer_256() -> usize {
        let (factor, ones) = (_mm256_set1_epi8(black_box(3)), _mm256_set1_epi16(black_box(1)));
        let mut sums = [factor; CHAINS];
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                let pairs = _mm256_maddubs_epi16(*sum, factor);
                *sum = _mm256_add_epi32(*sum, _mm256_madd_epi16(pairs, ones));
            }
        }
        black_box(sums);
        2 * 32 * CHAINS * ROUNDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_instruction_set_has_a_peak() {
        let pool = Pool::new(1);
        for isa in Isa::all() {
            for spin in [float_operations, integer_operations] {
                assert!(spun(&pool, isa, spin) > 1e6, "{isa:?}");
            }
        }
    }
}
