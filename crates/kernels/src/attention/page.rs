//! Keys and values of 64 tokens of one layer.
//!
//! Within a page each key/value head has its keys transposed, `[head_dim, 64]`, so that one query's scores come as vectors over tokens,
//! and its values as they are, `[64, head_dim padded]`, so that outputs come as vectors over dimensions.
//!
//! 8-bit numbers stand in pairs, as integer products take them: keys `[head_dim / 2, 64, 2]`, so that two dimensions of a token are
//! neighbours, and values `[64 / 2, head_dim padded, 2]`, so that two tokens of a dimension are. The scales of the 64 keys and of the 64
//! values follow.

use half::f16;

use crate::aligned::Aligned;

/// Tokens of a page.
pub const PAGE_TOKENS: usize = 64;

/// Dimensions are padded to this many, so that every product in a page is four vectors wide.
const DIM_MULTIPLE: usize = 64;

/// What numbers a page holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KvKind {
    /// 32-bit floats.
    F32,
    /// Half precision; larger values become 65,504.
    F16,
    /// 8-bit integers, with one f32 scale for the key and one for the value of each token and head. A key or value of a head with a
    /// number that is not finite becomes NaN as a whole.
    Q8,
}

/// The form of one layer's pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KvLayout {
    /// Key/value heads.
    pub kv_heads: usize,
    /// Dimensions of a head. Multiples of 64 waste nothing.
    pub head_dim: usize,
    /// What numbers are held.
    pub kind: KvKind,
}

/// One page. Copying it copies the numbers; share it by reference count.
#[derive(Clone)]
pub struct KvPage {
    memory: Aligned,
}

/// Where one head's parts stand in a page, in bytes.
#[derive(Clone, Copy)]
pub(super) struct HeadPlaces {
    pub(super) keys: usize,
    pub(super) values: usize,
    pub(super) key_scales: usize,
    pub(super) value_scales: usize,
    end: usize,
}

impl KvLayout {
    /// A page of zeros.
    #[must_use]
    pub fn new_page(&self) -> KvPage {
        KvPage { memory: Aligned::new(self.page_bytes() / 4) }
    }

    /// Bytes of a page.
    #[must_use]
    pub fn page_bytes(&self) -> usize {
        self.places(0).end * self.kv_heads
    }

    /// Puts the key (after norm and rope) and the value of one token at `slot` of its page; both `[kv_heads, head_dim]`.
    ///
    /// # Panics
    /// When the slot is not below 64, or a length or the page is of another layout.
    pub fn write(&self, page: &mut KvPage, slot: usize, k: &[f32], v: &[f32]) {
        assert!(slot < PAGE_TOKENS, "slot {slot} of a page of {PAGE_TOKENS}");
        assert!(k.len() == self.kv_heads * self.head_dim && v.len() == k.len(), "a key and a value for each head");
        assert_eq!(page.as_bytes().len(), self.page_bytes(), "a page of this layout");
        let bytes = page.memory.bytes_mut();
        for (head, (k, v)) in k.chunks_exact(self.head_dim).zip(v.chunks_exact(self.head_dim)).enumerate() {
            let places = self.places(head);
            let (key, value) = (self.key(places, slot, 0), self.value(places, slot, 0));
            let step = PAGE_TOKENS * self.number_bytes();
            match self.kind {
                KvKind::F32 => {
                    put(bytes, key, step, k, f32::to_ne_bytes);
                    put(bytes, value, 4, v, f32::to_ne_bytes);
                }
                KvKind::F16 => {
                    let half = |x: f32| f16::from_f32(x.clamp(-f16::MAX.to_f32(), f16::MAX.to_f32())).to_ne_bytes();
                    put(bytes, key, step, k, half);
                    put(bytes, value, 2, v, half);
                }
                KvKind::Q8 => {
                    let scale = code(k, |dim, byte| bytes[self.key(places, slot, dim)] = byte);
                    put(bytes, places.key_scales + slot * 4, 4, &[scale], f32::to_ne_bytes);
                    let scale = code(v, |dim, byte| bytes[self.value(places, slot, dim)] = byte);
                    put(bytes, places.value_scales + slot * 4, 4, &[scale], f32::to_ne_bytes);
                }
            }
        }
    }

    pub(super) fn padded_dim(&self) -> usize {
        self.head_dim.next_multiple_of(DIM_MULTIPLE)
    }

