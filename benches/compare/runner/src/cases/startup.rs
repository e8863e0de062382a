//! A whole process that fits the iris data; the harness times it from outside.

use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result};

pub(crate) const ENTRIES: &[Entry] = &[("startup_logreg", "estimand", logreg)];

fn logreg(_: &Job) -> Result<Answer> {
    let model = LogisticRegression::new().fit(&datasets::iris())?;
    std::hint::black_box(model);
    Ok(Answer::default())
}
