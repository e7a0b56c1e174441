//! What only a defect of ours could do.

use super::*;
use crate::weights::Quantization;
use crate::{LoadOptions, Scratch};

#[test]
fn a_defect_while_writing_ends_no_thread() {
    let (model, folder) = (Model::random("tiny", Quantization::Q8_0, 1, &LoadOptions::default()).unwrap(), tempfile::tempdir().unwrap());
    let tier = DiskTier::open(folder.path(), &model, Fingerprint::of(&model, b""), DiskOptions::plain(1 << 30)).unwrap();
    let tokens: Vec<u32> = (0..100).collect();
    let prefix = Prefix { domain: Domain([1; 32]), public_tokens: 0, tokens: &tokens };
    {
        let mut shelf = tier.shared.shelf();
        let place = shelf.own.next_place(&[], prefix).unwrap();
        let bytes = tier.shared.files.bytes(place.start, place.end);
        shelf.own.insert(place, bytes, false);
        shelf.counts.bytes_waiting += bytes;
        // It has read nothing: there are no pages to write.
        let snapshot = model.begin();
        tier.work.as_ref().unwrap().send(Work::Write { place, bytes, tokens: tokens.clone(), snapshot }).unwrap();
    }
    tier.flush();
    let stats = tier.stats();
    assert_eq!((stats.defects, stats.bytes_waiting, stats.written, stats.snapshots), (1, 0, 0, 0), "{stats:?}");

    let mut sequence = model.begin();
    let mut batch = [crate::engine::Chunk { sequence: &mut sequence, tokens: &tokens, logits: crate::engine::LogitRows::None }];
    model.forward(&mut batch, &mut Scratch::default());
    tier.offer(prefix, &sequence);
    tier.flush();
    assert_eq!((tier.stats().written, tier.longest(prefix, 100)), (1, Some(100)));
}
