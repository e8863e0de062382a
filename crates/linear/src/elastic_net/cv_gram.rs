//! Cross-validation from the moments of the test parts.
//!
//! ```text
//! moments of a training part = sum over the other test parts and the rows never tested          sums only, no differences
//! Σω(y − b − xw)² = Σω(y − ȳ)² − 2w·c + w·Gw + Σω (ȳ − b − x̄w)²                                  of the test part
//! ```

use super::cv::Search;
use super::solve::{Route, Solved, Source};
use crate::model::Outputs;
use crate::ridge::problem::Problem;
use estimand_core::{Error, Float, Fold, Folds, Result, Samples, Splitter};
use estimand_linalg::{Moments, matmul};
use estimand_par as par;
use ndarray::{Array2, Axis};

/// Most folds: a training part is a sum over all of the others.
const FOLDS: usize = 12;
/// Most values in all Gram matrices: half a gigabyte.
const VALUES: usize = 1 << 26;

/// Moments of the test parts, and of everything.
pub(super) struct Parts<'a, F> {
    tests: Vec<Moments>,
    /// The rows that are never tested.
    rest: Option<Moments>,
    pub(super) whole: Source<'a, F>,
    fit_intercept: bool,
}

impl<'a, F: Float> Parts<'a, F> {
    /// `None` where folds overlap or leave rows out, or where the Gram matrix would not pay.
    pub(super) fn new<Y: Outputs<F>>(
        problem: &Problem<'a, F>,
        samples: &Samples<'a, F, Y>,
        cv: &Folds,
        count: usize,
        route: Route,
    ) -> Result<Option<Self>> {
        let p = problem.x.ncols();
        let folds = cv.folds(samples)?;
        let small = folds.len() <= FOLDS && (folds.len() + 1) * p * p <= VALUES;
        if !small || route != Route::Auto || !Source::prefers_gram(problem, count * folds.len()) {
            return Ok(None);
        }
        let Some(rest) = never_tested(&folds, problem.x.nrows()) else { return Ok(None) };
        let tests: Vec<Moments> = folds.iter().map(|fold| of_rows(problem, &fold.test)).collect();
        let rest = (!rest.is_empty()).then(|| of_rows(problem, &rest));
        let all = tests.iter().chain(&rest).cloned().reduce(|a, b| a.combine(&b));
        let all = all.ok_or_else(|| Error::shape("number of folds", "at least 1", 0))?;
        let whole = Source::of_moments(problem.checked(all)?)?;
        Ok(Some(Self { tests, rest, whole, fit_intercept: problem.fit_intercept }))
    }

    /// Errors on the test parts: a row for each fold, a column for each candidate.
    pub(super) fn errors(&self, search: &Search<'_>, grid: &Array2<f64>) -> Result<Array2<f64>> {
        let rows = par::try_map(self.tests.len(), |k| {
            let others = self.tests.iter().enumerate().filter(|(l, _)| *l != k).map(|(_, part)| part);
            let train = others.chain(&self.rest).cloned().reduce(|a, b| a.combine(&b));
            let train = train.filter(|train| train.weight > 0.0);
            let train = train.ok_or_else(|| Error::Weights {
                what: format!("all are zero in the training rows of fold {k}"),
            })?;
            let source = Source::<F>::of_moments(self.about(train))?;
            let test = self.about(self.tests[k].clone());
            let paths = search.paths(&source, grid)?;
            Ok::<_, Error>(paths.iter().flat_map(|path| test_errors(path, &test)).collect::<Vec<f64>>())
        })?;
        Ok(Array2::from_shape_fn((rows.len(), grid.len()), |(k, c)| rows[k][c]))
    }

    fn about(&self, moments: Moments) -> Moments {
        if self.fit_intercept { moments } else { moments.uncentred() }
    }
}

/// The rows that are in no test part; `None` where test parts overlap or training parts are not all other rows.
fn never_tested(folds: &[Fold], n: usize) -> Option<Vec<usize>> {
    let mut tested = vec![false; n];
    for fold in folds {
        let mut trained = vec![false; n];
        for row in &fold.train {
            if std::mem::replace(&mut trained[*row], true) {
                return None;
            }
        }
        if fold.train.len() + fold.test.len() != n {
            return None;
        }
        for row in &fold.test {
            if std::mem::replace(&mut tested[*row], true) {
                return None;
            }
        }
    }
    Some((0..n).filter(|row| !tested[*row]).collect())
}

/// The moments of some rows; a run of rows is not copied.
fn of_rows<F: Float>(problem: &Problem<'_, F>, rows: &[usize]) -> Moments {
    let is_run = rows.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let range = rows.first().map_or(0..0, |first| *first..first + rows.len());
    if is_run {
        let y = problem.y.slice(ndarray::s![range.clone(), ..]);
        let weights = problem.weights.map(|w| w.slice_move(ndarray::s![range.clone()]));
        return Moments::of(problem.x.rows(range).values(), y, weights);
    }
    let x = problem.x.select(rows);
    let y = problem.y.select(Axis(0), rows);
    let weights = problem.weights.map(|w| w.select(Axis(0), rows));
    Moments::of(x.records().values(), y.view(), weights.as_ref().map(|w| w.view()))
}

/// Mean squared errors of a path on rows with these moments.
fn test_errors(path: &[Solved], test: &Moments) -> Vec<f64> {
    let coefs: Vec<_> = path.iter().map(|solved| solved.coef.view()).collect();
    let coefs = ndarray::concatenate(Axis(1), &coefs).unwrap_or_default();
    let products = matmul(test.gram.view(), coefs.view());
    let t = test.target_mean.len();
    let error = |(k, solved): (usize, &Solved)| {
        let of_target = |l: usize| {
            let w = coefs.column(k * t + l);
            let spread = test.target_squares[l] - 2.0 * w.dot(&test.cross.column(l))
                + w.dot(&products.column(k * t + l));
            let offset = test.target_mean[l] - solved.intercept[l] - test.mean.dot(&w);
            spread.max(0.0) + test.weight * offset * offset
        };
        (0..t).map(of_target).sum::<f64>() / (test.weight * t as f64)
    };
    path.iter().enumerate().map(error).collect()
}
