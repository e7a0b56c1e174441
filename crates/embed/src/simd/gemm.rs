//! Matrix product C = A·B in 32 bits, both operands packed into the order the inner loop reads them in.
//!
//! B is cut into panels of a few vectors of columns, A into blocks of a few rows; the tile of C where a block meets a panel stays in
//! registers while the shared dimension is walked once (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication",
//! 2008, without the outer blocking: our operands fit the second-level cache as they are). Padding is zeros, so the inner loop has one
//! shape; only valid rows are written.

use pulp::{Simd, WithSimd};

use super::{AlignedBuffer, Geometry, math};

/// Rows in a tile: with three vectors of columns, 24 of 32 or 12 of 16 registers hold the tile.
pub(super) const fn tile_rows<S: Simd>() -> usize {
    if S::REGISTER_COUNT >= 32 { 8 } else { 4 }
}

/// The left operand: `[rows, depth]` as blocks of `tile_rows`, each `[depth][tile_rows]`.
#[derive(Debug)]
pub(crate) struct Rows {
    geometry: Geometry,
    data: AlignedBuffer,
    rows: usize,
    depth: usize,
}

impl Rows {
    /// Empty; the buffer grows to the largest matrix packed into it.
    pub(crate) fn new(geometry: Geometry) -> Self {
        Self { geometry, data: AlignedBuffer::default(), rows: 0, depth: 0 }
    }

    /// Packs the first `rows` rows of `source`, which are `stride` floats apart, from the column `first` on, `depth` floats of each.
    pub(crate) fn pack(&mut self, source: &[f32], stride: usize, first: usize, rows: usize, depth: usize) {
        let tile_rows = self.geometry.tile_rows;
        (self.rows, self.depth) = (rows, depth);
        self.data.resize(rows.div_ceil(tile_rows) * tile_rows * depth);
        for (number, block) in self.data.chunks_exact_mut(tile_rows * depth).enumerate() {
            let from = number * tile_rows;
            if from + tile_rows <= rows {
                let start = |row: usize| &source[(from + row) * stride + first..][..depth];
                match tile_rows {
                    8 => interleave::<8>(std::array::from_fn(start), block),
                    _ => interleave::<4>(std::array::from_fn(start), block),
                }
            } else {
                block.fill(0.0);
                for row in 0..rows - from {
                    let line = &source[(from + row) * stride + first..][..depth];
                    block.iter_mut().skip(row).step_by(tile_rows).zip(line).for_each(|(to, from)| *to = *from);
                }
            }
        }
    }
}

/// `target[k·N + n] = lines[n][k]`.
#[inline(always)]
fn interleave<const N: usize>(lines: [&[f32]; N], target: &mut [f32]) {
    let depth = target.len() / N;
    let lines = lines.map(|line| &line[..depth]);
    for (k, column) in target.as_chunks_mut::<N>().0.iter_mut().enumerate() {
        for n in 0..N {
            column[n] = lines[n][k];
        }
    }
}

/// The right operand: `[depth, columns]` as panels of `panel_vectors` vectors, each `[depth][panel_vectors · lanes]`.
#[derive(Debug)]
pub(crate) struct Columns {
    geometry: Geometry,
    data: AlignedBuffer,
    depth: usize,
    columns: usize,
    panel_vectors: usize,
}

impl Columns {
    /// Empty, with panels 3 vectors wide, or 2 for matrices so narrow that a third would mostly be padding.
    pub(crate) fn new(geometry: Geometry, narrow: bool) -> Self {
        let panel_vectors = if narrow { 2 } else { 3 };
        Self { geometry, data: AlignedBuffer::default(), depth: 0, columns: 0, panel_vectors }
    }

    /// Columns of a panel.
    fn panel_columns(&self) -> usize {
        self.panel_vectors * self.geometry.lanes
    }

    /// Columns with the padding; the distance between rows of a result.
    pub(crate) fn stride(&self) -> usize {
        self.columns.next_multiple_of(self.panel_columns())
    }

