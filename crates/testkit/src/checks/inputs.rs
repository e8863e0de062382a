//! Bad and unusual input: a clear error, or a right answer.

use super::{finite, finite_or_refused, ok, refused};
use crate::data::Problem;
use crate::subject::{Outcome, Subject, Train};
use estimand_core::Records;
use ndarray::{Array1, Array2, Axis, concatenate, s};

fn problem() -> Problem {
    Problem::new(60, 4, 1)
}

fn value_when_fitting(s: &Subject, value: f64, accepted: bool) -> Outcome {
    let (good, bad) = (problem(), problem().with_value(17, 2, value));
    let outcome = (s.answer)(Train::of(&bad), (&good.x).into());
    if accepted {
        return ok("missing values are declared to be accepted", outcome).map(drop);
    }
    refused("x with it", outcome, &["x contains", "row 17", "column 2"])
}

pub(super) fn nan_when_fitting(s: &Subject) -> Outcome {
    value_when_fitting(s, f64::NAN, s.capabilities.missing)
}

pub(super) fn infinity_when_fitting(s: &Subject) -> Outcome {
    value_when_fitting(s, f64::INFINITY, false)?;
    value_when_fitting(s, f64::NEG_INFINITY, false)
}

fn value_when_asked(s: &Subject, value: f64, accepted: bool) -> Outcome {
    let (good, bad) = (problem(), problem().with_value(5, 0, value));
    let outcome = (s.answer)(Train::of(&good), (&bad.x).into());
    if accepted {
        return ok("missing values are declared to be accepted", outcome).map(drop);
    }
    refused("x with it", outcome, &["x contains", "row 5", "column 0"])
}

pub(super) fn nan_when_asked(s: &Subject) -> Outcome {
    value_when_asked(s, f64::NAN, s.capabilities.missing)
}

pub(super) fn infinity_when_asked(s: &Subject) -> Outcome {
    value_when_asked(s, f64::INFINITY, false)?;
    value_when_asked(s, f64::NEG_INFINITY, false)
}

pub(super) fn nan_in_single_precision(s: &Subject) -> Outcome {
    if s.capabilities.missing {
        return Ok(());
    }
    let good = problem();
    let bad = problem().with_value(17, 2, f64::NAN);
    let (good, bad, y) = (good.x.mapv(|v| v as f32), bad.x.mapv(|v| v as f32), good.y.mapv(|v| v as f32));
    let labels = problem().labels;
    let ask = |x: &Array2<f32>, z: &Array2<f32>| {
        let train = Train { x: x.into(), y: y.view(), labels: labels.view(), weights: None, groups: None };
        (s.answer_f32)(train, z.into())
    };
    let words = ["x contains NaN", "row 17", "column 2"];
    refused("fitting x with it", ask(&bad, &good), &words)?;
    refused("asking for x with it", ask(&good, &bad), &words)
}

/// Where NaN means missing, rows without it are answered by numbers.
pub(super) fn missing(s: &Subject) -> Outcome {
    if !s.capabilities.missing {
        return Ok(());
    }
    let (whole, mut gaps) = (problem(), problem());
    gaps.x.indexed_iter_mut().filter(|((i, j), _)| (i + 2 * j) % 5 == 0).for_each(|(_, v)| *v = f64::NAN);
    finite("whole rows", &ok("missing values", (s.answer)(Train::of(&gaps), (&whole.x).into()))?)?;
    gaps.x.column_mut(1).fill(f64::NAN);
    finite("whole rows", &ok("an empty column", (s.answer)(Train::of(&gaps), (&whole.x).into()))?)
}

pub(super) fn empty(s: &Subject) -> Outcome {
    let p = problem();
    let none = p.select(&[]);
    refused("fitting no rows", (s.answer)(Train::of(&none), (&p.x).into()), &["empty"])?;
    let narrow = Array2::<f64>::zeros((60, 0));
    refused("fitting no columns", s.answer_itself(Train::of(&p).with_x(&narrow)), &["empty"])?;
    refused("asking for no rows", (s.answer)(Train::of(&p), (&none.x).into()), &["empty"])
}

pub(super) fn other_widths(s: &Subject) -> Outcome {
    let p = problem();
    for width in [1, 3] {
        let x = p.x.slice(s![.., ..width]).to_owned();
        refused(
            "a narrower x",
            (s.answer)(Train::of(&p), (&x).into()),
            &["columns", "expected 4", &format!("found {width}")],
        )?;
    }
    let wider = p.with_constant_column(1.0);
    refused("a wider x", (s.answer)(Train::of(&p), (&wider.x).into()), &["columns", "expected 4", "found 5"])
}

