//! Weight 2 means the row counts as two, weight 0 as none.

use super::{agree, ok, refused};
use crate::data::Problem;
use crate::subject::{Outcome, Subject, Train};
use ndarray::{Array1, Axis};

/// Iterative solvers may stop at another point within their tolerance.
const TOLERANCE: f64 = 1e-5;

/// Where weights are not honoured, they must be refused by name rather than ignored.
fn refuses(s: &Subject, p: &Problem, weights: &Array1<f64>) -> Outcome {
    refused(
        "weights, which it is declared not to honour,",
        s.answer_itself(Train::of(p).with_weights(weights)),
        &["weights"],
    )
}

pub(super) fn repetitions(s: &Subject) -> Outcome {
    let p = Problem::new(60, 4, 14);
    let weights = Array1::from_shape_fn(60, |i| [1.0, 2.0, 0.0, 3.0, 1.0][i % 5]);
    if !s.capabilities.weights {
        return refuses(s, &p, &weights);
    }
    let rows: Vec<usize> = (0..60).flat_map(|i| std::iter::repeat_n(i, weights[i] as usize)).collect();
    let repeated = p.select(&rows);
    let a = ok("weights", (s.answer)(Train::of(&p).with_weights(&weights), (&p.x).into()))?;
    let b = ok("repeated rows", (s.answer)(Train::of(&repeated), (&p.x).into()))?;
    agree("weights and repeated rows", &a, &b, TOLERANCE)
}

pub(super) fn zero(s: &Subject) -> Outcome {
    let p = Problem::new(60, 4, 15);
    let mut weights = Array1::ones(60);
    if !s.capabilities.weights {
        return refuses(s, &p, &weights);
    }
    let mut spoilt = p.clone();
    for i in (0..60).step_by(7) {
        weights[i] = 0.0;
        spoilt.x.row_mut(i).fill(1e3);
        spoilt.y[i] = -1e5;
        spoilt.labels[i] = 9;
    }
    let rows: Vec<usize> = (0..60).filter(|i| i % 7 != 0).collect();
    let a = ok("weight zero", (s.answer)(Train::of(&spoilt).with_weights(&weights), (&p.x).into()))?;
    let kept = p.select(&rows);
    let b = ok("without these rows", (s.answer)(Train::of(&kept), (&p.x).into()))?;
    agree("rows of weight zero and absent rows", &a, &b, TOLERANCE)
}

pub(super) fn ones(s: &Subject) -> Outcome {
    let p = Problem::new(60, 4, 16);
    let weights = Array1::ones(60);
    if !s.capabilities.weights {
        return refuses(s, &p, &weights);
    }
    let a = ok("weights", s.answer_itself(Train::of(&p).with_weights(&weights)))?;
    let b = ok("no weights", s.answer_itself(Train::of(&p)))?;
    agree("weights of one", &a, &b, TOLERANCE)?;
    // A view with gaps is as good.
    let gaps = Array1::from_shape_fn(120, |i| if i % 2 == 0 { 1.0 } else { f64::NAN });
    let train =
        Train { weights: Some(gaps.slice_axis(Axis(0), ndarray::Slice::new(0, None, 2))), ..Train::of(&p) };
    agree("weights in every second place", &ok("weights", s.answer_itself(train))?, &b, TOLERANCE)
}

pub(super) fn bad(s: &Subject) -> Outcome {
    let p = Problem::new(60, 4, 17);
    for (name, value, word) in [
        ("a negative weight", -1.0, "row 3"),
        ("a NaN weight", f64::NAN, "row 3"),
        ("an infinite weight", f64::INFINITY, "row 3"),
    ] {
        let mut weights = Array1::ones(60);
        weights[3] = value;
        refused(name, s.answer_itself(Train::of(&p).with_weights(&weights)), &["weight", word])?;
    }
    refused(
        "weights of zero everywhere",
        s.answer_itself(Train::of(&p).with_weights(&Array1::zeros(60))),
        &["weights", "zero"],
    )
}

pub(crate) fn ratios(s: &Subject) -> Outcome {
    let p = Problem::new(60, 4, 36);
    let weights = Array1::from_shape_fn(60, |i| 0.25 + (i % 3) as f64);
    let expected = ok("weights", s.answer_itself(Train::of(&p).with_weights(&weights)))?;
    for factor in [1e-6, 3.0, 1e6] {
        let found = ok("scaled weights", s.answer_itself(Train::of(&p).with_weights(&(&weights * factor))))?;
        agree(&format!("weights times {factor}"), &expected, &found, TOLERANCE)?;
    }
    Ok(())
}
