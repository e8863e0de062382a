//! Predictions of every row by a model that has not seen it.

use estimand_core::{
    Classes, Error, Fit, Float, Fold, Predict, PredictProba, Records, Result, Samples, Splitter, Target,
};
use estimand_par as par;
use ndarray::{Array, Array2, Axis, RemoveAxis};

/// Predicts each row by the model of the fold that tests it. Every row must be tested exactly once.
///
/// These predictions come from several models: judge a model by the scores of [`cross_validate`](crate::cross_validate),
/// and use these to look at residuals, or to learn from them.
pub fn cross_val_predict<'a, F, Y, E, C, T, D>(
    estimator: &E,
    samples: impl Into<Samples<'a, F, Y>>,
    cv: &C,
) -> Result<Array<T, D>>
where
    F: Float,
    Y: Target,
    E: Fit<F, Y> + Sync,
    E::Model: Predict<F, Output = Array<T, D>>,
    C: Splitter<F, Y> + ?Sized,
    T: Clone + Send,
    D: RemoveAxis,
{
    let (parts, place) = by_fold(estimator, samples.into(), cv, |model, test| model.predict_records(test))?;
    stack(&parts, &place)
}

/// Predicts each row's class probabilities by the model of the fold that tests it; and the classes, which
/// are the columns. A class that a fold's training rows lack gets probability 0 there.
pub fn cross_val_predict_proba<'a, F, Y, E, C>(
    estimator: &E,
    samples: impl Into<Samples<'a, F, Y>>,
    cv: &C,
) -> Result<(Array2<F>, Vec<<E::Model as Classes>::Label>)>
where
    F: Float,
    Y: Target,
    E: Fit<F, Y> + Sync,
    E::Model: PredictProba<F> + Classes,
    C: Splitter<F, Y> + ?Sized,
{
    let known = |model: &E::Model, test: Records<'_, F>| {
        Ok((model.predict_proba_records(test)?, model.classes().to_vec()))
    };
    let (parts, place) = by_fold(estimator, samples.into(), cv, known)?;
    let mut classes: Vec<_> = parts.iter().flat_map(|(_, known)| known).cloned().collect();
    classes.sort_unstable();
    classes.dedup();
    let spread = |(part, known): (Array2<F>, Vec<_>)| {
        let mut all = Array2::zeros((part.nrows(), classes.len()));
        for (label, column) in known.iter().zip(part.columns()) {
            if let Ok(j) = classes.binary_search(label) {
                all.column_mut(j).assign(&column);
            }
        }
        all
    };
    let parts: Vec<_> = parts.into_iter().map(spread).collect();
    Ok((stack(&parts, &place)?, classes))
}

/// What the model of each fold says of its test rows, and where each row stands in that.
fn by_fold<F, Y, E, C, P>(
    estimator: &E,
    samples: Samples<'_, F, Y>,
    cv: &C,
    predict: impl Fn(&E::Model, Records<'_, F>) -> Result<P> + Sync,
) -> Result<(Vec<P>, Vec<usize>)>
where
    F: Float,
    Y: Target,
    E: Fit<F, Y> + Sync,
    C: Splitter<F, Y> + ?Sized,
    P: Send,
{
    let folds = cv.folds(&samples)?;
    let place = places(&folds, samples.nrows())?;
    let parts = par::try_map(folds.len(), |f| {
        let model = estimator.fit_samples(samples.select(&folds[f].train).samples())?;
        let test = samples.select(&folds[f].test);
        predict(&model, test.records())
    })?;
    Ok((parts, place))
}

/// The parts one below the other, then row `i` from `place[i]`.
fn stack<T: Clone, D: RemoveAxis>(parts: &[Array<T, D>], place: &[usize]) -> Result<Array<T, D>> {
    let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
    let all = ndarray::concatenate(Axis(0), &views)
        .map_err(|e| Error::shape("columns of predictions", "the same in each fold", e))?;
    Ok(all.select(Axis(0), place))
}

/// Where each row stands when the test rows of all folds are written one after another.
pub(crate) fn places(folds: &[Fold], n: usize) -> Result<Vec<usize>> {
    let mut place = vec![None; n];
    for (at, row) in folds.iter().flat_map(|fold| &fold.test).enumerate() {
        if place[*row].replace(at).is_some() {
            return Err(tested("twice", *row));
        }
    }
    place.into_iter().enumerate().map(|(row, at)| at.ok_or_else(|| tested("in no fold", row))).collect()
}

fn tested(times: &str, row: usize) -> Error {
    Error::parameter(
        "cv",
        format!("one that tests row {row} {times}"),
        "a splitter that tests every row exactly once",
    )
}
