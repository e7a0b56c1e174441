//! Pictures, stencils and gradients as textures to paint with.

use std::sync::Arc;

use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::pattern::Pattern;
use hayro_interpret::{ImageData, LumaData};
use vello_cpu::peniko::{ImageAlphaType, ImageQuality, ImageSampler};
use vello_cpu::{Image, ImageSource, PixelMetadata, Pixmap};

/// Pixels, and where they lie.
pub(super) struct Texture {
    pub(super) image: Image,
    pub(super) width: f64,
    pub(super) height: f64,
    /// From the texture's pixels to the space of what it was made for: of a picture its own, of a gradient the page's pixels.
    pub(super) place: Affine,
}

/// A picture; `scale` is how many pixels of the page stand for one of it.
pub(super) fn picture(pixels: &ImageData, alpha: Option<&LumaData>, scale: f64) -> Option<Texture> {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let opaque = |x: usize, y: usize| alpha.map_or(255, |alpha| nearest(alpha, x, y, width, height));
    let at = |x: usize, y: usize| {
        let place = y * width + x;
        match pixels {
            ImageData::Rgb(rgb) => [rgb.data[place * 3], rgb.data[place * 3 + 1], rgb.data[place * 3 + 2], opaque(x, y)],
            ImageData::Luma(luma) => [luma.data[place], luma.data[place], luma.data[place], opaque(x, y)],
        }
    };
    texture(width, height, pixels.scale_factors(), pixels.interpolate(), scale, at)
}

/// A colour where a stencil lets it through.
pub(super) fn stencil(stencil: &LumaData, [red, green, blue, alpha]: [u8; 4], scale: f64) -> Option<Texture> {
    let (width, height) = (stencil.width as usize, stencil.height as usize);
    let at = |x: usize, y: usize| [red, green, blue, (u16::from(stencil.data[y * width + x]) * u16::from(alpha) / 255) as u8];
    texture(width, height, stencil.scale_factors, stencil.interpolate, scale, at)
}

/// A gradient over an area of the page's pixels; `None` for what is none, or an area that is not on the page.
pub(super) fn gradient(pattern: &Pattern<'_>, area: Rect) -> Option<Texture> {
    let Pattern::Shading(shading) = pattern else { return None };
    if area.width() <= 0.0 || area.height() <= 0.0 {
        return None;
    }
    let sampled = shading.encode().render_texture(area.expand(), 1.0);
    let (width, height) = (u16::try_from(sampled.width).ok()?, u16::try_from(sampled.height).ok()?);
    Some(Texture {
        image: image(sampled.data, width, height, true),
        width: f64::from(width),
        height: f64::from(height),
        place: sampled.transform,
    })
}

/// Averages pixels together where there are several for one of the page: a scan would look torn otherwise.
fn texture(
    width: usize,
    height: usize,
    factors: (f32, f32),
    smooth: bool,
    scale: f64,
    at: impl Fn(usize, usize) -> [u8; 4],
) -> Option<Texture> {
    let together = if scale.is_finite() && scale > 0.0 { (1.0 / scale).floor().clamp(1.0, 256.0) as usize } else { 1 };
    let (across, down) = (width.div_ceil(together), height.div_ceil(together));
    let mut data = Vec::with_capacity(across * down * 4);
    for row in 0..down {
        for column in 0..across {
            let ys = row * together..((row + 1) * together).min(height);
            let (mut sum, mut count) = ([0_u32; 4], 0);
            for y in ys {
                for x in column * together..((column + 1) * together).min(width) {
                    at(x, y).iter().zip(&mut sum).for_each(|(value, sum)| *sum += u32::from(*value));
                    count += 1;
                }
            }
            data.extend(sum.map(|sum| (sum / count.max(1)) as u8));
        }
    }
    let step = together as f64;
    let place = Affine::scale_non_uniform(f64::from(factors.0) * step, f64::from(factors.1) * step);
    let image = image(data, u16::try_from(across).ok()?, u16::try_from(down).ok()?, smooth || together > 1);
    // The last column and row may stand for fewer pixels than the others.
    Some(Texture { image, width: width as f64 / step, height: height as f64 / step, place })
}

fn image(data: Vec<u8>, width: u16, height: u16, smooth: bool) -> Image {
    let metadata = PixelMetadata { alpha_type: ImageAlphaType::Alpha, may_have_transparency: true };
    let quality = if smooth { ImageQuality::Medium } else { ImageQuality::Low };
    let pixels = Arc::new(Pixmap::from_parts(data, width, height, metadata));
    Image { image: ImageSource::Pixmap(pixels), sampler: ImageSampler { quality, ..ImageSampler::default() } }
}

/// The value of a mask for a pixel of a picture of another size.
fn nearest(mask: &LumaData, x: usize, y: usize, width: usize, height: usize) -> u8 {
    let (own_width, own_height) = (mask.width as usize, mask.height as usize);
    let place = (y * own_height / height.max(1)) * own_width + x * own_width / width.max(1);
    mask.data.get(place).copied().unwrap_or(255)
}
