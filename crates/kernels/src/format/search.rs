//! The scales of a few elements that lose least: candidates around the obvious one, each refined by weighted least squares.
//!
//! Large weights matter more to a product than small ones, hence the weights of the error: `x²` where codes are symmetric,
//! `|x| + rms` where a minimum is subtracted (the choices of ggml's quantiser, whose files these stand beside).

/// How far candidates stray from the obvious scale, in codes.
const STEPS: i32 = 9;

/// Scale ≥ 0 and minimum ≥ 0 such that `scale · code − minimum` is near `values`, with codes `0..=top`.
pub(super) fn affine(values: &[f32], top: u8) -> (f32, f32) {
    let top = f32::from(top);
    let low = values.iter().fold(0.0_f32, |low, value| low.min(*value));
    let high = values.iter().fold(low, |high, value| high.max(*value));
    if high == low {
        return (0.0, -low);
    }
    let rms = (values.iter().map(|value| value * value).sum::<f32>() / values.len() as f32).sqrt();
    let mut best = ((high - low) / top, -low);
    let mut least = affine_error(values, rms, top, best);
    for step in -STEPS..=STEPS {
        let by = (top + 0.1 * step as f32) / (high - low);
        let code = |value: f32| ((value - low) * by).round().clamp(0.0, top);
        let Some(candidate) = refine(values, rms, code) else { continue };
        let error = affine_error(values, rms, top, candidate);
        if error < least {
            (best, least) = (candidate, error);
        }
    }
    best
}

/// The scale and minimum of least weighted squares for given codes; `None` when all codes are equal.
fn refine(values: &[f32], rms: f32, code: impl Fn(f32) -> f32) -> Option<(f32, f32)> {
    let (mut w, mut c, mut cc, mut x, mut xc) = (0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32, 0.0_f32);
    for &value in values {
        let (weight, code) = (value.abs() + rms, code(value));
        w += weight;
        c += weight * code;
        cc += weight * code * code;
        x += weight * value;
        xc += weight * value * code;
    }
    let determinant = w * cc - c * c;
    if determinant <= 0.0 {
        return None;
    }
    let (scale, low) = ((w * xc - x * c) / determinant, (cc * x - c * xc) / determinant);
    // A minimum above zero cannot be stored: zero, and the scale that is best with it.
    Some(if low > 0.0 { (xc / cc, 0.0) } else { (scale, -low) })
}

fn affine_error(values: &[f32], rms: f32, top: f32, (scale, min): (f32, f32)) -> f32 {
    let by = if scale > 0.0 { 1.0 / scale } else { 0.0 };
    let error = |value: f32| {
        let code = ((value + min) * by).round().clamp(0.0, top);
        let difference = scale * code - min - value;
        (value.abs() + rms) * difference * difference
    };
    values.iter().map(|&value| error(value)).sum()
}

/// The scale (of either sign) such that `scale · code` is near `values`, with codes `-half..half`.
pub(super) fn symmetric(values: &[f32], half: u8) -> f32 {
    let half = f32::from(half);
    let largest = values.iter().fold(0.0_f32, |largest, value| if value.abs() > largest.abs() { *value } else { largest });
    if largest == 0.0 {
        return 0.0;
    }
    let (mut best, mut most) = (-largest / half, 0.0);
    for step in -STEPS..=STEPS {
        // The value of largest magnitude goes where there is one code more: to −half.
        let by = -(half + 0.1 * step as f32) / largest;
        let (mut xc, mut cc) = (0.0_f32, 0.0_f32);
        for &value in values {
            let (weight, code) = (value * value, (value * by).round().clamp(-half, half - 1.0));
            xc += weight * value * code;
            cc += weight * code * code;
        }
        // With the best scale xc/cc the error falls by xc²/cc: the larger the better.
        if cc > 0.0 && xc * xc > most * cc {
            (best, most) = (xc / cc, xc * xc / cc);
        }
    }
    best
}
