//! Reads a file's bytes so that they are one consistent version: size known first, regular files only, and read again when the file
//! changed meanwhile.

use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::Path;

use fs_err::File;
use fs_err::os::unix::fs::OpenOptionsExt;
use pinakes_config::limits::ExtractLimits;

use crate::outcome::Rejection;
use crate::reasons;

/// Times a file that changed is read again.
const RETRIES_MAX: usize = 2;

/// The bytes of a file.
///
/// # Errors
/// The reason there are none, with the size as far as known.
pub(crate) fn read(path: &Path, limits: &ExtractLimits) -> Result<Vec<u8>, (Rejection, u64)> {
    read_watched(path, limits, &mut |_| {})
}

/// As [`read`]; `between` is called with each attempt's number after its bytes were read and before the file is looked at again.
fn read_watched(path: &Path, limits: &ExtractLimits, between: &mut dyn FnMut(usize)) -> Result<Vec<u8>, (Rejection, u64)> {
    let mut size = 0;
    for attempt in 0..=RETRIES_MAX {
        // Without O_NONBLOCK opening a named pipe would wait for a writer for ever.
        let nonblocking = i32::try_from(rustix::fs::OFlags::NONBLOCK.bits()).expect("O_NONBLOCK is a small bit");
        let unreadable = |error: std::io::Error| (reasons::cannot_read(&error), size);
        let mut file = fs_err::OpenOptions::new().read(true).custom_flags(nonblocking).open(path).map_err(unreadable)?;
        let before = file.metadata().map_err(unreadable)?;
        if !before.is_file() {
            return Err((reasons::not_a_file(what(&before)), 0));
        }
        size = before.len();
        if size > limits.file_bytes_max {
            return Err((reasons::too_large(size, limits.file_bytes_max, "bytes", "file_bytes_max"), size));
        }
        let bytes = read_bounded(&mut file, limits.file_bytes_max).map_err(|error| (reasons::cannot_read(&error), size))?;
        between(attempt);
        let stamp =
            |metadata: &std::fs::Metadata| (metadata.len(), metadata.mtime(), metadata.mtime_nsec(), metadata.ctime_nsec(), metadata.ino());
        // By path, so that a file replaced by renaming counts as changed too.
        let unchanged = fs_err::metadata(path).is_ok_and(|after| stamp(&after) == stamp(&before)) && bytes.len() as u64 == size;
        if unchanged {
            return Ok(bytes);
        }
    }
    Err((reasons::changed_while_reading(), size))
}

fn read_bounded(file: &mut File, bytes_max: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.by_ref().take(bytes_max + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn what(metadata: &std::fs::Metadata) -> &'static str {
    let kind = metadata.file_type();
    match () {
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a named pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_while(change: impl Fn(&Path, usize)) -> Result<Vec<u8>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        fs_err::write(&path, "one").unwrap();
        let read = read_watched(&path, &ExtractLimits::default(), &mut |attempt| change(&path, attempt));
        read.map_err(|(rejection, _)| rejection.reason().code.clone())
    }

    #[test]
    fn a_file_that_changed_once_is_read_again() {
        let read = read_while(|path, attempt| {
            if attempt == 0 {
                fs_err::write(path, "second").unwrap();
            }
        });
        assert_eq!(read, Ok(b"second".to_vec()));
    }

    #[test]
    fn a_file_that_keeps_changing_is_not_half_read() {
        let read = read_while(|path, attempt| fs_err::write(path, "x".repeat(10 + attempt)).unwrap());
        assert_eq!(read, Err("changed_while_reading".into()));
    }

    #[test]
    fn a_file_replaced_meanwhile_counts_as_changed() {
        let read = read_while(|path, attempt| {
            if attempt == 0 {
                let other = path.with_extension("new");
                fs_err::write(&other, "two").unwrap();
                fs_err::rename(&other, path).unwrap();
            }
        });
        assert_eq!(read, Ok(b"two".to_vec()));
    }

    #[test]
    fn what_is_no_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let (rejection, _) = read(folder.path(), &ExtractLimits::default()).unwrap_err();
        assert_eq!((rejection.reason().code.as_str(), rejection.reason().message.contains("a folder")), ("not_a_file", true));
        let (rejection, _) = read(Path::new("/dev/null"), &ExtractLimits::default()).unwrap_err();
        assert!(rejection.reason().message.contains("a device"));
        let (rejection, _) = read(&folder.path().join("gone"), &ExtractLimits::default()).unwrap_err();
        assert_eq!(rejection.reason().code, "not_found");
    }

    #[test]
    fn a_file_too_large_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("big");
        fs_err::File::create(&path).unwrap().set_len(200_000_000).unwrap();
        let (rejection, bytes) = read(&path, &ExtractLimits::default()).unwrap_err();
        assert_eq!((rejection.reason().code.as_str(), bytes), ("too_large", 200_000_000));
    }
}
