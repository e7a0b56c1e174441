//! Which instruction set the kernels use: found once per process, and to be forced for tests and measurements.
//!
//! Promised: a kernel that is handed an [`Isa`] runs on this machine, because values other than [`Isa::Scalar`] come only from
//! detection; and every kernel gives the same bits under all of them.

use std::sync::atomic::{AtomicU8, Ordering};

/// An instruction set that the kernels are written for, from the most general to the fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// Plain Rust: the oracle of the others, and what unknown processors get.
    Scalar = 1,
    /// AVX2 with FMA and F16C (2013 on).
    Avx2 = 2,
    /// AVX-512 F, BW, DQ, VL and VNNI (Ice Lake, Zen 4 on).
    Avx512 = 3,
}

/// 0: nothing forced; otherwise the discriminant.
static FORCED: AtomicU8 = AtomicU8::new(0);

impl Isa {
    /// The one to use: the forced one, or the best this machine has.
    #[must_use]
    pub fn current() -> Self {
        let best = Self::best();
        match FORCED.load(Ordering::Relaxed) {
            1 => Self::Scalar,
            2 => best.min(Self::Avx2),
            _ => best,
        }
    }

    /// The best this machine has.
    #[cfg(target_arch = "x86_64")]
    #[must_use]
    pub fn best() -> Self {
        // The standard library caches the detection; each of these is one load and a test.
        let avx2 = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
        let avx512 = is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl")
            && is_x86_feature_detected!("avx512vnni");
        match (avx2, avx512) {
            (true, true) => Self::Avx512,
            (true, false) => Self::Avx2,
            _ => Self::Scalar,
        }
    }

    /// The best this machine has: no other architecture has kernels of its own yet.
    #[cfg(not(target_arch = "x86_64"))]
    #[must_use]
    pub fn best() -> Self {
        Self::Scalar
    }

    /// All that this machine has, the scalar one first.
    #[must_use]
    pub fn all() -> Vec<Self> {
        [Self::Scalar, Self::Avx2, Self::Avx512].into_iter().filter(|isa| *isa <= Self::best()).collect()
    }
}

/// Holds the whole process to one instruction set (no better than the machine's best), or with `None` lets it choose again.
/// For measurements and for a run of the tests with SIMD off; tests that compare sets take an [`Isa`] instead.
pub fn force(isa: Option<Isa>) {
    FORCED.store(isa.map_or(0, |isa| isa as u8), Ordering::Relaxed);
}
