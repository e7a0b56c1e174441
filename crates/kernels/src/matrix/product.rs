//! The product of one input with several matrices, cut into tasks that no reduction crosses.

use std::marker::PhantomData;
use std::ops::Range;

use super::layout::{Layout, PANEL};
use super::{Matrix, scalar};
#[cfg(target_arch = "x86_64")]
use super::{avx2, avx512};
use crate::input::{GROUP, Group, Input};
use crate::isa::Isa;
use crate::profile::{Cost, Kernel};
use crate::threads::Pool;

/// Weights that a task streams, about: small enough that threads end together, large enough that claiming is nothing.
const TASK_BYTES: usize = 128 << 10;

/// Input codes that a task goes over with each panel, at most, so that they stay in the second-level cache.
const INPUT_BYTES: usize = 256 << 10;

/// `out_i[r, :] = matrix_i · input[r, :]` for each pair, in one parallel section; `out_i` is `[input.rows(), matrix_i.rows()]`.
///
/// Each output is the same to the bit whatever else is multiplied, however many rows there are, on any number of threads and with any
/// instruction set; the module says in which order it is summed.
///
/// # Panics
/// When a matrix has other columns than the input, an `out` is not of that size, or the input was made for other formats
/// ([`Input::serving`]).
pub fn multiply(pool: &Pool, input: &Input, products: &mut [(&Matrix, &mut [f32])]) {
    let one = |matrix: &Matrix| Cost { bytes: matrix.bytes(), operations: 2 * input.rows() * matrix.rows() * matrix.columns() };
    let cost = products.iter().map(|(matrix, _)| one(matrix)).fold(Cost::default(), Cost::and);
    pool.counted(Kernel::Product, cost, || multiply_with(Isa::current(), pool, input, products));
}

/// [`multiply`] with a given instruction set, or the best no better than it that this machine has.
///
/// # Panics
/// As [`multiply`].
pub fn multiply_with(isa: Isa, pool: &Pool, input: &Input, products: &mut [(&Matrix, &mut [f32])]) {
    let isa = isa.or_less();
    let outputs: Vec<(&Matrix, Output)> = products.iter_mut().map(|(matrix, out)| (*matrix, Output::new(matrix, input, out))).collect();
    let tasks = plan(&outputs, input);
    pool.run(tasks.len(), &|index| {
        let task = &tasks[index];
        let (matrix, output) = &outputs[task.product];
        task.run(isa, matrix, input, output);
    });
}

/// Some panels of one matrix times some groups of rows.
struct Task {
    product: usize,
    panels: Range<usize>,
    groups: Range<usize>,
}

fn plan(products: &[(&Matrix, Output)], input: &Input) -> Vec<Task> {
    let groups = input.groups().len();
    let groups_most = (INPUT_BYTES / (input.columns() * GROUP)).max(1);
    let groups_each = groups.div_ceil(groups.div_ceil(groups_most).max(1)).max(1);
    let mut tasks = Vec::new();
    for (product, (matrix, _)) in products.iter().enumerate() {
        let panels = matrix.rows.div_ceil(PANEL);
        let panels_each = (TASK_BYTES / matrix.layout.panel_bytes).next_multiple_of(2).max(2);
        for first_group in (0..groups).step_by(groups_each) {
            for first in (0..panels).step_by(panels_each) {
                let groups = first_group..groups.min(first_group + groups_each);
                tasks.push(Task { product, panels: first..panels.min(first + panels_each), groups });
            }
        }
    }
    tasks
}

impl Task {
    fn run(&self, isa: Isa, matrix: &Matrix, input: &Input, output: &Output) {
        let groups = &input.groups()[self.groups.clone()];
        let first_row = self.groups.start * GROUP;
        // In twos: the widest tile has two panels, and the panels lie one after the other.
        for first in self.panels.clone().step_by(2) {
            let packed = matrix.panels(first..self.panels.end.min(first + 2));
            run_panels(isa, &matrix.layout, packed, first, groups, first_row, output);
        }
    }
}

/// One or two panels times some groups, the first of which starts at `first_row` of the output.
fn run_panels(isa: Isa, layout: &Layout, packed: &[u8], first: usize, groups: &[Group], first_row: usize, output: &Output) {
    let each = packed.chunks(layout.panel_bytes).enumerate();
    match isa {
        // SAFETY: an `Isa` is no better than the machine's; the panels are the layout's, and `Output::new` compared the columns.
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512 => unsafe { avx512::panels(layout, packed, first, groups, first_row, output) },
        #[cfg(target_arch = "x86_64")]
        Isa::AvxVnni => each.for_each(|(index, packed)| {
            // SAFETY: the same.
            unsafe { avx2::panel::<avx2::Vnni>(layout, packed, first + index, groups, first_row, output) };
        }),
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2 => each.for_each(|(index, packed)| {
            // SAFETY: the same.
            unsafe { avx2::panel::<avx2::Plain>(layout, packed, first + index, groups, first_row, output) };
        }),
        _ => each.for_each(|(index, packed)| scalar::panel(layout, packed, first + index, groups, first_row, output)),
    }
}

/// Where results go: a matrix that several threads write, each its own columns.
pub(super) struct Output<'a> {
    at: *mut f32,
    rows: usize,
    columns: usize,
    borrowed: PhantomData<&'a mut [f32]>,
}

// SAFETY: tasks cover disjoint panels and rows, and `store` writes only those of its arguments.
unsafe impl Sync for Output<'_> {}

impl<'a> Output<'a> {
    fn new(matrix: &Matrix, input: &Input, out: &'a mut [f32]) -> Self {
        assert_eq!(matrix.columns, input.columns(), "a matrix of {} columns times an input of {}", matrix.columns, input.columns());
        assert!(input.serves(matrix), "the input was made for matrices other than of {}", matrix.format.name());
        assert_eq!(Some(out.len()), input.rows().checked_mul(matrix.rows), "{} rows of {} outputs", input.rows(), matrix.rows);
        Self { at: out.as_mut_ptr(), rows: input.rows(), columns: matrix.rows, borrowed: PhantomData }
    }

    /// Writes the outputs of `panel` for one row, leaving out those past the last.
    pub(super) fn store(&self, row: usize, panel: usize, values: &[f32; PANEL]) {
        let first = panel * PANEL;
        assert!(row < self.rows && first < self.columns);
        let count = PANEL.min(self.columns - first);
        // SAFETY: the row and the columns were just checked to lie inside; no other task has this panel and row.
        unsafe { std::ptr::copy_nonoverlapping(values.as_ptr(), self.at.add(row * self.columns + first), count) };
    }
}
