//! Reads the whole chain and says whether it is as it was written.

use std::io::{BufRead, BufReader};
use std::path::Path;

use super::AuditError;
use super::chain::{self, Head, START};
use super::files::{CURRENT, full, read_head};

/// Bytes of one line at most; ours are far shorter.
const LINE_BYTES_MAX: u64 = 1 << 20;

/// A chain that is as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Lines there are.
    pub records: u64,
    /// Number of the oldest.
    pub first: u64,
    /// Hash of the last: who keeps it elsewhere can tell whether the chain was written anew.
    pub last_hash: String,
}

/// Reads every line.
///
/// # Errors
/// [`AuditError::Changed`] for the first line that is not as it was written, or for lines that are gone; [`AuditError::Io`].
pub fn verify(folder: &Path) -> Result<Verified, AuditError> {
    let io = |error| AuditError::Io { folder: folder.display().to_string(), error };
    let noted = read_head(folder).map_err(io)?;
    let mut files: Vec<_> = full(folder).map_err(io)?.into_iter().map(|(_, path)| path).collect();
    files.extend(Some(folder.join(CURRENT)).filter(|path| path.exists()));
    let mut reading =
        Reading { last: None, first: 0, records: 0, noted: noted.clone(), met_noted: noted.as_ref().is_none_or(|head| head.seq == 0) };
    for path in &files {
        reading.file(path).map_err(|error| match error {
            Failed::Io(error) => io(error),
            Failed::Changed(line, problem) => AuditError::Changed { file: name_of(path), line, problem },
        })?;
    }
    let (end, _) = reading.last.clone().unwrap_or_default();
    let gone = |problem: String| AuditError::Changed { file: CURRENT.to_owned(), line: 0, problem };
    if let Some(head) = &noted {
        if !reading.met_noted {
            return Err(gone(format!("lines are gone from the end: {} are left of {}", end, head.seq)));
        }
        if head.seq > 0 && reading.first != head.first {
            return Err(gone(format!("lines are gone from the beginning: it begins with {} and not with {}", reading.first, head.first)));
        }
    } else if reading.records > 0 {
        return Err(gone("head.json, which says where it ends, is gone".to_owned()));
    }
    let last_hash = reading.last.map_or_else(|| START.to_owned(), |(_, hash)| hash);
    Ok(Verified { records: reading.records, first: reading.first, last_hash })
}

enum Failed {
    Io(std::io::Error),
    Changed(u64, String),
}

struct Reading {
    last: Option<(u64, String)>,
    first: u64,
    records: u64,
    noted: Option<Head>,
    met_noted: bool,
}

impl Reading {
    fn file(&mut self, path: &Path) -> Result<(), Failed> {
        let mut reader = BufReader::new(fs_err::File::open(path).map_err(Failed::Io)?);
        let mut number = 0;
        loop {
            let mut line = Vec::new();
            let read = std::io::Read::take(&mut reader, LINE_BYTES_MAX).read_until(b'\n', &mut line).map_err(Failed::Io)?;
            if read == 0 {
                return Ok(());
            }
            number += 1;
            let changed = |problem: &str| Failed::Changed(number, problem.to_owned());
            let line = line.strip_suffix(b"\n").ok_or_else(|| changed("it has no end"))?;
            let (seq, prev, hash) = chain::read(line).map_err(changed)?;
            self.follow(seq, prev, hash).map_err(|problem| Failed::Changed(number, problem))?;
        }
    }

    fn follow(&mut self, seq: u64, prev: String, hash: String) -> Result<(), String> {
        match &self.last {
            Some((before, _)) if seq != before + 1 => return Err(format!("it is number {seq} and follows {before}")),
            Some((_, before)) if prev != *before => return Err("it does not follow the line before".to_owned()),
            None if seq == 1 && prev != START => return Err("the first line follows another".to_owned()),
            None => self.first = seq,
            Some(_) => {}
        }
        if let Some(head) = self.noted.as_ref().filter(|head| head.seq == seq) {
            if head.hash != hash {
                return Err("it is not the line that was noted as the last".to_owned());
            }
            self.met_noted = true;
        }
        self.records += 1;
        self.last = Some((seq, hash));
        Ok(())
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
