//! Blocks made by hand, and what the quantisers lose.

use half::f16;

use super::*;

fn values(format: Format, bytes: &[u8]) -> Vec<f32> {
    let mut out = vec![f32::NAN; bytes.len() / format.block_bytes() * format.block_elements()];
    dequantise(format, bytes, &mut out);
    out
}

fn half(value: f32) -> [u8; 2] {
    f16::from_f32(value).to_le_bytes()
}

#[test]
fn blocks_of_32_by_hand() {
    let codes: Vec<u8> = (0..16).map(|i| i | (15 - i) << 4).collect();
    let q4_0 = values(Format::Q4_0, &[&half(0.5)[..], &codes].concat());
    assert_eq!((q4_0[0], q4_0[15], q4_0[16], q4_0[31]), (-4.0, 3.5, 3.5, -4.0));
    let q4_1 = values(Format::Q4_1, &[&half(0.5)[..], &half(-1.0), &codes].concat());
    assert_eq!((q4_1[0], q4_1[15], q4_1[16], q4_1[31]), (-1.0, 6.5, 6.5, -1.0));
    // The fifth bits of elements 0, 9 and 31.
    let high = (1_u32 | 1 << 9 | 1 << 31).to_le_bytes();
    let q5_0 = values(Format::Q5_0, &[&half(2.0)[..], &high, &codes].concat());
    assert_eq!((q5_0[0], q5_0[1], q5_0[9], q5_0[30], q5_0[31]), (0.0, -30.0, 18.0, -30.0, 0.0));
    let q5_1 = values(Format::Q5_1, &[&half(2.0)[..], &half(1.0), &high, &codes].concat());
    assert_eq!((q5_1[0], q5_1[1], q5_1[31]), (33.0, 3.0, 33.0));
    let q8_0 = values(Format::Q8_0, &[&half(0.25)[..], &[0x80; 16], &[0x7F; 16]].concat());
    assert_eq!((q8_0[0], q8_0[31]), (-32.0, 31.75));
}

#[test]
fn floats_by_hand() {
    assert_eq!(values(Format::F32, &1.5_f32.to_le_bytes()), [1.5]);
    assert_eq!(values(Format::F16, &[0x00, 0xC0]), [-2.0]);
    assert_eq!(values(Format::BF16, &[0x80, 0x3F]), [1.0]);
}

#[test]
fn blocks_of_256_by_hand() {
    // Q4_K: part 0 has scale 63 and minimum 1; part 4 scale 0x2F (split over two bytes) and minimum 0.
    let mut q4_k = vec![0; 144];
    q4_k[..2].copy_from_slice(&half(1.0));
    q4_k[2..4].copy_from_slice(&half(2.0));
    q4_k[4] = 63 | 2 << 6; // the top bits of part 4's scale
    q4_k[8] = 1;
    q4_k[12] = 0xF;
    q4_k[16] = 0x05; // element 0
    q4_k[16 + 64] = 0x03; // element 128, of part 4
    let q4_k = values(Format::Q4_K, &q4_k);
    assert_eq!((q4_k[0], q4_k[1], q4_k[128], q4_k[129]), (313.0, -2.0, 141.0, 0.0));

    // Q6_K: element 200 lies in the second half's third quarter, scale 12.
    let mut q6_k = vec![0; 210];
    q6_k[64 + 8] = 0x70; // low bits 7 in the high nibble
    q6_k[128 + 32 + 8] = 0b11_0000; // high bits 3
    q6_k[192 + 12] = 0xFE; // -2
    q6_k[208..].copy_from_slice(&half(0.5));
    assert_eq!(values(Format::Q6_K, &q6_k)[200], -2.0 * 0.5 * (55.0 - 32.0));

    // Q5_K as Q4_K, with the fifth bit of element 33 (part 1) set.
    let mut q5_k = vec![0; 176];
    q5_k[..2].copy_from_slice(&half(1.0));
    q5_k[5] = 3; // scale of part 1
    q5_k[16 + 1] = 2;
    q5_k[48 + 1] = 0x40;
    assert_eq!(values(Format::Q5_K, &q5_k)[33], 60.0);

    // Q3_K: element 40 (part 1, first half): scale 2 is 33 - 32; its high bit set, low bits 2.
    let mut q3_k = vec![0; 110];
    q3_k[8] = 1 << 1;
    q3_k[32 + 8] = 2 << 2;
    q3_k[96 + 2] = 1;
    q3_k[96 + 8 + 2] = 2; // 2 << 4 = 32
    q3_k[108..].copy_from_slice(&half(1.0));
    assert_eq!(values(Format::Q3_K, &q3_k)[40], 2.0);

    // Q2_K: element 17 (second half of part 0): scale 3, minimum 2, code 3.
    let mut q2_k = vec![0; 84];
    q2_k[1] = 3 | 2 << 4;
    q2_k[16 + 17] = 3;
    q2_k[80..82].copy_from_slice(&half(1.0));
    q2_k[82..].copy_from_slice(&half(0.5));
    assert_eq!(values(Format::Q2_K, &q2_k)[17], 8.0);
}

#[test]
fn quantisers_lose_little() {
    // Bell-shaped, as weights are: the mean of twelve.
    let mut state = 1_u32;
    let mut uniform = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as f32 / (1 << 24) as f32 - 0.5
    };
    let weights: Vec<f32> = (0..256 * 64).map(|_| (0..12).map(|_| uniform()).sum::<f32>() * 0.02).collect();
    for (format, most) in [
        (Format::F32, 0.0),
        (Format::F16, 4e-4),
        (Format::BF16, 3e-3),
        (Format::Q8_0, 0.007),
        (Format::Q6_K, 0.022),
        (Format::Q4_K, 0.078),
        (Format::Q4_0, 0.1),
    ] {
        let mut bytes = vec![0; format.bytes_of(weights.len()).unwrap()];
        quantise(format, &weights, &mut bytes);
        let back = values(format, &bytes);
        let (error, norm) = weights.iter().zip(&back).fold((0.0, 0.0), |(e, n), (w, b)| (e + (w - b) * (w - b), n + w * w));
        let distance: f32 = f32::sqrt(error / norm);
        assert!(distance <= most, "{}: {distance}", format.name());
    }
}

#[test]
fn odd_values_are_quantised_without_harm() {
    let constant = [0.5_f32; 256];
    let mut wild = [1.0_f32; 256];
    (wild[3], wild[77], wild[200]) = (f32::NAN, f32::INFINITY, -1e30);
    for format in [Format::Q8_0, Format::Q4_0, Format::Q4_K, Format::Q6_K] {
        let mut bytes = vec![0; format.bytes_of(256).unwrap()];
        quantise(format, &[0.0; 256], &mut bytes);
        assert!(values(format, &bytes).iter().all(|value| *value == 0.0), "{}", format.name());
        quantise(format, &constant, &mut bytes);
        assert!(values(format, &bytes).iter().all(|value| (value - 0.5).abs() < 0.01), "{}", format.name());
        quantise(format, &wild, &mut bytes);
    }
}
