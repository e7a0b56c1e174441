//! Draws a page: the interpreter's instructions as fills, strokes, clips and layers of `vello_cpu`, the rasteriser that hayro's own
//! renderer stands on. What a page of an office needs is drawn exactly: text, lines, pictures, transparency, gradients. What is rare and
//! can cost without end (a pattern of very many tiles) is left out.

use std::collections::HashMap;

use hayro_interpret::font::{Glyph, GlyphRun};
use hayro_interpret::kurbo::{Affine, BezPath, Rect, Shape, Stroke};
use hayro_interpret::pattern::Pattern;
use hayro_interpret::{
    BlendMode, CacheKey, ClipPath, Context, Device, DrawMode, DrawProps, FillRule, Image, ImageDrawProps, InterpreterCache,
    InterpreterSettings, MaskType, Paint, SoftMask, StrokeProps, TransformExt, interpret_page,
};
use vello_cpu::color::palette::css::{TRANSPARENT, WHITE};
use vello_cpu::color::{AlphaColor, Srgb};
use vello_cpu::peniko::{self, Compose, Fill, Mix};
use vello_cpu::{Mask, Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};

use super::PdfPage;
use super::paint::{self, Texture};

/// Masks kept of one page.
const MASKS_MAX: usize = 16;
/// Masks within masks.
const MASK_DEPTH_MAX: usize = 4;
/// Tiles of one patterned area.
const TILES_MAX: f64 = 2_000.0;

/// A page on white, `scale` pixels to a point.
pub(super) fn draw<'pdf>(page: &'pdf PdfPage<'pdf>, scale: f32) -> Pixmap {
    let (width, height) = page.render_dimensions();
    let pixels = |points: f32| (points * scale).round().clamp(1.0, f32::from(u16::MAX)) as u16;
    let mut canvas = Canvas::new(pixels(width), pixels(height), 0);
    let transform = Affine::scale(f64::from(scale)) * page.initial_transform(true).to_kurbo();
    let cache = InterpreterCache::new();
    let mut context = Context::new(transform, canvas.area(), &cache, page.xref(), InterpreterSettings::default());
    interpret_page(page, &mut context, &mut canvas);
    canvas.finish(WHITE)
}

struct Canvas {
    target: RenderContext,
    masks: HashMap<u128, Mask>,
    mask_depth: usize,
    /// What is open, innermost last: a page may close less than it opened, or more.
    open: Vec<Open>,
}

#[derive(PartialEq)]
enum Open {
    Clip,
    Group,
}

impl Canvas {
    fn new(width: u16, height: u16, mask_depth: usize) -> Self {
        Self { target: RenderContext::new(width, height), masks: HashMap::new(), mask_depth, open: Vec::new() }
    }

    fn area(&self) -> Rect {
        Rect::new(0.0, 0.0, f64::from(self.target.width()), f64::from(self.target.height()))
    }

    fn finish(mut self, background: AlphaColor<Srgb>) -> Pixmap {
        while let Some(open) = self.open.pop() {
            self.close(&open);
        }
        self.target.flush();
        let mut pixels = Pixmap::new(self.target.width(), self.target.height());
        let settings = RasterizerSettings { target_init: TargetInit::Clear(background), ..Default::default() };
        self.target.render_with(&mut pixels, &mut Resources::default(), settings);
        pixels
    }

    fn close(&mut self, open: &Open) {
        match open {
            Open::Clip => self.target.pop_clip(),
            Open::Group => self.target.pop_layer(),
        }
    }

    fn close_innermost(&mut self, wanted: Open) {
        if self.open.pop_if(|open| *open == wanted).is_some() {
            self.close(&wanted);
        }
    }

    /// What the mask lets through, in the size of the page.
    fn mask(&mut self, mask: &SoftMask<'_>) -> Option<Mask> {
        if self.mask_depth == MASK_DEPTH_MAX {
            return None;
        }
        let key = mask.cache_key();
        if let Some(known) = self.masks.get(&key) {
            return Some(known.clone());
        }
        let mut canvas = Self::new(self.target.width(), self.target.height(), self.mask_depth + 1);
        let luminous = matches!(mask.mask_type(), MaskType::Luminosity);
        mask.interpret(&mut canvas);
        let made = if luminous {
            let [red, green, blue, _] = mask.background_color().to_rgba().to_rgba8();
            Mask::new_luminance(&canvas.finish(AlphaColor::from_rgba8(red, green, blue, 255)))
        } else {
            Mask::new_alpha(&canvas.finish(TRANSPARENT))
        };
        if self.masks.len() < MASKS_MAX {
            self.masks.insert(key, made.clone());
        }
        Some(made)
    }

