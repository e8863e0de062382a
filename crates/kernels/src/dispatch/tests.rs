//! Every copy of every kernel against a readable twin, and the copies against one another.

use super::*;
use crate::{LANES, PANEL};
use proptest::prelude::*;

/// Calls a macro's body for both scalar types, with `$table` each copy that this processor can run.
macro_rules! for_each_copy {
    (|$table:ident: Table<$t:ident>| $body:expr) => {{
        {
            #[allow(dead_code)]
            type $t = f32;
            candidates().for_each(|($table, _)| $body);
        }
        {
            #[allow(dead_code)]
            type $t = f64;
            candidates().for_each(|(_, $table)| $body);
        }
    }};
}

mod sgd;
pub(super) use for_each_copy;

/// Distance from `found` to the true value, in units of the last place of the scalar type at that value.
trait Ulps: Float {
    fn ulps(self, truth: f64) -> f64;
}
impl Ulps for f32 {
    fn ulps(self, truth: f64) -> f64 {
        distance(
            f64::from(self),
            truth,
            f64::from(f32::MIN_POSITIVE),
            f64::from(f32::EPSILON),
            f64::from(f32::MAX),
        )
    }
}
impl Ulps for f64 {
    fn ulps(self, truth: f64) -> f64 {
        distance(self, truth, f64::MIN_POSITIVE, f64::EPSILON, f64::MAX)
    }
}
fn distance(found: f64, truth: f64, smallest: f64, epsilon: f64, largest: f64) -> f64 {
    if found == truth || (found.is_nan() && truth.is_nan()) || (found.is_infinite() && truth > largest) {
        return 0.0;
    }
    let exponent = truth.abs().max(smallest).log2().floor();
    (found - truth).abs() / (exponent.exp2() * epsilon)
}

fn log1p_exp_twin(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

fn sigmoid_twin(x: f64) -> f64 {
    if x >= 0.0 { 1.0 / (1.0 + (-x).exp()) } else { x.exp() / (1.0 + x.exp()) }
}

/// Values of all magnitudes and both signs.
fn spread() -> Vec<f64> {
    let mut values: Vec<f64> = (-60_000..60_000).map(|i| f64::from(i) / 60.0).collect();
    values.extend(
        (-320..309)
            .flat_map(|e| [format!("1e{e}"), format!("-3.7e{e}"), format!("7.3e{e}")])
            .filter_map(|v| v.parse::<f64>().ok()),
    );
    values.extend((0..20_000).map(|i| 0.3 + f64::from(i) * 1e-4));
    values.extend((0..2_000).map(|i| (f64::from(i) - 1000.0) * 1e-6));
    values
}

#[test]
fn elementary_functions_are_within_their_bounds() {
    // The standard library's functions are themselves within 1 ulp: half of one is added for them. For f32 the
    // truth is known in full.
    for_each_copy!(|table: Table<T>| {
        let slack = if size_of::<T>() == 8 { 0.6 } else { 0.0 };
        let check =
            |kernel: unsafe fn(&mut [T]), truth: fn(f64) -> f64, bound: f64, within: fn(f64) -> bool| {
                let inputs: Vec<T> = spread().into_iter().filter(|x| within(*x)).map(T::of).collect();
                let mut found = inputs.clone();
                // SAFETY: `candidates` yields copies that this processor can run.
                unsafe { kernel(&mut found) };
                for (x, found) in inputs.iter().zip(found) {
                    let truth = truth(x.f64());
                    assert!(
                        found.ulps(truth) <= bound + slack,
                        "{x}: {found}, not {truth}, is {} ulp off",
                        found.ulps(truth)
                    );
                }
            };
        check(table.exp, f64::exp, 1.0, |_| true);
        check(table.ln, f64::ln, 1.0, |_| true);
        check(table.sigmoid, sigmoid_twin, 2.0, |_| true);
        check(table.log1p_exp, log1p_exp_twin, 2.0, |_| true);
        check(table.tanh, f64::tanh, 3.0, |_| true);
    });
}

#[test]
fn elementary_functions_keep_their_edges() {
    for_each_copy!(|table: Table<T>| {
        let (inf, nan, tiny) = (T::INFINITY, T::NAN, T::MIN_POSITIVE * T::EPSILON);
        let check = |kernel: unsafe fn(&mut [T]), pairs: &[(T, T)]| {
            // All lanes, and the tail of a vector.
            for repeat in [1, 67] {
                let mut found: Vec<T> = pairs.iter().flat_map(|(x, _)| vec![*x; repeat]).collect();
                // SAFETY: `candidates` yields copies that this processor can run.
                unsafe { kernel(&mut found) };
                for ((x, truth), found) in pairs.iter().flat_map(|pair| vec![*pair; repeat]).zip(found) {
                    let same = found.to_bits() == truth.to_bits() || (found.is_nan() && truth.is_nan());
                    assert!(same, "f({x}) = {found}, not {truth}");
                }
            }
        };
        check(
            table.exp,
            &[(-inf, 0.0), (inf, inf), (nan, nan), (0.0, 1.0), (-0.0, 1.0), (-1e30, 0.0), (1e30, inf)],
        );
        check(
            table.ln,
            &[(0.0, -inf), (-0.0, -inf), (-1.0, nan), (-inf, nan), (inf, inf), (nan, nan), (1.0, 0.0)],
        );
        check(table.sigmoid, &[(-inf, 0.0), (inf, 1.0), (nan, nan), (0.0, 0.5)]);
        check(table.log1p_exp, &[(-inf, 0.0), (inf, inf), (nan, nan), (1e30, 1e30)]);
        check(table.tanh, &[(-inf, -1.0), (inf, 1.0), (nan, nan), (0.0, 0.0), (-0.0, -0.0), (tiny, tiny)]);
    });
}

pub(super) fn values(n: impl Into<prop::collection::SizeRange>) -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(-10.0..10.0_f64, n)
}

