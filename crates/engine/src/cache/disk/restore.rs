//! What a folder holds, from the headers of its files alone.

use std::io;
use std::path::Path;
use std::time::SystemTime;

use fs_err::File;

use super::file::{ENDING, UNFINISHED, read_header};
use super::header::{BadHeader, Header};
use super::id::{Id, Naming};
use super::index::Index;
use super::key::Key;
use super::shelf::Shelf;
use super::{file, file::Place};

/// Puts every sound file of `folder` on a shelf, in the order of their use, and removes what can never be read: what was left
/// unfinished, what is damaged, what goes on from a run that is gone.
pub(super) fn restore(folder: &Path, fingerprint: &[u8; 32], key: Option<&Key>) -> io::Result<Shelf> {
    let mut shelf = Shelf::new(Naming::new(fingerprint, key));
    let mut found: Vec<(Header, SystemTime)> = Vec::new();
    let mut useless = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        if name.strip_suffix(UNFINISHED).and_then(Id::parse).is_some() {
            useless.push(path);
            continue;
        }
        let Some(id) = name.strip_suffix(ENDING).and_then(Id::parse) else { continue };
        match look(&path, id, key) {
            Ok((Ok(header), _, used)) => found.push((header, used)),
            Ok((Err(BadHeader::Foreign), bytes, _)) => shelf.sealed.push((id, bytes)),
            Ok((Err(BadHeader::Damaged), ..)) => {
                shelf.counts.damaged += 1;
                useless.push(path);
            }
            // It may be readable another time.
            Err(_) => shelf.counts.unreadable += 1,
        }
    }
    // Parents first.
    found.sort_by_key(|(header, _)| header.start);
    for (header, _) in &found {
        let &Header { id, parent, domain, start, end, file_bytes, .. } = header;
        let index = if header.fingerprint == *fingerprint {
            &mut shelf.own
        } else {
            shelf.foreign.entry(header.fingerprint).or_insert_with(|| Index::new(Naming::new(&header.fingerprint, key)))
        };
        if !index.insert(Place { id, parent, domain, start, end }, file_bytes, true) {
            useless.push(file::path(folder, id));
        }
    }
    // The time of a file is that of its last use.
    found.sort_by_key(|(_, used)| *used);
    for (header, _) in &found {
        let place = shelf.own.place(header.id);
        shelf.own.touch(place.as_slice());
    }
    // Their files have these times already.
    shelf.own.take_touched();
    shelf.latest = found.last().map_or(SystemTime::UNIX_EPOCH, |(_, used)| *used);
    for path in useless {
        // What cannot be removed is met again next time.
        let _ = fs_err::remove_file(path);
    }
    Ok(shelf)
}

/// Header, length and time of a file.
fn look(path: &Path, id: Id, key: Option<&Key>) -> io::Result<(Result<Header, BadHeader>, u64, SystemTime)> {
    let mut file = File::open(path)?;
    let about = file.metadata()?;
    let header = match read_header(&mut file, key) {
        Ok(header) => header,
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(BadHeader::Damaged),
        Err(error) => return Err(error),
    };
    let whole = |header: &Header| header.id == id && header.file_bytes == about.len();
    let header = header.and_then(|header| if whole(&header) { Ok(header) } else { Err(BadHeader::Damaged) });
    Ok((header, about.len(), about.modified()?))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::cache::Domain;

    const FINGERPRINT: [u8; 32] = [1; 32];

    fn id(number: u64) -> Id {
        let mut id = [0xff; 32];
        id[..8].copy_from_slice(&number.to_be_bytes());
        Id(id)
    }

    /// A header, and holes for all else.
    fn write(folder: &Path, key: Option<&Key>, number: u64, parent: Option<u64>, start: usize) {
        let (fingerprint, parent) = (FINGERPRINT, parent.map_or(Id::ROOT, id));
        let (domain, end, file_bytes) = (Domain([2; 32]), start + 100, 1 << 20);
        let header = Header { fingerprint, salt: [3; 32], id: id(number), parent, domain, start, end, file_bytes, table: [0; 32] };
        let mut file = File::create(file::path(folder, header.id)).unwrap();
        file.write_all(&header.encode(key)).unwrap();
        file.set_len(file_bytes).unwrap();
    }

    #[test]
    fn ten_thousand_files_are_known_again_in_a_moment() {
        for (key, count) in [(None, 10_000), (Some(Key::new([9; 32])), 1_000)] {
            let folder = tempfile::tempdir().unwrap();
            for number in 0..count {
                let parent = number - number % 10;
                let depth = usize::from(number != parent);
                write(folder.path(), key.as_ref(), number, (depth > 0).then_some(parent), 100 * depth);
            }
            let started = Instant::now();
            let shelf = restore(folder.path(), &FINGERPRINT, key.as_ref()).unwrap();
            let taken = started.elapsed();
            assert_eq!((shelf.own.stored(), shelf.bytes()), (count, count << 20));
            // A second is the promise; a machine that runs other tests meanwhile is given more.
            assert!(taken < Duration::from_secs(4), "{taken:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_any_more_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let names = |ending: &str| {
            let names = fs_err::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
            names.filter(|name| name.ends_with(ending)).count()
        };
        write(folder.path(), None, 1, None, 0);
        write(folder.path(), None, 2, Some(1), 100);
        write(folder.path(), None, 3, Some(7), 100);
        write(folder.path(), None, 4, Some(1), 50);
        fs_err::write(folder.path().join(format!("{}.tmp", id(5))), "unfinished").unwrap();
        fs_err::rename(file::path(folder.path(), id(2)), file::path(folder.path(), id(6))).unwrap();
        fs_err::write(folder.path().join("notes.tmp"), "somebody else's").unwrap();
        let shelf = restore(folder.path(), &FINGERPRINT, None).unwrap();
        assert_eq!((shelf.own.stored(), shelf.counts.damaged), (1, 1), "one under another name, two that go on from nothing");
        assert_eq!((names(".run"), names(".tmp")), (1, 1));
    }
}