    fn set_up(&mut self, transform: Affine, mask: Option<&SoftMask<'_>>, blend: BlendMode) {
        self.target.set_transform(transform);
        self.target.set_paint_transform(Affine::IDENTITY);
        self.target.set_blend_mode(blend_mode(blend));
        match mask.and_then(|mask| self.mask(mask)) {
            Some(mask) => self.target.set_mask(mask),
            None => self.target.reset_mask(),
        }
    }

    /// Fills or strokes with what `props` says.
    fn shape(&mut self, path: &BezPath, props: &DrawProps<'_>, stroke: Option<&StrokeProps>, rule: FillRule) {
        self.set_up(props.transform, props.soft_mask.as_ref(), props.blend_mode);
        match &props.paint {
            Paint::Color(color) => {
                let [red, green, blue, alpha] = color.to_rgba().to_rgba8();
                self.target.set_paint(AlphaColor::<Srgb>::from_rgba8(red, green, blue, alpha));
            }
            Paint::Pattern(pattern) => {
                let reach = stroke.map_or(0.0, |stroke| f64::from(stroke.line_width));
                let covered = props.transform.transform_rect_bbox(path.bounding_box().inflate(reach, reach)).intersect(self.area());
                let Some(texture) = paint::gradient(pattern, covered) else { return };
                self.lay(texture, props.transform);
            }
        }
        match stroke {
            Some(stroke) => {
                self.target.set_stroke(pen(stroke, props.transform));
                self.target.stroke_path(path);
            }
            None => {
                self.target.set_fill_rule(fill_rule(rule));
                self.target.fill_path(path);
            }
        }
    }

    /// Paints with a texture that lies in the page's pixels, whatever the transform of what is painted.
    fn lay(&mut self, texture: Texture, transform: Affine) {
        self.target.set_paint(texture.image);
        self.target.set_paint_transform(transform.inverse() * texture.place);
    }

    /// Fills an area with tiles, each drawn anew.
    fn tile<'a>(&mut self, path: &BezPath, props: &DrawProps<'a>, rule: FillRule) -> bool {
        let Paint::Pattern(pattern) = &props.paint else { return false };
        let Pattern::Tiling(tile) = &**pattern else { return false };
        let outline = props.transform * path.clone();
        let reached = tile.matrix.inverse().transform_rect_bbox(outline.bounding_box().intersect(self.area()));
        let steps = |from: f64, to: f64, step: f32, cell: (f64, f64)| {
            let step = f64::from(step.abs());
            (((from - cell.1) / step).floor(), ((to - cell.0) / step).ceil(), step)
        };
        let (left, right, across) = steps(reached.x0, reached.x1, tile.x_step, (tile.bbox.x0, tile.bbox.x1));
        let (top, bottom, down) = steps(reached.y0, reached.y1, tile.y_step, (tile.bbox.y0, tile.bbox.y1));
        let tiles = (right - left + 1.0) * (bottom - top + 1.0);
        if !(tiles > 0.0 && tiles <= TILES_MAX) {
            return true;
        }
        self.set_up(Affine::IDENTITY, props.soft_mask.as_ref(), BlendMode::Normal);
        self.target.set_fill_rule(fill_rule(rule));
        self.target.push_layer(Some(&outline), Some(blend_mode(props.blend_mode)), Some(tile.opacity), None, None);
        for row in 0..=(bottom - top) as u32 {
            for column in 0..=(right - left) as u32 {
                let at = ((left + f64::from(column)) * across, (top + f64::from(row)) * down);
                let _ = tile.interpret(self, tile.matrix * Affine::translate(at), false);
            }
        }
        self.target.pop_layer();
        true
    }

    fn picture(&mut self, texture: Texture, props: &ImageDrawProps<'_>) {
        self.set_up(props.transform * texture.place, props.soft_mask.as_ref(), props.blend_mode);
        self.target.set_paint(texture.image);
        self.target.set_fill_rule(Fill::NonZero);
        self.target.fill_rect(&Rect::new(0.0, 0.0, texture.width, texture.height));
    }
}

impl<'a> Device<'a> for Canvas {
    fn draw_path(&mut self, path: &BezPath, props: DrawProps<'a>, mode: &DrawMode) {
        if let DrawMode::Fill(rule) | DrawMode::FillAndStroke(rule, _) = mode
            && !self.tile(path, &props, *rule)
        {
            self.shape(path, &props, None, *rule);
        }
        if let DrawMode::Stroke(stroke) | DrawMode::FillAndStroke(_, stroke) = mode {
            self.shape(path, &props, Some(stroke), FillRule::NonZero);
        }
    }

