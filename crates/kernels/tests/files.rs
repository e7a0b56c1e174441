//! The formats as llama.cpp writes them: its quantised files hold the same tensors as its bf16 file, and ours lose no more than they do.
//! Skipped, and says so, when `PINAKES_SHARED` does not name the folder with the fixtures.
#![allow(clippy::unwrap_used, clippy::print_stderr)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use pinakes_kernels::{Format, MappedFile, dequantise, quantise};

fn fixtures() -> Option<PathBuf> {
    let found = std::env::var_os("PINAKES_SHARED").map(|root| Path::new(&root).join("fixtures/qwen35/dense-untied")).filter(|f| f.is_dir());
    if found.is_none() {
        eprintln!("SKIPPED: PINAKES_SHARED names no folder with fixtures/qwen35");
    }
    found
}

/// Just enough of a GGUF reader for files that we trust; the real one is in `models`.
struct Reader<'a>(&'a [u8], usize);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        self.1 += count;
        &self.0[self.1 - count..self.1]
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.take(4).try_into().unwrap())
    }

    fn u64(&mut self) -> usize {
        u64::from_le_bytes(self.take(8).try_into().unwrap()) as usize
    }

    fn text(&mut self) -> String {
        let count = self.u64();
        String::from_utf8_lossy(self.take(count)).into_owned()
    }

    fn skip(&mut self, kind: u32) {
        match kind {
            0 | 1 | 7 => drop(self.take(1)),
            2 | 3 => drop(self.take(2)),
            4..=6 => drop(self.take(4)),
            8 => drop(self.text()),
            9 => {
                let (kind, count) = (self.u32(), self.u64());
                (0..count).for_each(|_| self.skip(kind));
            }
            _ => drop(self.take(8)),
        }
    }
}

/// Format, and the stored bytes, of every tensor by name.
fn tensors(file: &[u8]) -> BTreeMap<String, (Format, &[u8])> {
    let mut reader = Reader(file, 8);
    let (count, pairs) = (reader.u64(), reader.u64());
    for _ in 0..pairs {
        reader.text();
        let kind = reader.u32();
        reader.skip(kind);
    }
    let found: Vec<(String, usize, u32, usize)> = (0..count)
        .map(|_| {
            let (name, dimensions) = (reader.text(), reader.u32());
            let elements = (0..dimensions).map(|_| reader.u64()).product();
            (name, elements, reader.u32(), reader.u64())
        })
        .collect();
    let start = reader.1.next_multiple_of(32);
    let format = |kind| match kind {
        0 => Format::F32,
        8 => Format::Q8_0,
        12 => Format::Q4_K,
        13 => Format::Q5_K,
        14 => Format::Q6_K,
        30 => Format::BF16,
        other => panic!("type {other}"),
    };
    let bytes = |format: Format, elements, at| &file[start + at..][..format.bytes_of(elements).unwrap()];
    found.into_iter().map(|(name, elements, kind, at)| (name, (format(kind), bytes(format(kind), elements, at)))).collect()
}

fn values(format: Format, bytes: &[u8]) -> Vec<f32> {
    let mut out = vec![0.0; bytes.len() / format.block_bytes() * format.block_elements()];
    dequantise(format, bytes, &mut out);
    out
}

/// ‖a − b‖ / ‖b‖.
fn distance(a: &[f32], b: &[f32]) -> f32 {
    let (error, norm) = a.iter().zip(b).fold((0.0, 0.0), |(error, norm), (a, b)| (error + (a - b) * (a - b), norm + b * b));
    f32::sqrt(error / norm)
}

#[test]
fn quantised_files_hold_what_the_bf16_file_holds_and_ours_lose_no_more() {
    let Some(folder) = fixtures() else { return };
    let exact_file = MappedFile::open(&folder.join("model-bf16.gguf")).unwrap();
    let exact = tensors(exact_file.bytes());
    for name in ["model-Q4_K_M.gguf", "model-Q8_0.gguf"] {
        let file = MappedFile::open(&folder.join(name)).unwrap();
        let mut compared = 0;
        for (tensor, (format, bytes)) in tensors(file.bytes()).into_iter().filter(|(_, (format, _))| !format.is_float()) {
            let exact = values(exact[&tensor].0, exact[&tensor].1);
            let theirs = distance(&values(format, bytes), &exact);
            let bound = match format {
                Format::Q4_K => 0.085,
                Format::Q6_K => 0.022,
                _ => 0.007,
            };
            assert!(theirs < bound, "{name} {tensor}: {} is {theirs} away", format.name());
            let mut ours = vec![0; bytes.len()];
            quantise(format, &exact, &mut ours);
            let ours = distance(&values(format, &ours), &exact);
            assert!(ours < 1.03 * theirs, "{name} {tensor}: our {} loses {ours}, llama.cpp's {theirs}", format.name());
            compared += 1;
        }
        assert!(compared > 20, "{name}: {compared} tensors");
    }
}
