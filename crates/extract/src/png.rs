//! Pixels as PNG (ISO/IEC 15948): one picture of true colour, each row as its difference to the row above, in which paper is nothing.

use std::io::{self, Write};

use flate2::write::ZlibEncoder;
use flate2::{Compression, Crc};

const SIGNATURE: [u8; 8] = [0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a];
/// Bits in a channel; RGB; deflate; the five filters; not interlaced.
const FORMAT: [u8; 5] = [8, 2, 0, 0, 0];
/// The filter "Up".
const UP: u8 = 2;

/// `pixels` are RGBA, row after row, of a picture that is opaque everywhere.
pub(crate) fn encode(width: u16, height: u16, pixels: &[u8]) -> io::Result<Vec<u8>> {
    let mut rows = ZlibEncoder::new(Vec::new(), Compression::default());
    let row_bytes = usize::from(width) * 4;
    let mut above = vec![0; row_bytes];
    let mut line = Vec::with_capacity(usize::from(width) * 3 + 1);
    for row in pixels.chunks_exact(row_bytes.max(1)) {
        line.clear();
        line.push(UP);
        for (pixel, upper) in row.chunks_exact(4).zip(above.chunks_exact(4)) {
            line.extend((0..3).map(|channel| pixel[channel].wrapping_sub(upper[channel])));
        }
        rows.write_all(&line)?;
        above.copy_from_slice(row);
    }
    let mut png = SIGNATURE.to_vec();
    let mut header = [u32::from(width).to_be_bytes(), u32::from(height).to_be_bytes()].concat();
    header.extend(FORMAT);
    chunk(&mut png, *b"IHDR", &header)?;
    chunk(&mut png, *b"IDAT", &rows.finish()?)?;
    chunk(&mut png, *b"IEND", &[])?;
    Ok(png)
}

fn chunk(png: &mut Vec<u8>, kind: [u8; 4], data: &[u8]) -> io::Result<()> {
    let mut sum = Crc::new();
    sum.update(&kind);
    sum.update(data);
    png.extend(u32::try_from(data.len()).map_err(io::Error::other)?.to_be_bytes());
    png.extend(kind);
    png.extend(data);
    png.extend(sum.sum().to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::ZlibDecoder;

    use super::*;

    #[test]
    fn rows_come_out_as_they_went_in() {
        let pixels = [[1, 2, 3, 255], [4, 5, 6, 255], [7, 8, 9, 255], [3, 2, 1, 255]].concat();
        let png = encode(2, 2, &pixels).unwrap();
        assert_eq!(&png[..8], SIGNATURE);
        // The checksum every empty IEND has.
        assert_eq!(png[png.len() - 12..], [0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae, 0x42, 0x60, 0x82]);
        let data = 8 + 12 + 13 + 8;
        let length = u32::from_be_bytes(png[data - 8..data - 4].try_into().unwrap()) as usize;
        let mut rows = Vec::new();
        ZlibDecoder::new(&png[data..data + length]).read_to_end(&mut rows).unwrap();
        assert_eq!(rows, [2, 1, 2, 3, 4, 5, 6, 2, 6, 6, 6, 255, 253, 251]);
    }
}
