//! What parent and child say to each other: JSON, each message after its length in four bytes, little end first.

use std::ffi::OsString;
use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use crate::seen::PageWanted;

/// One file to read, or one page of it to look at. The answer to the first is an `Extraction`; to the second a `Result<PageSeen, Reason>`
/// and, in a message of its own, the image's bytes, which may be none.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Request {
    /// Absolute path; file names need not be UTF-8.
    pub(crate) path: OsString,
    /// The page to look at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) page: Option<PageWanted>,
}

/// Longest request, in bytes.
pub(crate) const REQUEST_BYTES_MAX: u32 = 1 << 20;

/// A message with its length in front.
pub(crate) fn frame<T: Serialize>(message: &T) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; 4];
    serde_json::to_writer(&mut bytes, message)?;
    let length = header(bytes.len() - 4)?;
    bytes[..4].copy_from_slice(&length);
    Ok(bytes)
}

fn header(length: usize) -> io::Result<[u8; 4]> {
    Ok(u32::try_from(length).map_err(io::Error::other)?.to_le_bytes())
}

/// Reads a message's bytes; `None` when the other side is done.
pub(crate) fn read_frame(input: &mut impl Read, bytes_max: u32) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    match input.read_exact(&mut length) {
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    let length = checked_length(length, bytes_max)?;
    let mut bytes = vec![0; length];
    input.read_exact(&mut bytes)?;
    Ok(Some(bytes))
}

/// The length a header announces.
///
/// # Errors
/// When it exceeds what the receiver will hold.
pub(crate) fn checked_length(header: [u8; 4], bytes_max: u32) -> io::Result<usize> {
    let length = u32::from_le_bytes(header);
    if length > bytes_max {
        return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a message of {length} bytes, and {bytes_max} is the limit")));
    }
    Ok(length as usize)
}

/// Writes a message.
pub(crate) fn write_frame<T: Serialize>(output: &mut impl Write, message: &T) -> io::Result<()> {
    output.write_all(&frame(message)?)?;
    output.flush()
}

/// Writes bytes as a message.
pub(crate) fn write_bytes(output: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    output.write_all(&header(bytes.len())?)?;
    output.write_all(bytes)?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn names_that_are_not_utf8_survive() {
        use std::os::unix::ffi::OsStringExt;
        let path = OsString::from_vec(b"/tmp/b\xe9zier.txt".to_vec());
        let mut wire = Vec::new();
        write_frame(&mut wire, &Request { path: path.clone(), page: None }).unwrap();
        let bytes = read_frame(&mut wire.as_slice(), REQUEST_BYTES_MAX).unwrap().unwrap();
        assert_eq!(serde_json::from_slice::<Request>(&bytes).unwrap().path, path);
    }

    #[test]
    fn a_length_beyond_the_limit_is_refused_before_it_is_allocated() {
        assert_eq!(read_frame(&mut &b"\xff\xff\xff\xff"[..], 10).unwrap_err().kind(), io::ErrorKind::InvalidData);
        assert!(read_frame(&mut &b""[..], 10).unwrap().is_none());
    }
}
