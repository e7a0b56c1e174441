//! One run in one file: written whole or not at all, read unit by unit, each checked before it is used.

use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fs_err::File;

use super::form::Form;
use super::header::{BadHeader, HEADER_BYTES, Header, salt};
use super::id::Id;
use super::key::{Key, Sealer, Tag, digest};
use super::places::Places;
use crate::cache::Domain;
use crate::sequence::Sequence;

/// What files of runs end in.
pub(super) const ENDING: &str = ".run";
/// What they end in while they are being written.
pub(super) const UNFINISHED: &str = ".tmp";

/// Why a file did not give what it should hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not as it was written.
    Damaged,
    /// It is gone, or reading failed.
    Unreadable,
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        if error.kind() == ErrorKind::UnexpectedEof { Self::Damaged } else { Self::Unreadable }
    }
}

/// A run, and the place that its name says it has in the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) id: Id,
    pub(super) parent: Id,
    pub(super) domain: Domain,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Where a run's file is.
pub(super) fn path(folder: &Path, id: Id) -> PathBuf {
    folder.join(format!("{id}{ENDING}"))
}

/// What all files of one engine have in common.
pub(super) struct Files {
    pub(super) folder: PathBuf,
    pub(super) fingerprint: [u8; 32],
    pub(super) key: Option<Key>,
    pub(super) form: Form,
}

impl Files {
    /// Bytes of the file of a run.
    pub(super) fn bytes(&self, start: usize, end: usize) -> u64 {
        Places::new(&self.form, start, end).file_bytes()
    }

    /// Writes `tokens`, which stand at `place` in `snapshot`, and makes it durable before it gets its name.
    /// Returns the time that the file bears.
    pub(super) fn write(&self, place: &Place, tokens: &[u32], snapshot: &Sequence) -> io::Result<SystemTime> {
        let unfinished = self.folder.join(format!("{}{UNFINISHED}", place.id));
        let named = |time| fs_err::rename(&unfinished, path(&self.folder, place.id)).map(|()| time);
        let written = self.write_to(&unfinished, place, tokens, snapshot).and_then(named);
        if written.is_err() {
            // The error that is told is the first one; what is left over is swept when the folder is opened.
            let _ = fs_err::remove_file(&unfinished);
        }
        written
    }

    fn write_to(&self, path: &Path, place: &Place, tokens: &[u32], snapshot: &Sequence) -> io::Result<SystemTime> {
        let places = Places::new(&self.form, place.start, place.end);
        let &Place { id, parent, domain, start, end } = place;
        let (fingerprint, file_bytes) = (self.fingerprint, places.file_bytes());
        let mut header = Header { fingerprint, salt: [0; 32], id, parent, domain, start, end, file_bytes, table: [0; 32] };
        let mut unit = Vec::new();
        if self.key.is_some() {
            let contents: Vec<Tag> = (1..places.units())
                .map(|number| {
                    self.unit(&places, number, snapshot, &mut unit);
                    digest(&[], &unit)
                })
                .collect();
            header.salt = salt(self.key.as_ref(), &header, &contents);
        }
        let sealer = Sealer::new(self.key.as_ref(), &header.salt);

        let mut file = File::create(path)?;
        file.seek(SeekFrom::Start(places.at(1)))?;
        let mut table: Vec<u8> = tokens.iter().flat_map(|token| token.to_le_bytes()).collect();
        for number in 1..places.units() {
            self.unit(&places, number, snapshot, &mut unit);
            table.extend_from_slice(&sealer.seal(number as u32, &[], &mut unit));
            unit.resize(unit.len().next_multiple_of(HEADER_BYTES), 0);
            file.write_all(&unit)?;
        }
        header.table = sealer.seal(0, &[], &mut table);
        file.rewind()?;
        file.write_all(&header.encode(self.key.as_ref()))?;
        file.write_all(&table)?;
        // A table at the very end is not followed by padding yet.
        file.set_len(places.file_bytes())?;
        file.sync_all()?;
        file.metadata()?.modified()
    }

    /// Gives the file of a run a time, which says when it was used last.
    pub(super) fn set_used(&self, id: Id, time: SystemTime) {
        // Where it cannot be told the order of eviction is a little worse, after a restart only.
        let _ = File::open(path(&self.folder, id)).and_then(|file| file.file().set_modified(time));
    }

    /// What unit `number` (1 or above) holds.
    fn unit(&self, places: &Places, number: usize, snapshot: &Sequence, out: &mut Vec<u8>) {
        match number - 1 {
            page if page < places.pages.len() => self.form.page(snapshot, places.pages.start + page, out),
            state => self.form.state(snapshot, state - places.pages.len(), out),
        }
    }

    /// Checks the file of a run whose tokens must be `tokens`, all but its pages and states.
    pub(super) fn open(&self, place: &Place, tokens: &[u32]) -> Result<RunFile, Fault> {
        let path = path(&self.folder, place.id);
        let mut file = File::open(&path)?;
        let header = read_header(&mut file, self.key.as_ref())?.map_err(|_| Fault::Damaged)?;
        let places = Places::new(&self.form, place.start, place.end);
        let found = Place { id: header.id, parent: header.parent, domain: header.domain, start: header.start, end: header.end };
        if found != *place || header.fingerprint != self.fingerprint || header.file_bytes != places.file_bytes() {
            return Err(Fault::Damaged);
        }
        let sealer = Sealer::new(self.key.as_ref(), &header.salt);
        let mut run = RunFile { path, tags: vec![header.table], sealer, places };
        let mut table = Vec::new();
        run.unit(&mut file, 0, &mut table)?;
        let (found, tags) = run.places.table(&table);
        run.tags.extend(tags);
        if found == tokens { Ok(run) } else { Err(Fault::Damaged) }
    }
}

/// The header at the start of a file.
pub(super) fn read_header(file: &mut File, key: Option<&Key>) -> io::Result<Result<Header, BadHeader>> {
    let mut bytes = [0; HEADER_BYTES];
    file.read_exact(&mut bytes)?;
    Ok(Header::decode(&mut bytes, key))
}

/// A file that is being read, by as many as like: each with a handle of its own.
pub(super) struct RunFile {
    pub(super) path: PathBuf,
    pub(super) places: Places,
    /// Of every unit.
    tags: Vec<Tag>,
    sealer: Sealer,
}

impl RunFile {
    /// Reads a unit and checks it.
    pub(super) fn unit(&self, file: &mut File, number: usize, out: &mut Vec<u8>) -> Result<(), Fault> {
        out.resize(self.places.bytes(number), 0);
        file.seek(SeekFrom::Start(self.places.at(number)))?;
        file.read_exact(out)?;
        let whole = self.sealer.open(number as u32, &[], out, &self.tags[number]);
        if whole { Ok(()) } else { Err(Fault::Damaged) }
    }
}
