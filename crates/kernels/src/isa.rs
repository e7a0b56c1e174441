//! Which instruction set the kernels use: found once per process, and to be forced for tests and measurements.
//!
//! Promised: a kernel is handed only what this machine has, that is what went through [`Isa::or_less`] or [`Isa::all`]; and every kernel
//! gives the same bits under all of them.

use std::sync::atomic::{AtomicU8, Ordering};

/// An instruction set that the kernels are written for, from the most general to the fastest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// Plain Rust: the oracle of the others, and what unknown processors get.
    Scalar = 1,
    /// AVX2 with FMA and F16C (2013 on).
    Avx2 = 2,
    /// The same with AVX-VNNI: desktops and laptops without AVX-512 (Alder Lake on).
    AvxVnni = 3,
    /// AVX-512 F, BW, DQ, VL and VNNI (Ice Lake, Zen 4 on).
    Avx512 = 4,
}

/// 0: nothing forced; otherwise the discriminant.
static FORCED: AtomicU8 = AtomicU8::new(0);

impl Isa {
    const EVERY: [Self; 4] = [Self::Scalar, Self::Avx2, Self::AvxVnni, Self::Avx512];

    /// The one to use: the forced one, or the best this machine has.
    #[must_use]
    pub fn current() -> Self {
        let forced = FORCED.load(Ordering::Relaxed);
        Self::EVERY.into_iter().find(|isa| *isa as u8 == forced).map_or_else(Self::best, Self::or_less)
    }

    /// The best this machine has.
    #[must_use]
    pub fn best() -> Self {
        Self::Avx512.or_less()
    }

    /// The best this machine has that is no better than this one. Not every processor with a better one has all that are less: Ice Lake
    /// lacks AVX-VNNI.
    #[must_use]
    pub fn or_less(self) -> Self {
        Self::EVERY.into_iter().rfind(|isa| *isa <= self && isa.is_here()).unwrap_or(Self::Scalar)
    }

    #[cfg(target_arch = "x86_64")]
    fn is_here(self) -> bool {
        // The standard library caches the detection; each of these is one load and a test.
        let avx2 = || is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") && is_x86_feature_detected!("f16c");
        match self {
            Self::Scalar => true,
            Self::Avx2 => avx2(),
            Self::AvxVnni => avx2() && is_x86_feature_detected!("avxvnni"),
            Self::Avx512 => {
                avx2()
                    && is_x86_feature_detected!("avx512f")
                    && is_x86_feature_detected!("avx512bw")
                    && is_x86_feature_detected!("avx512dq")
                    && is_x86_feature_detected!("avx512vl")
                    && is_x86_feature_detected!("avx512vnni")
            }
        }
    }

    /// No other architecture has kernels of its own yet.
    #[cfg(not(target_arch = "x86_64"))]
    fn is_here(self) -> bool {
        self == Self::Scalar
    }

    /// The one of that name: `scalar`, `avx2`, `avxvnni`, `avx512`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|isa| format!("{isa:?}").eq_ignore_ascii_case(name))
    }

    /// All that this machine has, the scalar one first.
    #[must_use]
    pub fn all() -> Vec<Self> {
        Self::EVERY.into_iter().filter(|isa| isa.is_here()).collect()
    }
}

/// Holds the whole process to one instruction set (no better than the machine's best), or with `None` lets it choose again.
/// For measurements and for a run of the tests with SIMD off; tests that compare sets take an [`Isa`] instead.
pub fn force_isa(isa: Option<Isa>) {
    FORCED.store(isa.map_or(0, |isa| isa as u8), Ordering::Relaxed);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_asked_for_is_here() {
        let all = Isa::all();
        assert_eq!((all[0], all.last().copied()), (Isa::Scalar, Some(Isa::best())));
        for isa in Isa::EVERY {
            assert!(isa.or_less() <= isa && all.contains(&isa.or_less()), "{isa:?}");
            assert_eq!(isa.or_less() == isa, all.contains(&isa));
        }
        assert_eq!((Isa::named("avxvnni"), Isa::named("AVX2"), Isa::named("sse")), (Some(Isa::AvxVnni), Some(Isa::Avx2), None));
    }
}
