//! Speed of attention and the delta rule beside what the machine can do, in the sizes of Qwen3.5-0.8B:
//! `cargo run --release -p pinakes-kernels --example sequence [THREADS]`.
//!
//! Times are those of all layers of one kind. Prefill of attention is bounded by arithmetic (10⁹ operations a second, two to a product
//! and sum), decode by memory (GB/s of pages or states). The best of a few runs counts.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Instant;

use pinakes_kernels::{
    DeltaInput, DeltaShape, DeltaState, DeltaWeights, HeadOrder, KvKind, KvLayout, KvPage, PAGE_TOKENS, Peaks, Pool, Queries, attend,
    delta_net, rms_norm, swiglu, top_k,
};

const ATTENTION_LAYERS: usize = 6;
const DELTA_LAYERS: usize = 18;
const HEADS: usize = 8;
const SECONDS: f64 = 0.4;

/// Whether there is one thread only.
static ALONE: AtomicBool = AtomicBool::new(false);

fn main() {
    let threads = std::env::args().nth(1).map_or(2, |text| text.parse().unwrap());
    ALONE.store(threads == 1, Relaxed);
    let pool = Pool::new(threads);
    let peaks = Peaks::measure(&pool);
    println!("{threads} threads; memory reads {:.1} GB/s; f32 {:.0} Gop/s", peaks.read_bytes / 1e9, peaks.float_operations / 1e9);
    for kind in [KvKind::F32, KvKind::F16, KvKind::Q8] {
        attention(&pool, kind);
    }
    delta(&pool);
    rows(&pool);
}

fn random(count: usize) -> Vec<f32> {
    let mut state = 1_u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    (0..count).map(|_| next()).collect()
}

/// The best time of several, in seconds; with one thread its time on a processor, so that a busy machine does not count.
fn best(mut f: impl FnMut()) -> f64 {
    let (begun, mut best) = (Instant::now(), f64::INFINITY);
    while begun.elapsed().as_secs_f64() < SECONDS {
        let (start, used) = (Instant::now(), on_processor());
        f();
        let wall = start.elapsed().as_secs_f64();
        // The system counts in ticks of some milliseconds, and nobody is interrupted in less than one.
        best = best.min(if ALONE.load(Relaxed) && wall > 0.02 { (on_processor() - used).min(wall) } else { wall });
    }
    best
}

/// Seconds this thread has run; Linux only, infinite elsewhere.
fn on_processor() -> f64 {
    let text = fs_err::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|nanoseconds| nanoseconds.parse::<f64>().ok()).unwrap_or(f64::INFINITY) / 1e9
}

fn attention(pool: &Pool, kind: KvKind) {
    let layout = KvLayout { kv_heads: 2, head_dim: 256, kind };
    let (row, kv) = (HEADS * layout.head_dim, random(layout.kv_heads * layout.head_dim));
    let mut page = layout.new_page();
    (0..PAGE_TOKENS).for_each(|slot| layout.write(&mut page, slot, &kv, &kv));
    for depth in [0, 4096, 16384] {
        let layers: Vec<Vec<KvPage>> = (0..ATTENTION_LAYERS).map(|_| vec![page.clone(); (depth + 512) / PAGE_TOKENS]).collect();
        let layers: Vec<Vec<&KvPage>> = layers.iter().map(|pages| pages.iter().collect()).collect();
        let (q, mut out) = (random(512 * row), vec![0.0; 512 * row]);
        let seconds = best(|| {
            let queries = Queries { q: &q, first: depth, pages: &layers[0] };
            attend(pool, &layout, HEADS, 0.0625, &mut [(queries, &mut out)]);
        }) * ATTENTION_LAYERS as f64;
        let keys: usize = (depth..depth + 512).map(|position| position + 1).sum();
        let operations = (4 * keys * row * ATTENTION_LAYERS) as f64;
        print!("attention {kind:?} depth {depth:>5}: 512 rows {:7.1} ms, {:4.0} Gop/s;", seconds * 1e3, operations / seconds / 1e9);
        let seconds = best(|| {
            for pages in &layers {
                let queries = Queries { q: &q[..row], first: depth, pages };
                attend(pool, &layout, HEADS, 0.0625, &mut [(queries, &mut out[..row])]);
            }
        });
        let bytes = (ATTENTION_LAYERS * (depth / PAGE_TOKENS + 1) * layout.page_bytes()) as f64;
        println!(" 1 row {:6.2} ms, {:4.1} GB/s", seconds * 1e3, bytes / seconds / 1e9);
    }
}

fn delta(pool: &Pool) {
    let shape = DeltaShape {
        key_heads: 16,
        value_heads: 16,
        key_dim: 128,
        value_dim: 128,
        conv_width: 4,
        order: HeadOrder::Grouped,
        norm_epsilon: 1e-6,
    };
    let weights = DeltaWeights::new(&shape, &random(shape.channels() * 4), vec![-1.0; 16], vec![0.0; 16], vec![1.0; 128]);
    let mut states: Vec<DeltaState> = (0..DELTA_LAYERS).map(|_| DeltaState::new(&shape)).collect();
    for tokens in [512, 64, 8, 2, 1] {
        let (qkv, z, gate) = (random(tokens * shape.channels()), random(tokens * shape.values()), random(tokens * 16));
        let mut out = vec![0.0; tokens * shape.values()];
        let seconds = best(|| {
            for state in &mut states {
                let input = DeltaInput { qkv: &qkv, z: &z, a: &gate, b: &gate };
                delta_net(pool, &shape, &weights, &mut [(input, state, &mut out)]);
            }
        });
        let bytes = (DELTA_LAYERS * states[0].as_bytes().len()) as f64;
        let each = seconds * 1e6 / tokens as f64;
        println!("delta {tokens:>3} tokens: {each:6.1} us a token; states {:5.1} GB/s read and written", 2.0 * bytes / seconds / 1e9);
    }
}

fn rows(pool: &Pool) {
    let (x, y, gain) = (random(512 * 3584), random(512 * 3584), random(1024));
    let mut out = vec![0.0; 512 * 3584];
    let norm = best(|| rms_norm(pool, &x[..512 * 1024], &gain, 1e-6, &mut out[..512 * 1024]));
    let gate = best(|| swiglu(pool, &x, &y, &mut out));
    let logits = random(248_320);
    let top = best(|| top_k(&logits, 20, &mut Vec::new()).unwrap());
    println!("rms_norm 512 x 1024 {:.0} us; swiglu 512 x 3584 {:.0} us; top 20 of 248,320 {:.0} us", norm * 1e6, gate * 1e6, top * 1e6);
}