    /// The dimension shared with the left operand.
    pub(crate) fn depth(&self) -> usize {
        self.depth
    }

    /// Packs the transpose of `source`: its `columns` rows, `stride` floats apart, become columns, `depth` floats of each from `first` on.
    /// This is how linear layers are stored (`[out, in]`), and how keys meet queries.
    pub(crate) fn pack_transposed(&mut self, source: &[f32], stride: usize, first: usize, columns: usize, depth: usize) {
        let width = self.panel_columns();
        (self.columns, self.depth) = (columns, depth);
        self.data.resize(columns.next_multiple_of(width) * depth);
        for (number, panel) in self.data.chunks_exact_mut(width * depth).enumerate() {
            let from = number * width;
            let valid = width.min(columns - from);
            if valid < width {
                panel.fill(0.0);
            }
            let mut column = 0;
            while column + 8 <= valid {
                let lines: [&[f32]; 8] = std::array::from_fn(|i| &source[(from + column + i) * stride + first..][..depth]);
                for (k, line) in panel.chunks_exact_mut(width).enumerate() {
                    let target: &mut [f32; 8] = (&mut line[column..column + 8]).try_into().expect("eight floats");
                    for i in 0..8 {
                        target[i] = lines[i][k];
                    }
                }
                column += 8;
            }
            for column in column..valid {
                let line = &source[(from + column) * stride + first..][..depth];
                panel.iter_mut().skip(column).step_by(width).zip(line).for_each(|(to, from)| *to = *from);
            }
        }
    }

    /// Packs `depth` rows of `source`, `stride` floats apart, `columns` floats of each from `first` on.
    pub(crate) fn pack(&mut self, source: &[f32], stride: usize, first: usize, depth: usize, columns: usize) {
        let width = self.panel_columns();
        (self.columns, self.depth) = (columns, depth);
        self.data.resize(columns.next_multiple_of(width) * depth);
        for (number, panel) in self.data.chunks_exact_mut(width * depth).enumerate() {
            let from = number * width;
            let valid = width.min(columns - from);
            for (k, line) in panel.chunks_exact_mut(width).enumerate() {
                line[..valid].copy_from_slice(&source[k * stride + first + from..][..valid]);
                line[valid..].fill(0.0);
            }
        }
    }
}

/// What is done to a vector of C before it is written.
pub(crate) trait Epilogue {
    /// `row` of C, and the number `vector` of the vector in that row.
    fn apply<S: Simd>(&self, simd: S, row: usize, vector: usize, value: S::f32s) -> S::f32s;
}

/// C = A·B.
pub(crate) struct Plain;

/// C = A·B + bias. The bias is padded to the stride of C.
pub(crate) struct AddBias<'a>(pub(crate) &'a [f32]);

/// C = gelu(A·B + bias).
pub(crate) struct AddBiasThenGelu<'a>(pub(crate) &'a [f32]);

/// C = A·B + bias + residual; the residual has the stride of C.
pub(crate) struct AddBiasAndResidual<'a> {
    pub(crate) bias: &'a [f32],
    pub(crate) residual: &'a [f32],
}

impl Epilogue for Plain {
    #[inline(always)]
    fn apply<S: Simd>(&self, _simd: S, _row: usize, _vector: usize, value: S::f32s) -> S::f32s {
        value
    }
}

impl Epilogue for AddBias<'_> {
    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, _row: usize, vector: usize, value: S::f32s) -> S::f32s {
        simd.add_f32s(value, S::as_simd_f32s(self.0).0[vector])
    }
}

impl Epilogue for AddBiasThenGelu<'_> {
    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, row: usize, vector: usize, value: S::f32s) -> S::f32s {
        math::gelu(simd, AddBias(self.0).apply(simd, row, vector, value))
    }
}

