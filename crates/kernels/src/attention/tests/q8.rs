//! What only 8-bit pages can get wrong: codes and their sums, and what numbers that are not finite reach.

use super::*;

impl Case {
    /// Of 8-bit pages; keys, values and queries from functions of position and dimension.
    fn of(
        head_dim: usize,
        tokens: usize,
        k: impl Fn(usize, usize) -> f32,
        v: impl Fn(usize, usize) -> f32,
        q: impl Fn(usize, usize) -> f32,
    ) -> Self {
        let layout = KvLayout { kv_heads: 1, head_dim, kind: KvKind::Q8 };
        let mut pages: Vec<KvPage> = (0..tokens.div_ceil(PAGE_TOKENS)).map(|_| layout.new_page()).collect();
        let row = |token: usize, f: &dyn Fn(usize, usize) -> f32| (0..head_dim).map(|dim| f(token, dim)).collect::<Vec<f32>>();
        for token in 0..tokens {
            layout.write(&mut pages[token / PAGE_TOKENS], token % PAGE_TOKENS, &row(token, &k), &row(token, &v));
        }
        Self { layout, heads: 1, q: (0..tokens).flat_map(|token| row(token, &q)).collect(), pages }
    }

    /// All rows, by every instruction set, which must agree.
    fn everywhere(&self) -> Vec<f32> {
        let tokens = self.q.len() / self.row();
        let pool = Pool::new(2);
        let oracle = self.run(Isa::Scalar, &pool, 0, [tokens].into_iter());
        for isa in Isa::all() {
            let rows = self.run(isa, &pool, 0, [tokens].into_iter());
            let alike = |(a, b): (&f32, &f32)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
            assert!(rows.iter().zip(&oracle).all(alike), "{isa:?}");
        }
        oracle
    }
}

/// A number between -1 and 1 that looks random.
fn mixed(a: usize, b: usize) -> f32 {
    Numbers::new((a * 1_000 + b + 1) as u64).next(1.0)
}

#[test]
fn a_few_large_dimensions_of_a_query_do_not_drown_the_others() {
    let large = |dim: usize| if dim % 100 == 3 { 15.0 } else { 1.0 };
    let case = Case::of(256, 300, |t, d| 2.0 * mixed(t, d), |t, d| mixed(t, 300 + d), |t, d| 2.0 * large(d) * mixed(t, 600 + d));
    let rows = case.everywhere();
    for position in [0, 63, 64, 200, 299] {
        let off = distance(&rows[position * 256..][..256], &case.reference(position));
        assert!(off < 5e-4, "position {position}: off by {off}");
    }
}

#[test]
fn sums_hold_the_largest_numbers_of_the_longest_heads() {
    for (head_dim, sign) in [(512, 1.0), (513, -1.0), (2048, 1.0)] {
        // Every product of the sum for token 70 is as large as can be; the other tokens' are as far below zero.
        let key = |t: usize, _: usize| if t == 70 { sign } else { -sign };
        let case = Case::of(head_dim, 80, key, |t, _| if t == 70 { 3.0 } else { -1.0 }, |_, _| sign);
        let rows = case.everywhere();
        assert!(rows[..70 * head_dim].iter().all(|x| (x + 1.0).abs() < 1e-4), "{head_dim}, before it");
        assert!(rows[70 * head_dim..].iter().all(|x| (x - 3.0).abs() < 1e-3), "{head_dim}, from it on");
    }
}

#[test]
fn zeros_and_the_smallest_numbers_are_ordinary() {
    let zero = |_: usize, _: usize| 0.0;
    // Nothing asked for, or nothing to tell keys apart by: the mean of the values. Nothing to tell: nothing.
    for case in [Case::of(64, 70, mixed, |t, _| t as f32, zero), Case::of(64, 70, zero, |t, _| t as f32, mixed)] {
        let rows = case.everywhere();
        assert!(rows.chunks(64).enumerate().all(|(t, row)| row.iter().all(|x| (x - t as f32 / 2.0).abs() < 2e-3)));
    }
    assert!(Case::of(64, 70, mixed, zero, mixed).everywhere().iter().all(|x| *x == 0.0));
    for tiny in [1e-36, 1e-38, 1e-45] {
        assert!(
            Case::of(64, 70, |t, d| tiny * mixed(t, d), |_, _| tiny, |t, d| tiny * mixed(t, d))
                .everywhere()
                .iter()
                .all(|x| x.abs() <= 1e-29)
        );
    }
}

#[test]
fn what_is_not_finite_reaches_whoever_sees_it_and_nobody_else() {
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let at = |position: usize, number: f32| move |t: usize, d: usize| if (t, d) == (position, 7) { bad } else { mixed(t, d) * number };
        let clean = Case::of(64, 100, at(100, 1.0), at(100, 2.0), at(100, 3.0)).everywhere();
        let key = Case::of(64, 100, at(40, 1.0), at(100, 2.0), at(100, 3.0)).everywhere();
        let value = Case::of(64, 100, at(100, 1.0), at(40, 2.0), at(100, 3.0)).everywhere();
        for rows in [key, value] {
            assert!(same(&rows[..40 * 64], &clean[..40 * 64]), "{bad} before it");
            assert!(rows[40 * 64..].iter().all(|x| x.is_nan()), "{bad} from it on");
        }
        let query = Case::of(64, 100, at(100, 1.0), at(100, 2.0), at(40, 3.0)).everywhere();
        assert!(query[40 * 64..41 * 64].iter().all(|x| x.is_nan()), "{bad} in a query");
        assert!(same(&query[..40 * 64], &clean[..40 * 64]) && same(&query[41 * 64..], &clean[41 * 64..]), "{bad} beside a query");
    }
}

#[test]
fn what_was_written_behind_a_row_before_changes_no_bit() {
    let fresh = Case::of(48, 75, mixed, mixed, mixed);
    let mut used = Case::of(48, 128, |t, d| 9.0 * mixed(d, t), |t, d| 9.0 * mixed(d, t), mixed);
    for token in 0..75 {
        let row: Vec<f32> = (0..48).map(|dim| mixed(token, dim)).collect();
        used.layout.write(&mut used.pages[token / PAGE_TOKENS], token % PAGE_TOKENS, &row, &row);
    }
    used.q.truncate(75 * 48);
    assert!(same(&fresh.everywhere(), &used.everywhere()));
}
