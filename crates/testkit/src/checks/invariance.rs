//! What must not change an answer: another run, other threads, other rows beside it, their order.

use super::clusterers::together;
use super::{agree, ok, same_bits};
use crate::data::Problem;
use crate::subject::{Kind, Outcome, Subject, Train};
use ndarray::{Array1, Array2, Axis, s};

pub(super) fn fit_twice(s: &Subject) -> Outcome {
    let p = Problem::new(80, 5, 4);
    let once = ok("fitting", s.answer_itself(Train::of(&p)))?;
    same_bits("fitted again", &once, &ok("fitting", s.answer_itself(Train::of(&p)))?)
}

pub(super) fn input_unchanged(s: &Subject) -> Outcome {
    let (p, before) = (Problem::new(80, 5, 4), Problem::new(80, 5, 4));
    let weights = Array1::ones(80);
    let train = Train::of(&p);
    let train = if s.capabilities.weights { train.with_weights(&weights) } else { train };
    ok("fitting", s.answer_itself(train))?;
    match p.x == before.x
        && p.y == before.y
        && p.labels == before.labels
        && weights == Array1::<f64>::ones(80)
    {
        true => Ok(()),
        false => Err("records, targets or weights are changed by fitting".into()),
    }
}

/// Large enough that every parallel step is cut into several chunks.
pub(super) fn threads(s: &Subject) -> Outcome {
    let p = Problem::new(s.rows, 12, 5);
    let run = |threads| estimand_par::with_threads(threads, || s.answer_itself(Train::of(&p)));
    let one = ok("one thread", run(1)?)?;
    for threads in [2, 7] {
        same_bits(&format!("{threads} threads"), &one, &ok("threads", run(threads)?)?)?;
    }
    Ok(())
}

pub(super) fn rows_independent(s: &Subject) -> Outcome {
    let p = Problem::new(50, 5, 6);
    let batch = ok("batch", s.answer_itself(Train::of(&p)))?;
    for i in [0, 7, 49] {
        let alone = ok("alone", (s.answer)(Train::of(&p), p.x.slice(s![i..=i, ..]).into()))?;
        // Sums may be grouped otherwise in a batch: a few units in the last place.
        agree(&format!("row {i} alone"), &batch.slice(s![i..=i, ..]).to_owned(), &alone, 1e-12)?;
    }
    Ok(())
}

fn shuffled(n: usize) -> Vec<usize> {
    estimand_core::random::permutation(n, &mut estimand_core::Seed(9).stream(0))
}

pub(super) fn row_order(s: &Subject) -> Outcome {
    let p = Problem::new(50, 5, 7);
    let order = shuffled(50);
    let batch = ok("batch", s.answer_itself(Train::of(&p)))?;
    let permuted = ok("permuted", (s.answer)(Train::of(&p), (&p.x.select(Axis(0), &order)).into()))?;
    agree("permuted rows", &batch.select(Axis(0), &order), &permuted, 1e-12)
}

pub(super) fn training_order(s: &Subject) -> Outcome {
    let p = Problem::new(90, 5, 8);
    let q = p.select(&shuffled(90));
    let a = ok("fitting", (s.answer)(Train::of(&p), (&p.x).into()))?;
    let b = ok("fitting permuted rows", (s.answer)(Train::of(&q), (&p.x).into()))?;
    // Clusters are numbered by the training rows: which rows share one does not depend on their order.
    let comparable = |answer| if s.kind == Kind::Clusterer { together(&answer) } else { answer };
    // Sums in another order; iterative solvers stop at another point within their tolerance.
    agree("permuted training rows", &comparable(a), &comparable(b), 1e-5)
}

pub(super) fn single_precision(s: &Subject) -> Outcome {
    let p = Problem::new(120, 5, 10);
    let double = ok("double precision", s.answer_itself(Train::of(&p)))?;
    let (x, y): (Array2<f32>, Array1<f32>) = (p.x.mapv(|v| v as f32), p.y.mapv(|v| v as f32));
    let train = Train { x: (&x).into(), y: y.view(), labels: p.labels.view(), weights: None, groups: None };
    let single = ok("single precision", (s.answer_f32)(train, (&x).into()))?;
    // The data themselves are rounded to 6e-8; solvers may lose two or three digits more.
    agree("single precision", &double, &single, 1e-3)
}
