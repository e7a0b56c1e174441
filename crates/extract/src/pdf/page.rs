//! One page of a PDF as people see it.

use hayro_interpret::InterpreterCache;
use pinakes_config::limits::ExtractLimits;

use super::letters::{self, Sought};
use super::{PdfPage, collect, draw, open};
use crate::outcome::Rejection;
use crate::{png, reasons};

/// What can be told of a page without drawing it.
pub(crate) struct Measured {
    /// Width and height, points.
    pub(crate) size: [f32; 2],
    /// Where what was sought stands: left, top, width, height, as shares of the page.
    pub(crate) boxes: Vec<[f32; 4]>,
}

/// A page's size, and where on it words stand; no boxes where they cannot be found.
pub(crate) fn boxes(bytes: &[u8], number: u32, sought: Option<&Sought>, limits: &ExtractLimits) -> Result<Measured, Rejection> {
    let pdf = open(bytes)?;
    let page = page(pdf.pages(), number)?;
    let (width, height) = page.render_dimensions();
    let cache = InterpreterCache::new();
    let letters = sought.map(|_| letters::of(collect(page, &cache, limits).glyphs)).unwrap_or_default();
    let found = sought.and_then(|sought| letters::find(&letters, sought)).unwrap_or_default();
    let share = |[left, top, right, bottom]: [f64; 4]| {
        let along = |value: f64, whole: f32| (value / f64::from(whole)).clamp(0.0, 1.0) as f32;
        let (left, top) = (along(left, width), along(top, height));
        [left, top, along(right, width) - left, along(bottom, height) - top]
    };
    Ok(Measured { size: [width, height], boxes: letters::boxes(&letters[found]).into_iter().map(share).collect() })
}

/// A page as PNG, on white.
pub(crate) fn image(bytes: &[u8], number: u32, limits: &ExtractLimits) -> Result<Vec<u8>, Rejection> {
    let pdf = open(bytes)?;
    let page = page(pdf.pages(), number)?;
    let scale = scale(page.render_dimensions(), limits).ok_or_else(|| reasons::damaged("its page has no size"))?;
    let drawn = draw::draw(page, scale);
    let png = png::encode(drawn.width(), drawn.height(), drawn.data_as_u8_slice()).map_err(|error| reasons::cannot_read(&error))?;
    if png.len() > limits.page_image_bytes_max {
        return Err(reasons::page_too_large());
    }
    Ok(png)
}

fn page<'pages, 'pdf>(pages: &'pages [PdfPage<'pdf>], number: u32) -> Result<&'pages PdfPage<'pdf>, Rejection> {
    let place = number.checked_sub(1).map(|place| place as usize);
    place.and_then(|place| pages.get(place)).ok_or_else(|| reasons::no_such_page(number))
}

/// Pixels for a point: as wide as is wanted, but no more pixels altogether than are allowed.
fn scale((width, height): (f32, f32), limits: &ExtractLimits) -> Option<f32> {
    let fits = |value: f32| value.is_finite() && value > 0.0;
    if !fits(width) || !fits(height) {
        return None;
    }
    let wide = limits.page_image_width_px as f32 / width;
    let few = (limits.page_image_pixels_max as f32 / width / height).sqrt();
    let scale = wide.min(few);
    // A strip may still be too thin or too long to be an image.
    let side = |length: f32| (1.0..=f32::from(u16::MAX)).contains(&(length * scale));
    (side(width) && side(height)).then_some(scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_scaled_to_what_is_wanted_and_allowed() {
        let limits = ExtractLimits::default();
        let a4 = scale((595.0, 842.0), &limits).unwrap();
        assert_eq!((595.0 * a4).round(), limits.page_image_width_px as f32);
        let long = scale((595.0, 60_000.0), &limits).unwrap();
        assert!(595.0 * long * 60_000.0 * long <= limits.page_image_pixels_max as f32 * 1.01);
        for none in [(0.0, 10.0), (f32::NAN, 10.0), (10.0, f32::INFINITY), (0.01, 100_000.0)] {
            assert_eq!(scale(none, &limits), None, "{none:?}");
        }
    }
}
