//! A snapshot out of the files of the runs that lead to it: pages from whichever file holds them last, states from the last file. Several
//! threads read at once, because one that waits for each megabyte gets a small part of what a disk can give.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};

use fs_err::File;

use super::file::{Fault, Files, Place, RunFile};
use super::form::{Part, pages};
use super::id::Id;
use crate::sequence::Sequence;

/// Threads that read one snapshot.
const READERS: usize = 4;

/// A unit that is needed: which file's, and its number there.
struct Wanted<'a> {
    id: Id,
    run: &'a RunFile,
    unit: usize,
}

impl Files {
    /// The snapshot after the last run of `chain`, whose runs follow each other from the first token on and hold `tokens`. Pages that are
    /// full in `base` are shared with it. Returns the bytes that were read too, or which run's file is at fault.
    pub(super) fn read(&self, chain: &[Place], tokens: &[u32], base: Option<(usize, &Sequence)>) -> Result<(Sequence, u64), (Id, Fault)> {
        let last = chain.last().expect("a chain has a run");
        let first_page = pages(base.map_or(0, |(length, _)| length), last.end).start;
        let mut runs = Vec::new();
        for (index, place) in chain.iter().enumerate() {
            let wanted = own_pages(place, chain.get(index + 1), first_page);
            if !wanted.is_empty() || index + 1 == chain.len() {
                let run = self.open(place, &tokens[place.start..place.end]).map_err(|fault| (place.id, fault))?;
                runs.push((place.id, run, wanted));
            }
        }
        let page_units = runs.iter().flat_map(|(id, run, pages)| {
            let unit = |page| Wanted { id: *id, run, unit: run.places.page_unit(page) };
            pages.clone().map(unit)
        });
        let state_units = runs.last().into_iter().flat_map(|(id, run, _)| {
            let unit = |unit| Wanted { id: *id, run, unit };
            run.places.state_units().map(unit)
        });
        let wanted: Vec<Wanted<'_>> = page_units.chain(state_units).collect();
        let bytes_read = wanted.iter().map(|wanted| wanted.run.places.bytes(wanted.unit) as u64).sum();
        let parts = self.read_units(&wanted)?;
        let sequence = self.form.assemble(last.end, base, parts).ok_or((last.id, Fault::Damaged))?;
        Ok((sequence, bytes_read))
    }

    /// Reads units, each by whichever thread is free.
    fn read_units(&self, wanted: &[Wanted<'_>]) -> Result<Vec<Part>, (Id, Fault)> {
        let (sender, received) = channel();
        let next = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..READERS.min(wanted.len()) {
                let (sender, next) = (sender.clone(), &next);
                scope.spawn(move || self.read_some(wanted, next, &sender));
            }
        });
        drop(sender);
        let mut parts: Vec<Option<Part>> = wanted.iter().map(|_| None).collect();
        for (index, part) in received {
            parts[index] = Some(part.map_err(|fault| (wanted[index].id, fault))?);
        }
        Ok(parts.into_iter().flatten().collect())
    }

    /// One thread's work; a fault ends it for all.
    fn read_some(&self, wanted: &[Wanted<'_>], next: &AtomicUsize, sender: &Sender<(usize, Result<Part, Fault>)>) {
        let mut open: Option<(Id, File)> = None;
        let mut bytes = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(unit) = wanted.get(index) else { return };
            let part = self.read_one(unit, &mut open, &mut bytes);
            if part.is_err() {
                next.store(wanted.len(), Ordering::Relaxed);
            }
            // Who collects lives longer than this.
            let _ = sender.send((index, part));
        }
    }

    fn read_one(&self, wanted: &Wanted<'_>, open: &mut Option<(Id, File)>, bytes: &mut Vec<u8>) -> Result<Part, Fault> {
        if open.as_ref().is_none_or(|(id, _)| *id != wanted.id) {
            *open = Some((wanted.id, File::open(&wanted.run.path)?));
        }
        let (_, file) = open.as_mut().expect("opened above");
        wanted.run.unit(file, wanted.unit, bytes)?;
        let is_state = wanted.run.places.state_units().contains(&wanted.unit);
        let part = if is_state { self.form.part_of_state(bytes) } else { self.form.part_of_page(bytes) };
        part.ok_or(Fault::Damaged)
    }
}

/// The pages from `first` on that are whole in the file of `place`: on the one on which it ends, the `next` run may go on, in whose file
/// that page is then whole.
fn own_pages(place: &Place, next: Option<&Place>, first: usize) -> Range<usize> {
    let all = pages(place.start, place.end);
    let end = next.map_or(all.end, |next| pages(next.start, next.end).start);
    all.start.max(first)..end
}
