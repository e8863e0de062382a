//! Stochastic gradient steps against a twin that keeps w and w̄ as they are defined.

use super::*;
use crate::{SgdLoss, SgdRate, SgdRows, SgdRule};
use estimand_core::{Csr, Seed, random};

const LOSSES: [SgdLoss; 9] = [
    SgdLoss::Hinge { threshold: 1.0 },
    SgdLoss::Hinge { threshold: 0.0 },
    SgdLoss::SquaredHinge,
    SgdLoss::ModifiedHuber,
    SgdLoss::Log,
    SgdLoss::Squared,
    SgdLoss::Huber { epsilon: 0.3 },
    SgdLoss::EpsilonInsensitive { epsilon: 0.2 },
    SgdLoss::SquaredEpsilonInsensitive { epsilon: 0.2 },
];

const RATES: [SgdRate; 5] = [
    SgdRate::Fixed,
    SgdRate::Optimal { strength: 0.5, start: 40.0 },
    SgdRate::InvScaling { first: 0.02, power: 0.6 },
    SgdRate::Pa1,
    SgdRate::Pa2,
];

fn uniform(stream: &mut estimand_core::Stream) -> f64 {
    random::below(1 << 20, stream) as f64 / (1 << 19) as f64 - 1.0
}

/// n rows of p values, a third of them zero, and signs.
fn draw<T: Float>(n: usize, p: usize) -> (Vec<T>, Vec<f64>) {
    let mut stream = Seed(n as u64).stream(p as u64);
    let mut value = || {
        let v = uniform(&mut stream);
        if v.abs() < 0.33 { T::zero() } else { T::of(v) }
    };
    let x = (0..n * p).map(|_| value()).collect();
    (x, (0..n).map(|i| if i % 3 == 1 { 1.0 } else { -1.0 }).collect())
}

/// The state before the first step, not at zero.
fn begin(p: usize, rule: &SgdRule) -> SgdState {
    let zeros = |wanted| if wanted { vec![0.0; p] } else { Vec::new() };
    SgdState {
        coef: (0..p).map(|j| 0.1 - 0.03 * (j % 7) as f64).collect(),
        intercept: 0.05,
        mean_coef: zeros(rule.average > 0),
        mean_intercept: 0.0,
        steps: 0,
        rate: 0.04,
        penalty: 0.0,
        received: zeros(rule.cut > 0.0),
    }
}

/// The statement, word by word. `stored`: whether a row has a value for a column.
fn twin(
    row: impl Fn(usize) -> Vec<f64>,
    stored: impl Fn(f64) -> bool,
    task: &SgdPass<'_, f64>,
    s: &mut SgdState,
) -> f64 {
    let (rule, mut total) = (task.rule, 0.0);
    for i in task.order.iter().map(|i| *i as usize) {
        let (x, y, weight) = (row(i), task.y[i], task.weights.map_or(1.0, |w| w[i]));
        s.steps += 1;
        let t = s.steps as f64;
        let z = x.iter().zip(&s.coef).map(|(x, w)| x * w).sum::<f64>() + s.intercept;
        let (loss, square) = (rule.loss.value(z, y), x.iter().map(|x| x * x).sum::<f64>());
        total += weight * loss;
        let eta = match rule.rate {
            SgdRate::Optimal { strength, start } => 1.0 / (strength * (start + t - 1.0)),
            SgdRate::InvScaling { first, power } => first / t.powf(power),
            _ => s.rate,
        };
        let step = weight
            * match rule.rate {
                SgdRate::Pa1 if square == 0.0 => 0.0,
                SgdRate::Pa1 => f64::min(eta, loss / square) * (y - z).signum(),
                SgdRate::Pa2 => loss / (square + 1.0 / (2.0 * eta)) * (y - z).signum(),
                _ => -eta * rule.loss.slope(z, y),
            };
        for (w, x) in s.coef.iter_mut().zip(&x) {
            *w = *w * (1.0 - eta * rule.shrink) + step * x;
        }
        s.intercept += if rule.intercept { step - eta * rule.drift } else { 0.0 };
        if rule.cut > 0.0 {
            s.penalty += eta * rule.cut;
            for j in (0..x.len()).filter(|j| stored(x[*j])) {
                let before = s.coef[j];
                s.coef[j] = match before {
                    w if w > 0.0 => f64::max(0.0, w - (s.penalty + s.received[j])),
                    w if w < 0.0 => f64::min(0.0, w + (s.penalty - s.received[j])),
                    w => w,
                };
                s.received[j] += s.coef[j] - before;
            }
        }
        if rule.average > 0 && s.steps >= rule.average {
            let count = (s.steps - rule.average + 1) as f64;
            s.mean_coef.iter_mut().zip(&s.coef).for_each(|(mean, w)| *mean += (w - *mean) / count);
            s.mean_intercept += (s.intercept - s.mean_intercept) / count;
        }
    }
    total
}

