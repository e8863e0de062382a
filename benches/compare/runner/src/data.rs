//! The arrays of a case as ndarray's, and what several cases do with them.

use crate::allocations;
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Job, Result, forget_peak, one_row_seconds, repeated};

/// A matrix of the data set.
pub(crate) fn matrix(job: &Job, name: &str) -> Result<Array2<f64>> {
    let array = job.read(name)?;
    Ok(Array2::from_shape_vec(array.two_dimensional()?, array.values)?)
}

/// A vector of the data set.
pub(crate) fn vector(job: &Job, name: &str) -> Result<Array1<f64>> {
    Ok(job.read(name)?.values.into())
}

/// Integer labels of the data set.
pub(crate) fn labels(job: &Job, name: &str) -> Result<Array1<i64>> {
    Ok(job.read(name)?.values.into())
}

/// Adds to an answer what predicting one row costs, in seconds and allocations.
pub(crate) fn one_row<M: PredictOne<f64>>(answer: Answer, model: &M, xt: &Array2<f64>) -> Result<Answer> {
    let rows = xt.rows().into_iter().map(|row| row.to_vec()).collect::<Vec<_>>();
    let mut scratch = Scratch::new();
    let row = one_row_seconds(rows.len(), |i| {
        std::hint::black_box(model.predict_one(&rows[i], &mut scratch)?);
        Ok(())
    })?;
    let allocations = allocations::during(|| {
        std::hint::black_box(model.predict_one(&rows[0], &mut scratch).is_ok());
    });
    Ok(Answer { row: Some(row), allocations: Some(allocations), ..answer })
}

/// Times a computation whose result is one number.
pub(crate) fn number(job: &Job, f: impl FnMut() -> Result<f64>) -> Result<Answer> {
    forget_peak();
    let (value, fit) = repeated(job.reps, f)?;
    job.write("value", &[], &[value])?;
    Ok(Answer::new(fit, Vec::new()))
}