pub(super) fn lengths_that_disagree(s: &Subject) -> Outcome {
    use crate::subject::Kind;
    let p = problem();
    let train = Train::of(&p);
    if matches!(s.kind, Kind::Regressor | Kind::Classifier) {
        let short = Train { y: p.y.slice(s![..59]), labels: p.labels.slice(s![..59]), ..train };
        refused("a short y", s.answer_itself(short), &["y", "60", "59"])?;
    }
    let weights = Array1::ones(59);
    refused("short weights", s.answer_itself(train.with_weights(&weights)), &["weights", "60", "59"])?;
    let groups = Array1::zeros(61);
    refused(
        "long groups",
        s.answer_itself(Train { groups: Some(groups.view()), ..train }),
        &["groups", "60", "61"],
    )
}

pub(super) fn other_names(s: &Subject) -> Outcome {
    let p = problem();
    let names = |n: [&str; 4]| n.map(String::from);
    let (fitted, swapped, other) =
        (names(["a", "b", "c", "d"]), names(["b", "a", "c", "d"]), names(["a", "b", "c", "e"]));
    let train = Train::of(&p).with_x(Records::from(&p.x).with_names(&fitted));
    let ask = |names| (s.answer)(train, Records::from(&p.x).with_names(names));
    ok("the same names", ask(&fitted))?;
    ok("no names", (s.answer)(train, (&p.x).into()))?;
    refused("names in another order", ask(&swapped), &["names", "order"])?;
    refused("unknown names", ask(&other), &["names", "`e`", "`d`"])?;
    let few = Records::from(&p.x).with_names(&fitted[..3]);
    refused("fewer names than columns", s.answer_itself(Train::of(&p).with_x(few)), &["names"])
}

pub(super) fn one_row(s: &Subject) -> Outcome {
    let one = problem().select(&[0]);
    finite_or_refused("one row", s.answer_itself(Train::of(&one)))
}

pub(super) fn one_column(s: &Subject) -> Outcome {
    let p = Problem::new(60, 1, 2);
    finite("one column", &ok("one column", s.answer_itself(Train::of(&p)))?)
}

pub(super) fn constant_columns(s: &Subject) -> Outcome {
    for value in [0.0, 1.0, 1e-3, -1e6, 0.1 + 0.2] {
        let p = problem().with_constant_column(value);
        finite("a constant column", &ok("a constant column", s.answer_itself(Train::of(&p)))?)?;
    }
    Ok(())
}

pub(super) fn identical_rows(s: &Subject) -> Outcome {
    let mut p = problem();
    let first = p.x.row(0).to_owned();
    p.x.rows_mut().into_iter().for_each(|mut row| row.assign(&first));
    finite_or_refused("rows that are all alike", s.answer_itself(Train::of(&p)))?;
    p.y.fill(2.0);
    finite_or_refused("a constant target", s.answer_itself(Train::of(&p)))
}

pub(super) fn wide(s: &Subject) -> Outcome {
    let p = Problem::new(12, 30, 3);
    finite("n < p", &ok("n < p", s.answer_itself(Train::of(&p)))?)
}

pub(super) fn collinear(s: &Subject) -> Outcome {
    let p = problem();
    let x = ok(
        "stacking",
        concatenate(Axis(1), &[p.x.view(), p.x.view(), (&p.x * 2.0).view()])
            .map_err(|_| estimand_core::Error::numerical("stack")),
    )?;
    let twice = Problem { x, ..p };
    finite("collinear columns", &ok("collinear columns", s.answer_itself(Train::of(&twice)))?)
}

pub(super) fn huge_and_tiny(s: &Subject) -> Outcome {
    for factor in [1e-300, 1e-150, 1e-30, 1e30, 1e150, 1e300] {
        let p = problem().scaled(factor);
        finite_or_refused(&format!("x times {factor:e}"), s.answer_itself(Train::of(&p)))?;
    }
    for factor in [1e-300, 1e150, 1e300] {
        let mut p = problem();
        p.y *= factor;
        finite_or_refused(&format!("y times {factor:e}"), s.answer_itself(Train::of(&p)))?;
    }
    Ok(())
}

pub(super) fn far_from_zero(s: &Subject) -> Outcome {
    let mut p = problem();
    p.x += 1e7;
    p.y -= 1e7;
    finite("columns around 1e7", &ok("columns around 1e7", s.answer_itself(Train::of(&p)))?)
}

pub(super) fn mixed_scales(s: &Subject) -> Outcome {
    let mut p = problem();
    for (j, factor) in [1e-6, 1.0, 1e6, 1e3].into_iter().enumerate() {
        p.x.column_mut(j).mapv_inplace(|v| v * factor + 1e4 * factor);
    }
    finite("columns of mixed scales", &ok("columns of mixed scales", s.answer_itself(Train::of(&p)))?)
}
