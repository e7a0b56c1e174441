//! What each kind of kernel took and did in a run, counted in the run itself. Switched off it costs a few operations for each call of a
//! kernel, which computes millions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use crate::Pool;

/// A kind of kernel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kernel {
    /// Rows by weights.
    Product,
    /// Softmax attention.
    Attention,
    /// The gated delta rule, with its convolution, gates and norm.
    DeltaNet,
    /// Rows brought into the form that products read.
    Input,
    /// RMSNorm.
    Norm,
    /// Residuals, SwiGLU and output gates.
    Elementwise,
    /// Rotary positions.
    Rope,
}

impl Kernel {
    /// All of them, in their order: the dearest first.
    pub const ALL: [Self; 7] = [Self::Product, Self::Attention, Self::DeltaNet, Self::Input, Self::Norm, Self::Elementwise, Self::Rope];

    /// What it is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Product => "products",
            Self::Input => "inputs",
            Self::Attention => "attention",
            Self::DeltaNet => "delta rule",
            Self::Norm => "norms",
            Self::Elementwise => "element-wise",
            Self::Rope => "rope",
        }
    }
}

/// What the calls of one kind took and did.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Tally {
    /// How many there were.
    pub calls: u64,
    /// How long they took.
    pub seconds: f64,
    /// Bytes that had to be moved at the least: packed weights, pages or states, once a call; rows where there is nothing else.
    pub bytes: u64,
    /// Multiplications and additions that the plain formula has.
    pub operations: u64,
}

/// What one call has to do.
#[derive(Clone, Copy, Default)]
pub(crate) struct Cost {
    pub(crate) bytes: usize,
    pub(crate) operations: usize,
}

impl Cost {
    /// Of both.
    pub(crate) fn and(self, other: Self) -> Self {
        Self { bytes: self.bytes + other.bytes, operations: self.operations + other.operations }
    }

    /// Of floats that are read or written.
    pub(crate) fn on_floats(count: usize) -> Self {
        Self { bytes: count * size_of::<f32>(), operations: 0 }
    }
}

/// The tallies of a pool.
#[derive(Default)]
pub(crate) struct Profile {
    on: AtomicBool,
    tallies: Mutex<[Tally; Kernel::ALL.len()]>,
}

impl Pool {
    /// Counts from here on, from nothing.
    pub fn start_profile(&self) {
        *self.profile().tallies.lock().unwrap_or_else(PoisonError::into_inner) = Default::default();
        self.profile().on.store(true, Ordering::Relaxed);
    }

    /// Counts no longer; what was counted, of the kinds that were called.
    pub fn end_profile(&self) -> Vec<(Kernel, Tally)> {
        self.profile().on.store(false, Ordering::Relaxed);
        let tallies = *self.profile().tallies.lock().unwrap_or_else(PoisonError::into_inner);
        Kernel::ALL.into_iter().zip(tallies).filter(|(_, tally)| tally.calls > 0).collect()
    }

    /// Runs a kernel, and counts it where counting is on.
    #[inline]
    pub(crate) fn counted<T>(&self, kernel: Kernel, cost: Cost, call: impl FnOnce() -> T) -> T {
        if !self.profile().on.load(Ordering::Relaxed) {
            return call();
        }
        let start = Instant::now();
        let result = call();
        let took = start.elapsed().as_secs_f64();
        let mut tallies = self.profile().tallies.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = &mut tallies[kernel as usize];
        tally.calls += 1;
        tally.seconds += took;
        tally.bytes += cost.bytes as u64;
        tally.operations += cost.operations as u64;
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Input, Matrix, add, multiply};

    #[test]
    fn what_is_called_is_counted_while_counting_is_on() {
        let pool = Pool::new(2);
        let weights = vec![0; 64 * 32 * 4];
        let matrix = Matrix::pack(&pool, Format::F32, 64, 32, &weights).unwrap();
        let mut input = Input::serving(&[&matrix]);
        let mut out = vec![0.0; 3 * 64];
        let mut run = || {
            input.load(&pool, &[1.0; 3 * 32], 32);
            multiply(&pool, &input, &mut [(&matrix, &mut out)]);
            add(&pool, &mut [0.0; 8], &[0.0; 8]);
        };
        run();
        pool.start_profile();
        run();
        run();
        let counted = pool.end_profile();
        run();
        assert_eq!(pool.end_profile(), counted, "not while it is off");
        let of = |kernel| counted.iter().find(|(one, _)| *one == kernel).map(|(_, tally)| *tally).unwrap();
        assert_eq!(counted.len(), 3, "{counted:?}");
        let product = of(Kernel::Product);
        assert_eq!((product.calls, product.bytes, product.operations), (2, 2 * matrix.bytes() as u64, 2 * 2 * 3 * 64 * 32));
        assert!(product.seconds > 0.0);
        assert_eq!((of(Kernel::Input).bytes, of(Kernel::Elementwise).bytes), (2 * 4 * 3 * 32, 2 * 4 * 3 * 8));
        pool.start_profile();
        assert!(pool.end_profile().is_empty(), "from nothing");
        assert!(Kernel::ALL.into_iter().enumerate().all(|(place, kernel)| kernel as usize == place));
    }
}
