//! Splits, cross-validation, searches, and what a call costs when the data is small.

use crate::data::{labels, matrix, number, one_row, vector};
use estimand::prelude::*;
use estimand_bench_protocol::{Answer, Entry, Job, Result, forget_peak, repeated};

pub(crate) const ENTRIES: &[Entry] = &[
    ("train_test_split", "estimand", split),
    ("cross_val", "estimand", cross_val),
    ("grid_logreg", "estimand", grid_logreg),
    ("grid_small", "estimand", grid_small),
    ("tiny_100fits_logreg", "estimand", tiny_logreg),
    ("tiny_100fits_ridge", "estimand", tiny_ridge),
    ("predict_one", "estimand", predict_one),
];

const TINY_FITS: usize = 100;
const TINY_ROWS: usize = 150;

fn split(job: &Job) -> Result<Answer> {
    let data = Dataset::new(matrix(job, "X")?, vector(job, "y")?);
    forget_peak();
    let ((train, test), fit) = repeated(job.reps, || Ok(train_test_split(&data, 0.25, 0)?))?;
    let answer = Answer::new(fit, Vec::new());
    job.write("train_sum", &[], &train.x.sum_axis(Axis(0)).to_vec())?;
    job.write("test_sum", &[], &test.x.sum_axis(Axis(0)).to_vec())?;
    job.write("train_rows", &[], &[train.x.nrows() as i64])?;
    Ok(answer)
}

fn cross_val(job: &Job) -> Result<Answer> {
    let (x, y) = (matrix(job, "X")?, labels(job, "y")?);
    number(job, || {
        let scores =
            cross_val_score(&LogisticRegression::new(), (&x, &y), &StratifiedKFold::new(5), accuracy)?;
        Ok(scores.iter().sum::<f64>() / scores.len() as f64)
    })
}

fn grid_logreg(job: &Job) -> Result<Answer> {
    let (x, y) = (matrix(job, "X")?, labels(job, "y")?);
    number(job, || {
        let grid = grid!(LogisticRegression::new(), c: [0.01, 0.1, 1.0, 10.0]);
        let search = GridSearch::new(grid).cv(StratifiedKFold::new(5)).scoring(accuracy).fit((&x, &y))?;
        Ok(search.best_score())
    })
}

/// Twenty values of alpha from 1e-4 to 1e4, evenly spaced on a logarithmic scale.
fn grid_small(job: &Job) -> Result<Answer> {
    let (x, y) = (matrix(job, "X")?, vector(job, "y")?);
    number(job, || {
        let candidates = (0..20).map(|i| Ridge::new().alpha(10_f64.powf(-4.0 + 8.0 * f64::from(i) / 19.0)));
        let search = GridSearch::new(candidates).cv(KFold::new(5)).scoring(r2).fit((&x, &y))?;
        Ok(search.best_score())
    })
}

/// A hundred fits of a few rows, and one scoring of the test rows.
fn tiny_logreg(job: &Job) -> Result<Answer> {
    let (x, y) = (matrix(job, "X")?, labels(job, "y")?);
    let (xt, yt) = (matrix(job, "Xt")?, labels(job, "yt")?);
    let (x, y) = (x.slice(s![..TINY_ROWS, ..]), y.slice(s![..TINY_ROWS]));
    number(job, || {
        let mut model = LogisticRegression::new().fit((x, y))?;
        for _ in 1..TINY_FITS {
            model = LogisticRegression::new().fit((x, y))?;
        }
        Ok(accuracy(&yt, &model.predict(&xt)?)?)
    })
}

fn tiny_ridge(job: &Job) -> Result<Answer> {
    let (x, y) = (matrix(job, "X")?, labels(job, "y")?.mapv(|c| c as f64));
    let (xt, yt) = (matrix(job, "Xt")?, labels(job, "yt")?.mapv(|c| c as f64));
    let (x, y) = (x.slice(s![..TINY_ROWS, ..]), y.slice(s![..TINY_ROWS]));
    number(job, || {
        let mut model = Ridge::new().fit((x, y))?;
        for _ in 1..TINY_FITS {
            model = Ridge::new().fit((x, y))?;
        }
        Ok(r2(&yt, &model.predict(&xt)?)?)
    })
}

fn predict_one(job: &Job) -> Result<Answer> {
    let (x, y, xt) = (matrix(job, "X")?, labels(job, "y")?, matrix(job, "Xt")?);
    forget_peak();
    let pipeline = StandardScaler::new().then(LogisticRegression::new());
    let (model, fit) = repeated(job.reps, || Ok(pipeline.fit((&x, &y))?))?;
    let (predicted, predict) = repeated(job.reps, || Ok(model.predict(&xt)?))?;
    let answer = Answer::new(fit, predict);
    job.write("predict", &[], &predicted.to_vec())?;
    one_row(answer, &model, &xt)
}
