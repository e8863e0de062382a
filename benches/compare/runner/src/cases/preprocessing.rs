//! Scalers: what is timed as fit is fit and transform, what is timed as predict is transform.

use crate::data::matrix;
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("standard_scaler", "estimand", |job| scaler(job, StandardScaler::new())),
    ("minmax_scaler", "estimand", |job| scaler(job, MinMaxScaler::new())),
];

fn scaler<S>(job: &Job, settings: S) -> Result<Answer>
where
    S: Fit<f64, ()>,
    S::Model: Transform<f64>,
{
    let x = matrix(job, "X")?;
    forget_peak();
    let (model, fit) = repeated(job.reps, || {
        let model = settings.fit(&x)?;
        std::hint::black_box(model.transform_records((&x).into())?);
        Ok(model)
    })?;
    let (z, predict) = repeated(job.reps, || Ok(model.transform_records((&x).into())?))?;
    let answer = Answer::new(fit, predict);
    job.write_sample(&z.into_dense().into_raw_vec_and_offset().0, x.ncols())?;
    Ok(answer)
}
