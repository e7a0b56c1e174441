//! Speed of the products beside what the machine can do: `cargo run --release -p pinakes-kernels --example matmul [THREADS [ISA] [FORMAT…]]`,
//! ISA being `scalar`, `avx2`, `avxvnni` or `avx512`.
//!
//! Decode (1 row) is bounded by memory: its column is GB/s of packed weights, beside a plain read. Prefill is bounded by arithmetic: its
//! column is 10⁹ operations a second, two to a weight and row. The shapes are those of Qwen3.5-0.8B. The best of a few runs counts.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::time::Instant;

use pinakes_kernels::{Format, Input, Isa, Matrix, Peaks, Pool, force_isa, multiply, quantise};

const SHAPES: [(usize, usize); 5] = [(6144, 1024), (3584, 1024), (1024, 3584), (1024, 2048), (62080, 1024)];
const ROWS: [usize; 5] = [1, 4, 8, 12, 96];

fn main() {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(isa) = arguments.get(1).and_then(|name| Isa::named(name)) {
        force_isa(Some(isa));
        arguments.remove(1);
    }
    let threads = arguments.first().map_or(2, |text| text.parse().unwrap());
    let formats = [Format::Q4_K, Format::Q5_K, Format::Q6_K, Format::Q8_0, Format::Q4_0, Format::BF16, Format::F32];
    let pool = Pool::new(threads);
    let peaks = Peaks::measure(&pool);
    println!(
        "{threads} threads, {:?}; memory reads {:.1} GB/s, {:.0} Gop/s in 8 bits",
        Isa::current(),
        peaks.read_bytes / 1e9,
        peaks.integer_operations / 1e9
    );
    println!("format rows x columns     decode: us   GB/s   Gop/s with rows: {ROWS:?}");
    for format in formats.into_iter().filter(|format| arguments.len() < 2 || arguments.contains(&format.name().to_owned())) {
        for (rows, columns) in SHAPES {
            measure(&pool, format, rows, columns);
        }
    }
}

fn measure(pool: &Pool, format: Format, rows: usize, columns: usize) {
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 23) as f32 - 1.0
    };
    // One row of weights again and again, in as many copies as outgrow the caches for the decode step.
    let row: Vec<f32> = (0..columns).map(|_| random()).collect();
    let mut bytes = vec![0; format.bytes_of(columns).unwrap()];
    if format != Format::Q5_K {
        quantise(format, &row, &mut bytes); // Q5_K is only read: zeros take as long
    }
    let bytes = bytes.repeat(rows);
    let copies = (64 << 20) / bytes.len() + 1;
    let matrices: Vec<Matrix> = (0..copies).map(|_| Matrix::pack(pool, format, rows, columns, &bytes).unwrap()).collect();
    let mut input = Input::serving(&[&matrices[0]]);
    let mut speeds = Vec::new();
    let mut decode = (f64::INFINITY, 0.0);
    for count in ROWS {
        let values: Vec<f32> = (0..count * columns).map(|_| random()).collect();
        let mut out = vec![0.0; count * rows];
        let used = if count < 96 { &matrices[..] } else { &matrices[..1] };
        let mut best = f64::INFINITY;
        let begun = Instant::now();
        while begun.elapsed().as_secs_f64() < 0.15 {
            let start = Instant::now();
            for matrix in used {
                input.load(pool, &values, columns);
                multiply(pool, &input, &mut [(matrix, &mut out)]);
            }
            best = best.min(start.elapsed().as_secs_f64() / used.len() as f64);
        }
        speeds.push(format!("{:.0}", 2.0 * (count * rows * columns) as f64 / best / 1e9));
        if count == 1 {
            decode = (best * 1e6, matrices[0].bytes() as f64 / best / 1e9);
        }
    }
    let (name, shape) = (format.name(), format!("{rows} x {columns}"));
    println!("{name:6} {shape:16} {:13.1} {:6.1}   {}", decode.0, decode.1, speeds.join(" "));
}
