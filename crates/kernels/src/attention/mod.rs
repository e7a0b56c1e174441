//! Attention over paged keys and values: the heads of a group share each load of a page, scores never leave the cache, one query at a
//! depth of 16,000 tokens is split among threads, and a row's bits depend on nothing but its query and the keys before it.

mod block;
mod floats;
mod integers;
mod page;
mod product;
#[cfg(test)]
mod tests;
mod tiles;

use crate::aligned::Aligned;
use crate::profile::{Cost, Kernel};
use crate::shared::SharedMut;
use crate::{Isa, Pool};
use block::{Block, Partial, Target};

pub use page::{KvKind, KvLayout, KvPage, PAGE_TOKENS};

/// Rows of a block: sixteen tiles of six, whose queries and sums fit in the second-level cache beside a page.
const BLOCK_ROWS: usize = 96;
/// Up to so many positions, segments are tasks of their own.
const SPLIT_POSITIONS_MAX: usize = 8;

/// A run of consecutive positions of one sequence.
#[derive(Clone, Copy)]
pub struct Queries<'a> {
    /// `[rows, heads, head_dim]`, after norm and rope.
    pub q: &'a [f32],
    /// Position of the first row; row `r` sees keys `0..=first + r`.
    pub first: usize,
    /// Page `i` holds keys `64 i .. 64 i + 63`.
    pub pages: &'a [&'a KvPage],
}

/// `softmax(scale q k^T) v` per head and row, into `[rows, heads, head_dim]` (before the output gate); query head `j` uses key/value
/// head `j / (heads / kv_heads)`. Sequences of any lengths in one parallel section.
///
/// # Panics
/// When lengths do not fit the layout, or pages are missing.
pub fn attend(pool: &Pool, layout: &KvLayout, heads: usize, scale: f32, batch: &mut [(Queries<'_>, &mut [f32])]) {
    let row = (heads * layout.head_dim).max(1);
    let one = |queries: &Queries<'_>| {
        let rows = queries.q.len() / row;
        let keys = rows * queries.first + rows * (rows + 1) / 2;
        Cost { bytes: (queries.first + rows).div_ceil(PAGE_TOKENS) * layout.page_bytes(), operations: 4 * keys * row }
    };
    let cost = batch.iter().map(|(queries, _)| one(queries)).fold(Cost::default(), Cost::and);
    pool.counted(Kernel::Attention, cost, || attend_with(Isa::current(), pool, layout, heads, scale, batch));
}

pub(crate) fn attend_with(isa: Isa, pool: &Pool, layout: &KvLayout, heads: usize, scale: f32, batch: &mut [(Queries<'_>, &mut [f32])]) {
    assert!(heads > 0 && heads.is_multiple_of(layout.kv_heads), "{heads} heads share {} of keys and values", layout.kv_heads);
    let mut work = Vec::new();
    let outputs: Vec<SharedMut<'_, f32>> = batch
        .iter_mut()
        .enumerate()
        .map(|(index, (queries, out))| {
            assert_eq!(queries.q.len(), out.len(), "as much out as in");
            plan(layout, heads, scale, *queries, index, &mut work);
            SharedMut::new(out)
        })
        .collect();
    // Room for the segments of split blocks.
    let mut partials = Aligned::new(work.iter().map(Work::partial_floats).sum());
    let mut rest = 0;
    let mut tasks = Vec::new();
    for (index, work) in work.iter().enumerate() {
        if work.split {
            tasks.extend((0..work.block.segments()).map(|segment| (index, segment, rest + segment * work.segment_floats())));
            rest += work.partial_floats();
        } else {
            tasks.push((index, 0, 0));
        }
    }
    // The longest first, so that no thread begins one when the others are done.
    tasks.sort_by_key(|&(index, ..)| std::cmp::Reverse(work[index].cost()));
    let shared = SharedMut::new(partials.floats_mut());
    pool.run(tasks.len(), &|task| {
        let (index, segment, place) = tasks[task];
        let Work { block, start, sequence, split } = &work[index];
        let target = if *split {
            // SAFETY: each segment of each split block has its own part.
            Target::Partial(unsafe { shared.slice(place, work[index].segment_floats()) })
        } else {
            Target::Output(&outputs[*sequence], *start)
        };
        block::run(isa, block, segment, target);
    });
    merge(isa, pool, &work, partials.floats_mut(), &outputs);
}

/// A block of queries and where its results go.
struct Work<'a> {
    block: Block<'a>,
    /// Which of the batch, and its first float there.
    sequence: usize,
    start: usize,
    /// Whether its segments are tasks of their own.
    split: bool,
}

impl Work<'_> {
    fn segment_floats(&self) -> usize {
        Partial::floats(self.block.rows(), self.block.layout.padded_dim())
    }

    fn partial_floats(&self) -> usize {
        if self.split { self.block.segments() * self.segment_floats() } else { 0 }
    }

    fn cost(&self) -> usize {
        if self.split { self.block.rows() } else { self.block.rows() * self.block.segments() }
    }
}

/// Cuts one sequence's queries into blocks, for each key/value head.
fn plan<'a>(layout: &'a KvLayout, heads: usize, scale: f32, queries: Queries<'a>, sequence: usize, work: &mut Vec<Work<'a>>) {
    let row = heads * layout.head_dim;
    let positions = queries.q.len() / row;
    assert_eq!(queries.q.len(), positions * row, "whole rows of queries");
    let pages = (queries.first + positions).div_ceil(PAGE_TOKENS);
    assert!(positions == 0 || pages <= queries.pages.len(), "{pages} pages for position {}", queries.first + positions - 1);
    assert!(queries.pages.iter().all(|page| page.as_bytes().len() == layout.page_bytes()), "pages of this layout");
    let at_once = (BLOCK_ROWS / (heads / layout.kv_heads)).max(1);
    for from in (0..positions).step_by(at_once) {
        let q = &queries.q[from * row..positions.min(from + at_once) * row];
        for kv_head in 0..layout.kv_heads {
            let block = Block { layout, pages: queries.pages, q, heads, kv_head, scale, first: queries.first + from };
            let split = positions <= SPLIT_POSITIONS_MAX && block.segments() > 1;
            work.push(Work { block, sequence, start: from * row, split });
        }
    }
}

/// Merges what was split.
fn merge(isa: Isa, pool: &Pool, work: &[Work<'_>], partials: &mut [f32], outputs: &[SharedMut<'_, f32>]) {
    let mut rest = 0;
    let split: Vec<_> = work
        .iter()
        .filter(|work| work.split)
        .map(|work| {
            rest += work.partial_floats();
            (work, rest - work.partial_floats())
        })
        .collect();
    let shared = SharedMut::new(partials);
    pool.run(split.len(), &|task| {
        let (work, place) = split[task];
        // SAFETY: each split block has its own part.
        let partials = unsafe { shared.slice(place, work.partial_floats()) };
        block::merge(isa, &work.block, partials, &outputs[work.sequence], work.start);
    });
}
