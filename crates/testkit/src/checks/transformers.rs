//! What holds for transformers.

use super::{agree, ok, refused, same_bits};
use crate::data::Problem;
use crate::kinds::{Settings, transformed};
use crate::subject::{Outcome, Suite};
use estimand_core::{Fit, InverseTransform, PartialFit, Records, Transform};
use ndarray::{Array1, Array2, s};

pub(crate) fn add<E, A, B>(suite: &mut Suite<E>, estimator: &E)
where
    E: Settings + Fit<f64, (), Model = A> + Fit<f64, Array1<usize>, Model = B>,
    A: Transform<f64> + 'static,
    B: Transform<f64> + 'static,
{
    let e = estimator.clone();
    suite.add("names_follow_the_columns", move |_| names(&e));
    let e = estimator.clone();
    suite.add("the_target_changes_nothing", move |_| target(&e));
}

fn names<E, A>(estimator: &E) -> Outcome
where
    E: Fit<f64, (), Model = A>,
    A: Transform<f64>,
{
    let p = Problem::new(40, 3, 32);
    let names = ["a", "b", "c"].map(String::from);
    let model = ok("fitting", estimator.fit(Records::from(&p.x).with_names(&names)))?;
    let z = ok("transforming", transformed(&model, (&p.x).into()))?;
    match model.feature_names_out() {
        Some(out) if out.len() == z.ncols() => Ok(()),
        found => Err(format!("names {found:?} for {} columns", z.ncols())),
    }
}

fn target<E, A, B>(estimator: &E) -> Outcome
where
    E: Fit<f64, (), Model = A> + Fit<f64, Array1<usize>, Model = B>,
    A: Transform<f64>,
    B: Transform<f64>,
{
    let p = Problem::new(40, 3, 33);
    let without = ok("fitting", Fit::<f64, ()>::fit(estimator, &p.x))?;
    let with = ok("fitting", Fit::<f64, Array1<usize>>::fit(estimator, (&p.x, &p.labels)))?;
    let x = Records::from(&p.x);
    same_bits(
        "with a target",
        &ok("transforming", transformed(&without, x))?,
        &ok("transforming", transformed(&with, x))?,
    )
}

pub(crate) fn can_be_undone<E>(estimator: &E) -> Outcome
where
    E: Fit<f64, ()>,
    E::Model: Transform<f64> + InverseTransform<f64>,
{
    let p = Problem::new(40, 3, 34).with_constant_column(5.0);
    let model = ok("fitting", estimator.fit(&p.x))?;
    let z = ok("transforming", transformed(&model, (&p.x).into()))?;
    let back: Array2<f64> = ok("undoing", model.inverse_transform(&z))?;
    // Two roundings each way.
    agree("there and back", &p.x, &back, 1e-12)
}

pub(crate) fn batches<E>(estimator: &E) -> Outcome
where
    E: Fit<f64, ()>,
    E::Model: Transform<f64> + PartialFit<f64, ()>,
{
    let p = Problem::new(101, 4, 35);
    let whole = ok("fitting", estimator.fit(&p.x))?;
    let mut model = ok("fitting", estimator.fit(p.x.slice(s![..30, ..])))?;
    ok("a batch", model.partial_fit(p.x.slice(s![30..31, ..])))?;
    ok("a batch", model.partial_fit(p.x.slice(s![31.., ..])))?;
    let x = Records::from(&p.x);
    // A batch that is refused leaves the model as it was.
    let before = ok("transforming", transformed(&model, x))?;
    refused(
        "a batch of another width",
        model.partial_fit(p.x.slice(s![.., ..3])),
        &["columns", "expected 4"],
    )?;
    refused("an empty batch", model.partial_fit(p.x.slice(s![..0, ..])), &["empty"])?;
    let infinite = p.clone().with_value(50, 1, f64::INFINITY);
    refused("a batch with an infinity", model.partial_fit(&infinite.x), &["x contains inf", "row 50"])?;
    same_bits("after refused batches", &before, &ok("transforming", transformed(&model, x))?)?;
    // The same sums in another order.
    agree(
        "batches",
        &ok("transforming", transformed(&whole, x))?,
        &ok("transforming", transformed(&model, x))?,
        1e-12,
    )
}