impl Epilogue for AddBiasAndResidual<'_> {
    #[inline(always)]
    fn apply<S: Simd>(&self, simd: S, row: usize, vector: usize, value: S::f32s) -> S::f32s {
        let bias = S::as_simd_f32s(self.bias).0;
        let residual = S::as_simd_f32s(self.residual).0[row * bias.len() + vector];
        simd.add_f32s(simd.add_f32s(value, bias[vector]), residual)
    }
}

/// One product. `result` gets `left.rows` rows of `right.stride()` floats; with the epilogue's padding zero, padding columns are too.
pub(crate) struct Product<'a, E> {
    pub(crate) left: &'a Rows,
    pub(crate) right: &'a Columns,
    pub(crate) epilogue: E,
    pub(crate) result: &'a mut [f32],
}

impl<E: Epilogue> Product<'_, E> {
    /// Computes it.
    pub(crate) fn run(self) {
        assert_eq!(self.left.depth, self.right.depth, "the operands share a dimension");
        assert_eq!(self.left.geometry, self.right.geometry, "the operands were packed for one machine");
        pulp::Arch::new().dispatch(self);
    }

    #[inline(always)]
    fn tiles<S: Simd, const ROWS: usize, const VECTORS: usize>(self, simd: S) {
        let (left, right) = (self.left, self.right);
        let row_vectors = right.stride() / S::F32_LANES;
        let result = &mut S::as_mut_simd_f32s(self.result).0[..left.rows * row_vectors];
        for (panel_number, panel) in right.data.chunks_exact(right.panel_columns() * right.depth).enumerate() {
            let panel = pulp::as_arrays::<VECTORS, _>(S::as_simd_f32s(panel).0).0;
            for (block_number, block) in left.data.chunks_exact(ROWS * left.depth).enumerate() {
                let block = pulp::as_arrays::<ROWS, _>(block).0;
                let tile = tile::<S, ROWS, VECTORS>(simd, block, panel);
                for (i, line) in tile.iter().enumerate() {
                    let row = block_number * ROWS + i;
                    if row < left.rows {
                        for (j, value) in line.iter().enumerate() {
                            let vector = panel_number * VECTORS + j;
                            result[row * row_vectors + vector] = self.epilogue.apply(simd, row, vector, *value);
                        }
                    }
                }
            }
        }
    }
}

impl<E: Epilogue> WithSimd for Product<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (tile_rows::<S>(), self.right.panel_vectors) {
            (8, 3) => self.tiles::<S, 8, 3>(simd),
            (8, _) => self.tiles::<S, 8, 2>(simd),
            (_, 3) => self.tiles::<S, 4, 3>(simd),
            (_, _) => self.tiles::<S, 4, 2>(simd),
        }
    }
}

/// What is done to a product that was computed elsewhere: `[rows, columns]`, columns whole registers, into rows of `stride` floats, the
/// rest of which becomes zero.
pub(crate) struct Finish<'a, E> {
    pub(crate) product: &'a [f32],
    pub(crate) columns: usize,
    pub(crate) stride: usize,
    pub(crate) epilogue: E,
    pub(crate) result: &'a mut [f32],
}

impl<E: Epilogue> Finish<'_, E> {
    /// Does it.
    pub(crate) fn run(self) {
        pulp::Arch::new().dispatch(self);
    }
}

impl<E: Epilogue> WithSimd for Finish<'_, E> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let rows = self.result.chunks_exact_mut(self.stride).zip(self.product.chunks_exact(self.columns));
        for (row, (result, product)) in rows.enumerate() {
            let (result, padding) = result.split_at_mut(self.columns);
            padding.fill(0.0);
            let (result, product) = (S::as_mut_simd_f32s(result).0, S::as_simd_f32s(product).0);
            for (vector, (to, from)) in result.iter_mut().zip(product).enumerate() {
                *to = self.epilogue.apply(simd, row, vector, *from);
            }
        }
    }
}