pub(super) fn cast<T: Float>(x: &[f64]) -> Vec<T> {
    x.iter().map(|v| T::of(*v)).collect()
}

/// Whether two sums of `n` terms, which in magnitude add up to `scale`, differ by roundings alone.
pub(super) fn same_sum(a: f64, b: f64, scale: f64, n: usize) -> bool {
    (a - b).abs() <= scale * f64::EPSILON * (n as f64 + 2.0)
}

proptest! {
    #[test]
    fn reductions_are_their_definitions(x in values(0..200), seed in values(200)) {
        let n = x.len();
        for_each_copy!(|table: Table<T>| {
            let (a, b) = (cast::<T>(&x), cast::<T>(&seed[..n]));
            let pairs = || a.iter().zip(&b).map(|(a, b)| (a.f64(), b.f64()));
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe {
                let check = |found: f64, terms: Vec<f64>| {
                    let scale = terms.iter().map(|v| v.abs()).sum();
                    assert!(same_sum(found, terms.iter().sum(), scale, n), "{found} for {terms:?}");
                };
                check((table.dot)(&a, &b), pairs().map(|(a, b)| a * b).collect());
                check((table.sum)(&a), pairs().map(|(a, _)| a).collect());
                check((table.sum_squares)(&a), pairs().map(|(a, _)| a * a).collect());
                check((table.squared_distance)(&a, &b), pairs().map(|(a, b)| (a - b) * (a - b)).collect());
                assert!((table.all_finite)(&a));
                for bad in [T::NAN, T::INFINITY, T::NEG_INFINITY] {
                    for at in [0, n / 2, n.saturating_sub(1)].into_iter().filter(|at| *at < n) {
                        let mut a = a.clone();
                        a[at] = bad;
                        assert!(!(table.all_finite)(&a));
                    }
                }
            }
        });
    }

    #[test]
    fn updates_are_their_definitions(x in values(0..100), seed in values(100), alpha in -3.0..3.0_f64) {
        let n = x.len();
        for_each_copy!(|table: Table<T>| {
            let (a, b, factor) = (cast::<T>(&x), cast::<T>(&seed[..n]), T::of(alpha));
            let (mut y, mut sums) = (b.clone(), x.clone());
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe {
                (table.axpy)(factor, &a, &mut y);
                (table.axpy_f64)(alpha, &a, &mut sums);
            }
            for i in 0..n {
                let scale = (factor * a[i]).f64().abs() + b[i].f64().abs();
                assert!((y[i] - (factor * a[i] + b[i])).f64().abs() <= scale * T::EPSILON.f64());
                assert!(same_sum(sums[i], alpha * a[i].f64() + x[i], 40.0, 1));
            }
        });
    }

    #[test]
    fn the_place_in_memory_changes_nothing(x in values(0..300), offset in 1..9_usize) {
        let shifted: Vec<f64> = vec![0.0; offset].into_iter().chain(x.iter().copied()).collect();
        let moved = &shifted[offset..];
        prop_assert_eq!(dot(&x, &x).to_bits(), dot(moved, moved).to_bits());
        prop_assert_eq!(sum(&x).to_bits(), sum(moved).to_bits());
    }

    #[test]
    fn processors_with_fused_multiply_add_agree_bit_by_bit(x in values(0..300), y in values(300)) {
        let fused: Vec<Tables> = candidates().filter(|(_, t)| !std::ptr::eq(*t, baseline::TABLES.1)).collect();
        let y = &y[..x.len()];
        let results: Vec<_> = fused.iter().map(|(_, table)| {
            let (mut exp, mut losses, mut softmax) = (x.clone(), x.clone(), x[..x.len() / 5 * 5].to_vec());
            let labels: Vec<f64> = x.iter().map(|v| f64::from(*v > 0.0)).collect();
            // SAFETY: `candidates` yields copies that this processor can run.
            let sums = unsafe {
                (table.exp)(&mut exp);
                (table.softmax_rows)(&mut softmax, 5);
                [(table.dot)(&x, y), (table.squared_distance)(&x, y), (table.sum)(&x), (table.logistic_loss)(&mut losses, &labels, None)]
            };
            [&sums[..], &exp, &losses, &softmax].concat().iter().map(|v| v.to_bits()).collect::<Vec<_>>()
        }).collect();
        prop_assert!(results.windows(2).all(|pair| pair[0] == pair[1]));
    }

    #[test]
    fn rows_are_multiplied_and_added(n in 0..20_usize, p in 0..40_usize, more in 0..5_usize, x in values(800), v in values(65)) {
        for_each_copy!(|table: Table<T>| {
            // A kernel reads as far as the shortest slice reaches.
            let (x, v, r) = (cast::<T>(&x[..n * p]), cast::<T>(&v[..p]), cast::<T>(&v[40..40 + n + more]));
            let rows: Vec<&[T]> = (0..n).map(|i| &x[i * p..(i + 1) * p]).collect();
            let (mut products, mut sums) = (vec![0.0; n], vec![1.0; p]);
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe {
                (table.rows_dot)(&rows, &v, &mut products);
                (table.rows_axpy)(&rows, &r, &mut sums);
            }
            for i in 0..n {
                let truth: f64 = rows[i].iter().zip(&v).map(|(x, v)| x.f64() * v.f64()).sum();
                assert!((products[i].f64() - truth).abs() <= 4e3 * T::EPSILON.f64());
            }
            for j in 0..p {
                let truth = 1.0 + rows.iter().zip(&r).map(|(row, r)| row[j].f64() * r.f64()).sum::<f64>();
                assert!(same_sum(sums[j], truth, 2e3, n));
            }
        });
    }

    #[test]
    fn sparse_rows_are_gathered_and_scattered(k in 1..20_usize, p in 1..9_usize, values in values(9), b in values(180)) {
        for_each_copy!(|table: Table<T>| {
            let indices: Vec<u32> = (0..p as u32).step_by(2).collect();
            let values = cast::<T>(&values[..indices.len()]);
            let b = cast::<T>(&b[..p * k]);
            let (mut out, mut sums) = (vec![1.0; k], vec![1.0; p * k]);
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe {
                (table.gather_rows)(&indices, &values, &b, &mut out);
                (table.scatter_rows)(&indices, &values, &b[..k], &mut sums);
            }
            for l in 0..k {
                let truth = 1.0 + indices.iter().zip(&values).map(|(j, v)| b[*j as usize * k + l].f64() * v.f64()).sum::<f64>();
                assert!((out[l].f64() - truth).abs() <= 4e3 * T::EPSILON.f64());
                for j in 0..p {
                    let value = indices.iter().position(|i| *i as usize == j).map_or(0.0, |at| values[at].f64());
                    assert!(same_sum(sums[j * k + l], 1.0 + value * b[l].f64(), 101.0, 1));
                }
            }
        });
    }

    #[test]
    fn panels_hold_shifted_and_weighted_columns(n in 0..12_usize, p in 0..30_usize, x in values(360), v in values(42)) {
        let capacity = 12;
        for_each_copy!(|table: Table<T>| {
            let (x, shift, factors) = (cast::<T>(&x[..n * p]), &v[..p], &v[30..30 + n]);
            let transposed: Vec<T> = (0..p).flat_map(|j| (0..n).map(|i| x[i * p + j]).collect::<Vec<_>>()).collect();
            let rows: Vec<&[T]> = (0..n).map(|i| &x[i * p..(i + 1) * p]).collect();
            let columns: Vec<&[T]> = (0..p).map(|j| &transposed[j * n..(j + 1) * n]).collect();
            let size = p.div_ceil(PANEL) * PANEL * capacity;
            let (mut by_rows, mut by_columns) = (vec![9.0; size], vec![9.0; size]);
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe {
                (table.pack_rows)(&rows, shift, factors, &mut by_rows, capacity);
                (table.pack_columns)(&columns, shift, factors, &mut by_columns, capacity);
            }
            assert_eq!(by_rows, by_columns);
            for j in 0..p.div_ceil(PANEL) * PANEL {
                for i in 0..capacity {
                    let truth = if j < p && i < n { (x[i * p + j].f64() - shift[j]) * factors[i] } else { 9.0 };
                    assert_eq!(by_rows[(j / PANEL * capacity + i) * PANEL + j % PANEL], truth);
                }
            }
        });
    }

    #[test]
    fn tiles_are_products_of_panels(n in 0..40_usize, rows in 1..9_usize, a in values(320), b in values(320)) {
        let (a, b) = (&a[..n * PANEL], &b[..n * PANEL]);
        for_each_copy!(|table: Table<T>| {
            let mut tile = vec![1.0; PANEL * PANEL];
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe { (table.add_tile)(a, b, &mut tile, rows, &[T::of(0.0); 100]) };
            for (k, l) in (0..rows).flat_map(|k| (0..PANEL).map(move |l| (k, l))) {
                let truth = 1.0 + (0..n).map(|i| a[i * PANEL + k] * b[i * PANEL + l]).sum::<f64>();
                assert!(same_sum(tile[k * PANEL + l], truth, 100.0 * n as f64 + 1.0, 1));
            }
        });
    }

    #[test]
    fn rows_are_standardised(n in 0..9_usize, p in 1..20_usize, x in values(180), v in values(40)) {
        for_each_copy!(|table: Table<T>| {
            let (x, shift, factor) = (cast::<T>(&x[..n * p]), cast::<T>(&v[..p]), cast::<T>(&v[20..20 + p]));
            let (mut inside, mut outside) = (x.clone(), vec![0.0; n * p]);
            // SAFETY: `candidates` yields copies that this processor can run.
            unsafe {
                (table.standardise_rows)(&mut inside, &shift, &factor);
                (table.standardise_rows_into)(&x, &shift, &factor, &mut outside);
            }
            let truth: Vec<T> = (0..n * p).map(|at| (x[at] - shift[at % p]) * factor[at % p]).collect();
            assert_eq!((&inside, &outside), (&truth, &truth));
        });
    }

    #[test]
    fn the_logistic_loss_is_its_definition(z in prop::collection::vec(-40.0..40.0_f64, 0..150), w in values(150)) {
        for_each_copy!(|table: Table<T>| {
            let n = z.len();
            let (z, y) = (cast::<T>(&z), (0..n).map(|i| T::of(f64::from(i as u32 % 2))).collect::<Vec<_>>());
            let w: Vec<T> = w[..n].iter().map(|w| T::of(w.abs())).collect();
            for weights in [None, Some(&w[..])] {
                let (mut plain, mut residuals, mut curvatures) = (z.clone(), z.clone(), vec![0.0; n]);
                // SAFETY: `candidates` yields copies that this processor can run.
                let (loss, again) = unsafe {
                    ((table.logistic_loss)(&mut plain, &y, weights), (table.logistic_loss_curvature)(&mut residuals, &y, weights, &mut curvatures))
                };
                assert_eq!(loss.to_bits(), again.to_bits());
                assert_eq!(plain, residuals);
                let (mut total, epsilon) = (0.0, 8.0 * T::EPSILON.f64());
                for i in 0..n {
                    let (z, w) = (z[i].f64(), weights.map_or(1.0, |w| w[i].f64()));
                    // The loss of label 1 at z is that of label 0 at −z: nothing cancels.
                    let signed = if i % 2 == 0 { z } else { -z };
                    total += w * log1p_exp_twin(signed);
                    let residual = w * sigmoid_twin(signed) * if i % 2 == 0 { 1.0 } else { -1.0 };
                    let curvature = w * sigmoid_twin(z) * sigmoid_twin(-z);
                    assert!((residuals[i].f64() - residual).abs() <= epsilon * residual.abs(), "{} for {residual}", residuals[i]);
                    assert!((curvatures[i].f64() - curvature).abs() <= epsilon * curvature);
                }
                assert!((loss - total).abs() <= epsilon * total.max(1e-300));
            }
        });
    }

    #[test]
    fn softmax_is_its_definition(n in 0..30_usize, width in 1..70_usize, z in prop::collection::vec(-80.0..80.0_f64, 2100), w in values(30)) {
        for_each_copy!(|table: Table<T>| {
            let (z, w) = (cast::<T>(&z[..n * width]), cast::<T>(&w[..n]));
            let y: Vec<u32> = (0..n).map(|i| (i * 7 % width) as u32).collect();
            for weights in [None, Some(&w[..])] {
                let (mut rows, mut probabilities) = (z.clone(), z.clone());
                // SAFETY: `candidates` yields copies that this processor can run.
                let loss = unsafe {
                    (table.softmax_rows)(&mut rows, width);
                    (table.softmax_loss)(&mut probabilities, width, &y, weights)
                };
                assert_eq!(rows, probabilities);
                let (mut total, mut scale) = (0.0, 0.0);
                for i in 0..n {
                    let row: Vec<f64> = z[i * width..(i + 1) * width].iter().map(|v| v.f64()).collect();
                    let max = row.iter().fold(f64::MIN, |a, b| a.max(*b));
                    let sum: f64 = row.iter().map(|v| (v - max).exp()).sum();
                    let w = weights.map_or(1.0, |w| w[i].f64());
                    total += w * (max + sum.ln() - row[y[i] as usize]);
                    // Scores up to 80 are rounded when the maximum is taken off them; here, too.
                    scale += w.abs() * 160.0 * (4.0 * T::EPSILON.f64() + n as f64 * f64::EPSILON);
                    for (k, v) in row.iter().enumerate() {
                        let truth = (v - max).exp() / sum;
                        let error = (rows[i * width + k].f64() - truth).abs();
                        assert!(error <= 200.0 * T::EPSILON.f64() * truth + f64::from(f32::MIN_POSITIVE));
                    }
                }
                assert!((loss - total).abs() <= scale, "{loss} for {total}");
            }
        });
    }
}

