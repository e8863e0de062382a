//! What holds for regressors.

use super::{Named, agree, ok, refused};
use crate::data::Problem;
use crate::subject::{Outcome, Subject, Train};
use estimand_core::{Fit, Predict, Result, Samples};
use ndarray::{Array1, Array2, Axis, s, stack};

pub(crate) const CHECKS: &[Named] = &[
    ("a_linear_signal_is_found", signal),
    ("nan_in_y_is_refused", nan_in_y),
    ("a_linear_signal_is_found_far_from_zero", distant_signal),
    ("a_constant_target_is_predicted", constant_target),
    ("a_target_with_gaps_is_the_same", target_with_gaps),
];

fn signal(s: &Subject) -> Outcome {
    r_squared(s, &Problem::new(200, 5, 21))
}

fn distant_signal(s: &Subject) -> Outcome {
    let mut p = Problem::new(200, 5, 21);
    p.x += 1e6;
    p.y -= 1e6;
    r_squared(s, &p)
}

fn constant_target(s: &Subject) -> Outcome {
    let mut p = Problem::new(50, 4, 37);
    for value in [0.0, -2.5, 1e8] {
        p.y.fill(value);
        let found = ok("a constant target", s.answer_itself(Train::of(&p)))?;
        // A few roundings, and what an iterative solver leaves.
        agree("a constant target", &found, &Array2::from_elem((50, 1), value), 1e-6)?;
    }
    Ok(())
}

fn r_squared(s: &Subject, p: &Problem) -> Outcome {
    let found = ok("fitting", s.answer_itself(Train::of(p)))?;
    let mean = p.y.mean().unwrap_or(0.0);
    let left: f64 = p.y.iter().zip(found.column(0)).map(|(y, f)| (y - f).powi(2)).sum();
    let all: f64 = p.y.iter().map(|y| (y - mean).powi(2)).sum();
    let r2 = 1.0 - left / all;
    if r2 > 0.5 { Ok(()) } else { Err(format!("R² is {r2:.3} on a linear signal")) }
}

fn nan_in_y(s: &Subject) -> Outcome {
    for value in [f64::NAN, f64::INFINITY] {
        let mut p = Problem::new(40, 3, 22);
        p.y[11] = value;
        refused("y with it", s.answer_itself(Train::of(&p)), &["y contains", "row 11"])?;
    }
    Ok(())
}

fn target_with_gaps(s: &Subject) -> Outcome {
    let p = Problem::new(40, 3, 23);
    let expected = ok("fitting", s.answer_itself(Train::of(&p)))?;
    let mut gaps = Array1::from_elem(80, f64::NAN);
    gaps.slice_mut(s![..;-2]).assign(&p.y);
    let train = Train { y: gaps.slice(s![..;-2]), ..Train::of(&p) };
    agree("y in every second place, from the end", &expected, &ok("fitting", s.answer_itself(train))?, 1e-12)
}

/// Fitting several settings together, as a search does, is fitting each.
pub(crate) fn many<E, M>(estimator: &E) -> Outcome
where
    E: Fit<f64, Array1<f64>, Model = M>,
    M: Predict<f64, Output = Array1<f64>>,
{
    let p = Problem::new(80, 4, 44);
    let weights = Array1::from_shape_fn(80, |i| 0.5 + (i % 3) as f64);
    let samples: Samples<'_, f64, Array1<f64>> = (&p.x, &p.y, &weights).into();
    let ask = |m: M| m.predict_records((&p.x).into()).map(|z| z.insert_axis(Axis(1)));
    let together =
        E::fit_many(&[estimator, estimator], samples).into_iter().map(|m| m.and_then(ask)).collect();
    agree_with(estimator.fit_samples(samples).and_then(ask), together)
}

fn agree_with(alone: Result<Array2<f64>>, together: Vec<Result<Array2<f64>>>) -> Outcome {
    let alone = ok("alone", alone)?;
    if together.len() != 2 {
        return Err(format!("{} models from two settings", together.len()));
    }
    for answer in together {
        // Shared sums may be grouped otherwise.
        agree("together", &alone, &ok("together", answer)?, 1e-9)?;
    }
    Ok(())
}

pub(crate) fn several_targets<E, One, Many>(estimator: &E) -> Outcome
where
    E: Fit<f64, Array1<f64>, Model = One> + Fit<f64, Array2<f64>, Model = Many>,
    One: Predict<f64, Output = Array1<f64>>,
    Many: Predict<f64, Output = Array2<f64>>,
{
    let p = Problem::new(80, 4, 24);
    let weights = Array1::from_shape_fn(80, |i| 0.5 + (i % 3) as f64);
    let columns = [p.y.clone(), p.x.column(0).mapv(f64::sin), Array1::from_elem(80, 2.0)];
    let views: Vec<_> = columns.iter().map(|c| c.view()).collect();
    let y = stack(Axis(1), &views).map_err(|e| e.to_string())?;
    let together = ok(
        "together",
        Fit::<f64, Array2<f64>>::fit(estimator, (&p.x, &y, &weights))
            .and_then(|m| m.predict_records((&p.x).into())),
    )?;
    for (t, column) in columns.iter().enumerate() {
        let alone = ok(
            "alone",
            Fit::<f64, Array1<f64>>::fit(estimator, (&p.x, column, &weights))
                .and_then(|m| m.predict_records((&p.x).into())),
        )?;
        agree(
            &format!("target {t}"),
            &together.slice(s![.., t..=t]).to_owned(),
            &alone.insert_axis(Axis(1)),
            1e-9,
        )?;
    }
    Ok(())
}