fn rules() -> Vec<SgdRule> {
    let mut rules = Vec::new();
    for loss in LOSSES {
        for rate in RATES {
            for (shrink, cut) in [(0.0, 0.0), (0.5, 0.0), (0.0, 0.02), (0.3, 0.01)] {
                for average in [0, 1, 17] {
                    let intercept = average != 17;
                    let drift = if average == 1 { 0.3 } else { 0.0 };
                    rules.push(SgdRule { loss, rate, shrink, cut, intercept, drift, average, measure: true });
                }
            }
        }
    }
    rules
}

#[test]
fn passes_are_their_definition() {
    let n = 60;
    let order: Vec<u32> = (0..2 * n as u32).map(|i| i * 7 % n as u32).collect();
    let omega: Vec<f64> = (0..n).map(|i| 0.5 + (i % 3) as f64 / 2.0).collect();
    for p in [1, 7, 8, 21, 50] {
        for_each_copy!(|table: Table<T>| {
            let (x, y) = draw::<T>(n, p);
            let dense = ndarray::Array2::from_shape_vec((n, p), x.clone()).unwrap();
            let sparse = Csr::from_dense(dense.view());
            let row = |i: usize| x[i * p..][..p].iter().map(|v| v.f64()).collect::<Vec<f64>>();
            for (k, rule) in rules().into_iter().enumerate() {
                let weights = (k % 2 == 1).then_some(&omega[..]);
                for x in [SgdRows::Dense(&x[..]), SgdRows::Sparse(sparse.view())] {
                    let is_sparse = matches!(x, SgdRows::Sparse(_));
                    let (mut found, mut truth) = (begin(p, &rule), begin(p, &rule));
                    let task = SgdPass { x, y: &y, weights, order: &order, rule };
                    // SAFETY: `candidates` yields copies that this processor can run.
                    let seen = unsafe { (table.sgd_pass)(&task, &mut found) };
                    let plain = SgdPass { x: SgdRows::Dense(&[]), y: &y, weights, order: &order, rule };
                    let loss = twin(row, |v| !is_sparse || v != 0.0, &plain, &mut truth);
                    let what = format!("{rule:?}, {p} columns, sparse: {is_sparse}");
                    // 120 steps that shrink differences rather than let them grow.
                    let close = |a: f64, b: f64| (a - b).abs() <= 1e-11 * (1.0 + b.abs());
                    assert!(seen.finite && close(seen.loss, loss), "{what}: loss {} for {loss}", seen.loss);
                    let all = |s: &SgdState| {
                        let scalars = [s.intercept, s.mean_intercept, s.penalty, s.steps as f64];
                        [&s.coef[..], &s.mean_coef, &s.received, &scalars].concat()
                    };
                    let (found, truth) = (all(&found), all(&truth));
                    let apart = found.iter().zip(&truth).find(|(a, b)| !close(**a, **b));
                    assert!(found.len() == truth.len() && apart.is_none(), "{what}: {apart:?}");
                }
            }
        });
    }
}

#[test]
fn scores_that_are_not_finite_are_reported() {
    for (spoilt, loss) in [(f64::NAN, LOSSES[0]), (f64::INFINITY, LOSSES[0]), (f64::NAN, LOSSES[7])] {
        let mut x = [1.0; 12];
        x[7] = spoilt;
        let rule = SgdRule {
            loss,
            rate: SgdRate::Fixed,
            shrink: 0.0,
            cut: 0.0,
            intercept: true,
            drift: 0.0,
            average: 0,
            measure: false,
        };
        let (y, order) = ([1.0; 4], [0, 1, 2, 3]);
        let task = SgdPass { x: SgdRows::Dense(&x[..]), y: &y, weights: None, order: &order, rule };
        assert!(!sgd_pass(&task, &mut begin(3, &rule)).finite);
        assert!(sgd_pass(&SgdPass { order: &[0, 1, 3], ..task }, &mut begin(3, &rule)).finite);
    }
}

#[test]
fn slopes_are_derivatives() {
    for loss in LOSSES {
        for y in [-1.0, 1.0] {
            // Off the kinks, which lie at multiples of a tenth.
            for z in (-40..40).map(|i| f64::from(i) * 0.1 + 0.037) {
                let h = 1e-6;
                let difference = (loss.value(z + h, y) - loss.value(z - h, y)) / (2.0 * h);
                // Cancellation in a difference of values up to 25, over 2e-6; and h² of the third derivative.
                assert!((loss.slope(z, y) - difference).abs() < 1e-8, "{loss:?} at {z}, {y}");
            }
        }
    }
    assert_eq!(SgdLoss::Log.slope(800.0, 1.0), -0.0);
    assert_eq!(SgdLoss::Log.value(-800.0, 1.0), 800.0);
    // Digits of small slopes: σ(−40) = 4.2e-18.
    assert!((SgdLoss::Log.slope(40.0, 1.0) / -(-40.0_f64).exp() - 1.0).abs() < 1e-14);
}