#[test]
fn losses_far_from_zero_neither_overflow_nor_vanish() {
    let (mut z, y) = ([800.0, -800.0, 800.0, -800.0, f64::NAN], [1.0, 0.0, 0.0, 1.0, 1.0]);
    assert_eq!(logistic_loss(&mut z[..4], &y[..4], None), 1600.0);
    assert_eq!(z[2..4], [1.0, -1.0]);
    assert!(logistic_loss(&mut z[4..], &y[4..], None).is_nan() && z[4].is_nan());
    let mut z = [1000.0, 0.0, -1000.0, f64::NEG_INFINITY, 3.0, f64::NEG_INFINITY];
    assert_eq!(softmax_loss(&mut z, 3, &[1, 1], None), 1000.0);
    assert_eq!(z, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    // A code that is no class is not passed over in silence.
    assert!(softmax_loss(&mut [1.0, 2.0], 2, &[2], None).is_nan());
}

#[test]
fn every_stride_has_its_lanes() {
    // 0 … n − 1 adds up exactly in any order; each length takes another path through strides and tails.
    for n in 0..3 * LANES {
        let x: Vec<f32> = (0..n).map(|i| i as f32).collect();
        assert_eq!(sum(&x), (n * n.saturating_sub(1) / 2) as f64);
        assert_eq!(dot(&x, &vec![1.0; n]), sum(&x));
    }
}