/// A tile of C: the sum over k of `block[k]` ⊗ `panel[k]`, all of it in registers.
#[inline(always)]
fn tile<S: Simd, const ROWS: usize, const VECTORS: usize>(
    simd: S,
    block: &[[f32; ROWS]],
    panel: &[[S::f32s; VECTORS]],
) -> [[S::f32s; VECTORS]; ROWS] {
    let mut sum = [[simd.splat_f32s(0.0); VECTORS]; ROWS];
    for (a, b) in block.iter().zip(panel) {
        for i in 0..ROWS {
            let a = simd.splat_f32s(a[i]);
            for j in 0..VECTORS {
                sum[i][j] = simd.mul_add_e_f32s(a, b[j], sum[i][j]);
            }
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, columns: usize, seed: u32) -> Vec<f32> {
        let mut state = seed;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        (0..rows * columns).map(|_| next()).collect()
    }

    fn check(rows: usize, depth: usize, columns: usize, transposed: bool, narrow: bool) {
        let geometry = Geometry::detect();
        let a = matrix(rows, depth + 3, 1);
        let b = if transposed { matrix(columns, depth + 5, 2) } else { matrix(depth, columns + 5, 2) };
        let mut left = Rows::new(geometry);
        left.pack(&a, depth + 3, 2, rows, depth);
        let mut right = Columns::new(geometry, narrow);
        if transposed {
            right.pack_transposed(&b, depth + 5, 4, columns, depth);
        } else {
            right.pack(&b, columns + 5, 4, depth, columns);
        }
        let stride = right.stride();
        let bias: Vec<f32> = (0..stride).map(|j| if j < columns { j as f32 } else { 0.0 }).collect();
        let residual: Vec<f32> = (0..rows * stride).map(|i| i as f32 * 0.5).collect();
        let mut result = vec![f32::NAN; rows * stride];
        let epilogue = AddBiasAndResidual { bias: &bias, residual: &residual };
        Product { left: &left, right: &right, epilogue, result: &mut result }.run();
        for i in 0..rows {
            for j in 0..columns {
                let entry = |k: usize| if transposed { b[j * (depth + 5) + 4 + k] } else { b[k * (columns + 5) + 4 + j] };
                let product: f64 = (0..depth).map(|k| f64::from(a[i * (depth + 3) + 2 + k]) * f64::from(entry(k))).sum();
                let truth = product + j as f64 + f64::from(residual[i * stride + j]);
                let got = f64::from(result[i * stride + j]);
                assert!((got - truth).abs() < 1e-4 * truth.abs().max(1.0), "{rows}x{depth}x{columns} at {i},{j}: {got}, not {truth}");
            }
        }
    }

    #[test]
    fn agrees_with_the_definition_for_every_shape_of_edge() {
        for rows in [1, 3, 4, 7, 8, 9, 17] {
            for (depth, columns) in [(1, 1), (5, 8), (32, 47), (33, 48), (64, 49), (7, 100)] {
                for (transposed, narrow) in [(false, false), (false, true), (true, false), (true, true)] {
                    check(rows, depth, columns, transposed, narrow);
                }
            }
        }
    }

    #[test]
    fn a_buffer_used_again_for_less_keeps_nothing_of_before() {
        let geometry = Geometry::detect();
        let mut right = Columns::new(geometry, false);
        right.pack_transposed(&matrix(100, 40, 3), 40, 0, 100, 40);
        right.pack_transposed(&matrix(3, 4, 3), 4, 0, 3, 4);
        let mut left = Rows::new(geometry);
        left.pack(&matrix(20, 40, 4), 40, 0, 20, 40);
        left.pack(&matrix(1, 4, 4), 4, 0, 1, 4);
        let mut result = vec![f32::NAN; right.stride()];
        Product { left: &left, right: &right, epilogue: Plain, result: &mut result }.run();
        assert!(result[3..].iter().all(|&x| x == 0.0), "padding columns are zero: {result:?}");
    }
}
