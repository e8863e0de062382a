//! What holds for clusterings.

use super::one_row;
use super::saved::{Saved, answers_the_same};
use crate::kinds::{Settings, labels_as_numbers};
use crate::subject::{Suite, Train};
use estimand_core::{Fit, Label, Persist, Predict, PredictOne, Records, Result};
use ndarray::{Array1, Array2};

/// Clusterings, apart from transformers, which they may be too.
struct Clustering<E>(E);

impl<E, M, L> Saved<(M, L)> for Clustering<E>
where
    E: Fit<f64, (), Model = M>,
    M: Predict<f64, Output = Array1<L>> + Persist,
    L: Label,
{
    type Model = M;
    fn fit_on(&self, train: Train<'_, f64>) -> Result<M> {
        self.0.fit(train.x)
    }
    fn ask(model: &M, x: Records<'_, f64>) -> Result<Array2<f64>> {
        Ok(labels_as_numbers(&model.predict_records(x)?))
    }
}

impl<E, M, L> one_row::OneRow<(M, L)> for Clustering<E>
where
    E: Fit<f64, (), Model = M>,
    M: Predict<f64, Output = Array1<L>> + for<'m> PredictOne<f64, One<'m> = L> + 'static,
    L: Label,
{
    fn both(&self, train: Train<'_, f64>, rows: &Array2<f64>) -> Result<one_row::Both> {
        let model = self.0.fit(train.x)?;
        let batch = labels_as_numbers(&model.predict_records(rows.into())?);
        one_row::compare(rows, batch, &|row, scratch| {
            let label = Array1::from_elem(1, model.predict_one(row, scratch)?);
            Ok(labels_as_numbers(&label).into_iter().collect())
        })
    }
}

pub(crate) fn add<E, M, L>(suite: &mut Suite<E>, estimator: &E)
where
    E: Settings + Fit<f64, (), Model = M>,
    M: Predict<f64, Output = Array1<L>> + for<'m> PredictOne<f64, One<'m> = L> + Persist + 'static,
    L: Label,
{
    let clustering = Clustering(estimator.clone());
    suite.add("a_saved_model_answers_the_same", move |subject| answers_the_same(&clustering, subject));
    let clustering = Clustering(estimator.clone());
    suite.add("one_row_answers_as_in_a_batch", move |_| one_row::as_in_a_batch(&clustering));
}

/// Whether rows share a label, for all pairs of rows; −1 is no label to share.
pub(crate) fn together(labels: &Array2<f64>) -> Array2<f64> {
    let n = labels.nrows();
    Array2::from_shape_fn((n, n), |(i, j)| {
        f64::from(u8::from(labels[[i, 0]] == labels[[j, 0]] && labels[[i, 0]] >= 0.0))
    })
}