    pub(super) fn number_bytes(&self) -> usize {
        match self.kind {
            KvKind::F32 => 4,
            KvKind::F16 => 2,
            KvKind::Q8 => 1,
        }
    }

    pub(super) fn places(&self, head: usize) -> HeadPlaces {
        let numbers = PAGE_TOKENS * self.number_bytes();
        let scales = if self.kind == KvKind::Q8 { PAGE_TOKENS * 4 } else { 0 };
        // Numbers in pairs have a partner, whatever it is.
        let values = if self.kind == KvKind::Q8 { self.head_dim.next_multiple_of(2) } else { self.head_dim } * numbers;
        let key_scales = values + self.padded_dim() * numbers;
        let end = key_scales + 2 * scales;
        let start = head * end;
        HeadPlaces {
            keys: start,
            values: start + values,
            key_scales: start + key_scales,
            value_scales: start + key_scales + scales,
            end: start + end,
        }
    }

    /// Where a dimension of a slot's key stands.
    fn key(&self, places: HeadPlaces, slot: usize, dim: usize) -> usize {
        match self.kind {
            KvKind::Q8 => places.keys + (dim / 2 * PAGE_TOKENS + slot) * 2 + dim % 2,
            _ => places.keys + (dim * PAGE_TOKENS + slot) * self.number_bytes(),
        }
    }

    /// Where a dimension of a slot's value stands.
    fn value(&self, places: HeadPlaces, slot: usize, dim: usize) -> usize {
        match self.kind {
            KvKind::Q8 => places.values + (slot / 2 * self.padded_dim() + dim) * 2 + slot % 2,
            _ => places.values + (slot * self.padded_dim() + dim) * self.number_bytes(),
        }
    }

    /// The key and value at `slot` of one head, as attention sees them.
    #[cfg(test)]
    pub(super) fn read(&self, page: &KvPage, slot: usize, head: usize) -> (Vec<f32>, Vec<f32>) {
        let places = self.places(head);
        let at = |place: usize| -> [u8; 4] { std::array::from_fn(|byte| page.as_bytes().get(place + byte).copied().unwrap_or_default()) };
        let number = |place: usize, scales: usize| match self.kind {
            KvKind::F32 => f32::from_ne_bytes(at(place)),
            KvKind::F16 => f16::from_ne_bytes([at(place)[0], at(place)[1]]).to_f32(),
            KvKind::Q8 => f32::from(at(place)[0] as i8) * f32::from_ne_bytes(at(scales + slot * 4)),
        };
        let key = |dim: usize| number(self.key(places, slot, dim), places.key_scales);
        let value = |dim: usize| number(self.value(places, slot, dim), places.value_scales);
        ((0..self.head_dim).map(key).collect(), (0..self.head_dim).map(value).collect())
    }
}

/// Writes each of `x` as `N` bytes, the places `step` bytes apart.
fn put<const N: usize>(bytes: &mut [u8], first: usize, step: usize, x: &[f32], f: impl Fn(f32) -> [u8; N]) {
    for (place, &x) in bytes[first..].chunks_mut(step).zip(x) {
        place[..N].copy_from_slice(&f(x));
    }
}

/// Gives each of `x` as a signed byte relative to the largest, and returns what a byte of one is worth.
fn code(x: &[f32], mut put: impl FnMut(usize, u8)) -> f32 {
    let finite = x.iter().all(|x| x.is_finite());
    let scale = if finite { x.iter().fold(0.0_f32, |most, x| most.max(x.abs())) / 127.0 } else { f32::NAN };
    // The inverse of what is smaller is no number.
    let inverse = if scale >= f32::MIN_POSITIVE { 1.0 / scale } else { 0.0 };
    for (dim, x) in x.iter().enumerate() {
        put(dim, ((x * inverse).round_ties_even() as i8) as u8);
    }
    scale
}

impl KvPage {
    /// Its bytes, for the disk; native byte order.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.memory.bytes()
    }

    /// What [`KvPage::as_bytes`] gave of a page of this layout; `None` when the length is another's.
    #[must_use]
    pub fn from_bytes(layout: &KvLayout, bytes: &[u8]) -> Option<KvPage> {
        let mut page = layout.new_page();
        let into = page.memory.bytes_mut();
        (into.len() == bytes.len()).then(|| into.copy_from_slice(bytes))?;
        Some(page)
    }
}