    fn draw_glyph_run(&mut self, run: &GlyphRun<'_, 'a>, props: DrawProps<'a>, mode: &DrawMode) {
        if matches!(mode, DrawMode::Invisible) {
            return;
        }
        for positioned in run.glyphs() {
            match &**positioned {
                Glyph::Outline(glyph) => self.draw_path(&(positioned.transform() * glyph.outline()), props.clone(), mode),
                Glyph::Type3(glyph) => glyph.interpret(self, props.transform, positioned.transform(), &props.paint),
            }
        }
    }

    fn draw_image(&mut self, image: Image<'a, '_>, props: ImageDrawProps<'a>) {
        let [a, b, c, d, ..] = props.transform.as_coeffs();
        // Pixels of the page for a pixel of the image.
        let scale = a.hypot(b).max(c.hypot(d));
        match image {
            Image::Raster(image) => image.with_rgba(
                |pixels, alpha| {
                    if let Some(texture) = paint::picture(&pixels, alpha.as_ref(), scale) {
                        self.picture(texture, &props);
                    }
                },
                None,
            ),
            Image::Stencil(image) => image.with_stencil(
                |stencil, paint| {
                    // A stencil of a pattern is as rare as it is hard; black says what it says.
                    let color = if let Paint::Color(color) = paint { color.to_rgba().to_rgba8() } else { [0, 0, 0, 255] };
                    if let Some(texture) = paint::stencil(&stencil, color, scale) {
                        self.picture(texture, &props);
                    }
                },
                None,
            ),
        }
    }

    fn push_clip_path(&mut self, clip: &ClipPath) {
        self.set_up(Affine::IDENTITY, None, BlendMode::Normal);
        self.target.set_fill_rule(fill_rule(clip.fill));
        self.target.push_clip_path(&clip.path);
        self.open.push(Open::Clip);
    }

    fn push_transparency_group(&mut self, opacity: f32, mask: Option<SoftMask<'a>>, blend: BlendMode) {
        let mask = mask.and_then(|mask| self.mask(&mask));
        self.set_up(Affine::IDENTITY, None, BlendMode::Normal);
        self.target.push_layer(None, Some(blend_mode(blend)), Some(opacity), mask, None);
        self.open.push(Open::Group);
    }

    fn pop_clip(&mut self) {
        self.close_innermost(Open::Clip);
    }

    fn pop_transparency_group(&mut self) {
        self.close_innermost(Open::Group);
    }
}

fn pen(stroke: &StrokeProps, transform: Affine) -> Stroke {
    // The thinnest line is one pixel wide: that is what a width of 0 means (ISO 32000-1, 8.4.3.2).
    let thinnest = 1.0 / transform.determinant().abs().sqrt().max(1e-6);
    let dashes = stroke.dash_array.iter().map(|length| f64::from(*length));
    Stroke::new(f64::from(stroke.line_width).max(thinnest))
        .with_caps(stroke.line_cap)
        .with_join(stroke.line_join)
        .with_miter_limit(f64::from(stroke.miter_limit))
        .with_dashes(f64::from(stroke.dash_offset), dashes)
}

fn fill_rule(rule: FillRule) -> Fill {
    match rule {
        FillRule::NonZero => Fill::NonZero,
        FillRule::EvenOdd => Fill::EvenOdd,
    }
}

fn blend_mode(mode: BlendMode) -> peniko::BlendMode {
    let mix = match mode {
        BlendMode::Normal => Mix::Normal,
        BlendMode::Multiply => Mix::Multiply,
        BlendMode::Screen => Mix::Screen,
        BlendMode::Overlay => Mix::Overlay,
        BlendMode::Darken => Mix::Darken,
        BlendMode::Lighten => Mix::Lighten,
        BlendMode::ColorDodge => Mix::ColorDodge,
        BlendMode::ColorBurn => Mix::ColorBurn,
        BlendMode::HardLight => Mix::HardLight,
        BlendMode::SoftLight => Mix::SoftLight,
        BlendMode::Difference => Mix::Difference,
        BlendMode::Exclusion => Mix::Exclusion,
        BlendMode::Hue => Mix::Hue,
        BlendMode::Saturation => Mix::Saturation,
        BlendMode::Color => Mix::Color,
        BlendMode::Luminosity => Mix::Luminosity,
    };
    peniko::BlendMode::new(mix, Compose::SrcOver)
}
