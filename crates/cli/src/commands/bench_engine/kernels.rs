//! What each kind of kernel took in a run, beside what the machine can do at most.

use pinakes_engine::{CpuBackend, Kernel, Peaks, Tally};
use serde::Serialize;

/// A run that is being counted, while it reads.
pub(super) struct Reading;

/// The same, while it writes.
pub(super) struct Writing {
    reading: Vec<(Kernel, Tally)>,
}

impl Reading {
    pub(super) fn start(backend: &CpuBackend) -> Self {
        backend.start_profile();
        Self
    }

    /// The reading is over, the writing begins.
    pub(super) fn turn(self, backend: &CpuBackend) -> Writing {
        let reading = backend.end_profile();
        backend.start_profile();
        Writing { reading }
    }
}

impl Writing {
    /// `seconds`: what reading and writing took as a whole. Measures what the machine can do, for about a second.
    pub(super) fn end(self, backend: &CpuBackend, seconds: [f64; 2]) -> Kernels {
        let writing = backend.end_profile();
        let Peaks { read_bytes, float_operations, integer_operations } = backend.peaks();
        let [reading_seconds, writing_seconds] = seconds;
        Kernels {
            peak_gb_s: read_bytes / 1e9,
            peak_f32_gop_s: float_operations / 1e9,
            peak_int8_gop_s: integer_operations / 1e9,
            reading: figures(&self.reading, reading_seconds),
            writing: figures(&writing, writing_seconds),
        }
    }
}

/// What was counted.
#[derive(Debug, Serialize)]
pub(super) struct Kernels {
    /// Read from memory.
    peak_gb_s: f64,
    /// In registers, two to a product and sum.
    peak_f32_gop_s: f64,
    /// The same of 8-bit integers.
    peak_int8_gop_s: f64,
    reading: Vec<Figure>,
    writing: Vec<Figure>,
}

/// One kind of kernel, in one phase.
#[derive(Debug, Serialize)]
struct Figure {
    kernel: &'static str,
    calls: u64,
    seconds: f64,
    /// Of the phase.
    share: f64,
    gb_s: f64,
    gop_s: f64,
}

fn figures(tallies: &[(Kernel, Tally)], whole: f64) -> Vec<Figure> {
    let rate = |amount: u64, seconds: f64| if seconds > 0.0 { amount as f64 / seconds / 1e9 } else { 0.0 };
    let one = |(kernel, tally): &(Kernel, Tally)| Figure {
        kernel: kernel.name(),
        calls: tally.calls,
        seconds: tally.seconds,
        share: if whole > 0.0 { tally.seconds / whole } else { 0.0 },
        gb_s: rate(tally.bytes, tally.seconds),
        gop_s: rate(tally.operations, tally.seconds),
    };
    tallies.iter().map(one).collect()
}

impl Kernels {
    /// As a table.
    pub(super) fn lines(&self) -> Vec<String> {
        let Self { peak_gb_s, peak_f32_gop_s, peak_int8_gop_s, .. } = self;
        let mut lines = vec![format!(
            "  at most: {peak_gb_s:.1} GB/s from memory, {peak_f32_gop_s:.0} Gop/s in f32, {peak_int8_gop_s:.0} in 8-bit integers"
        )];
        for (phase, figures) in [("reading", &self.reading), ("writing", &self.writing)] {
            lines.push(format!(
                "  {phase:13} {:>6} {:>10} {:>6} {:>8} {:>7} {:>8} {:>7}",
                "calls", "ms", "share", "GB/s", "of most", "Gop/s", "of most"
            ));
            for Figure { kernel, calls, seconds, share, gb_s, gop_s } in figures {
                let (of_bytes, of_operations) = (100.0 * gb_s / peak_gb_s, 100.0 * gop_s / peak_int8_gop_s);
                lines.push(format!(
                    "    {kernel:11} {calls:>6} {:>10.2} {:>5.1}% {gb_s:>8.1} {of_bytes:>6.0}% {gop_s:>8.0} {of_operations:>6.0}%",
                    seconds * 1e3,
                    100.0 * share
                ));
            }
        }
        lines
    }
}
