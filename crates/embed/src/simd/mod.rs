//! The arithmetic of the forward pass on slices, written once over [`pulp::Simd`] and run with the widest instructions the machine
//! has (AVX-512, AVX2, NEON), chosen when it starts: one binary runs everywhere and no `target-cpu` flag is needed.
//!
//! Why not a library's: candle's element-wise operations run on one thread and allocate their result, and its matrix product packs
//! both operands anew at each call. Here weights are packed once at loading, results go into buffers that are used again, and bias,
//! activation and residual are added while a result still stands in registers.

mod aligned;
mod gemm;
mod math;
mod rows;

pub(crate) use aligned::AlignedBuffer;
pub(crate) use gemm::{AddBias, AddBiasAndResidual, AddBiasThenGelu, Columns, Epilogue, Finish, Plain, Product, Rows};
pub(crate) use rows::{exponentials, layer_norm, scale_into};

/// The tile sizes that suit this machine's registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Geometry {
    /// Floats in one vector register.
    pub(crate) lanes: usize,
    /// Rows of the left operand in one tile.
    pub(crate) tile_rows: usize,
}

impl Geometry {
    /// Of the machine this runs on.
    pub(crate) fn detect() -> Self {
        struct Ask;
        impl pulp::WithSimd for Ask {
            type Output = Geometry;
            fn with_simd<S: pulp::Simd>(self, _simd: S) -> Geometry {
                Geometry { lanes: S::F32_LANES, tile_rows: gemm::tile_rows::<S>() }
            }
        }
        pulp::Arch::new().dispatch(Ask)
    }
}
