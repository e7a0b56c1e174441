//! A snapshot out of the files of the runs that lead to it: pages from whichever file holds them last, states from the last file.

use super::file::{Fault, Files, Place, RunFile};
use super::form::{Assembly, pages};
use super::id::Id;
use crate::sequence::Sequence;

impl Files {
    /// The snapshot after the last run of `chain`, whose runs follow each other from the first token on and hold `tokens`. Pages that are
    /// full in `base` are shared with it. Returns the bytes that were read too, or which run's file is at fault.
    pub(super) fn read(&self, chain: &[Place], tokens: &[u32], base: Option<(usize, &Sequence)>) -> Result<(Sequence, u64), (Id, Fault)> {
        let last = chain.last().expect("a chain has a run");
        let first_page = pages(base.map_or(0, |(length, _)| length), last.end).start;
        let mut assembly = Assembly::new(&self.form, base);
        let (mut unit, mut bytes_read) = (Vec::new(), 0);
        for (index, place) in chain.iter().enumerate() {
            // The page on which this run ends and the next goes on is whole in the next one's file only.
            let next_start = chain.get(index + 1).map(|next| pages(next.start, next.end).start);
            let mine = pages(place.start, place.end);
            let wanted = mine.start.max(first_page)..next_start.unwrap_or(mine.end);
            if wanted.is_empty() && next_start.is_some() {
                continue;
            }
            let at_fault = |fault| (place.id, fault);
            let mut file = self.open(place, &tokens[place.start..place.end]).map_err(at_fault)?;
            for page in wanted {
                file.page(page, &mut unit).map_err(at_fault)?;
                assembly.page(&unit).ok_or((place.id, Fault::Damaged))?;
            }
            if next_start.is_none() {
                self.states(&mut file, &mut assembly, &mut unit).map_err(at_fault)?;
            }
            bytes_read += file.bytes_read;
        }
        let sequence = assembly.finish(last.end).ok_or((last.id, Fault::Damaged))?;
        Ok((sequence, bytes_read))
    }

    fn states(&self, file: &mut RunFile, assembly: &mut Assembly<'_>, unit: &mut Vec<u8>) -> Result<(), Fault> {
        for number in 0..self.form.states() {
            file.state(number, unit)?;
            assembly.state(unit).ok_or(Fault::Damaged)?;
        }
        Ok(())
    }
}
