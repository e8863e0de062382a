//! Clusterings that label their training rows and predict nothing, for a suite that asks: other rows get the label of the
//! training row that is nearest.

use estimand_cluster::{AgglomerativeModel, SpectralModel};
use estimand_core::{
    Describe, Features, Fit, Float, Persist, Predict, PredictOne, Records, Result, Samples, Scratch,
};
use estimand_index::{Metric, pairwise};
use ndarray::{Array1, Array2, aview1};
use serde::{Deserialize, Serialize};

/// The models of such clusterings.
pub(crate) trait Labelled {
    fn labels(&self) -> &Array1<usize>;
    fn features(&self) -> &Features;
}
macro_rules! labelled {
    ($($model:ty),*) => {$(
        impl Labelled for $model {
            fn labels(&self) -> &Array1<usize> {
                self.labels()
            }
            fn features(&self) -> &Features {
                self.features()
            }
        }
    )*};
}
labelled!(AgglomerativeModel, SpectralModel);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Asked<E>(pub(crate) E);

#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub(crate) struct AskedModel<F> {
    x: Array2<F>,
    labels: Array1<usize>,
    features: Features,
}

estimand_core::described_by!([E: Describe] Asked<E>, 0);

impl<F: Float, E: Fit<F, (), Model: Labelled>> Fit<F, ()> for Asked<E> {
    type Model = AskedModel<F>;
    fn fit_samples(&self, samples: Samples<'_, F, ()>) -> Result<AskedModel<F>> {
        let model = self.0.fit_samples(samples)?;
        let (labels, features) = (model.labels().clone(), model.features().clone());
        Ok(AskedModel { x: samples.x.dense("the test")?.to_owned(), labels, features })
    }
}

impl<F: Float> AskedModel<F> {
    fn of(&self, x: Records<'_, F>) -> Result<Array1<usize>> {
        let distances = pairwise(x, &self.x, &Metric::Chebyshev)?;
        let nearest = |row: ndarray::ArrayView1<'_, F>| {
            (0..row.len()).fold(0, |best, i| if row[i] < row[best] { i } else { best })
        };
        Ok(distances.rows().into_iter().map(|row| self.labels[nearest(row)]).collect())
    }
}

impl<F: Float> Predict<F> for AskedModel<F> {
    type Output = Array1<usize>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<usize>> {
        self.features.check(x)?;
        self.of(x)
    }
}

impl<F: Float> PredictOne<F> for AskedModel<F> {
    type One<'m> = usize;
    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<usize> {
        self.features.check_width(row.len())?;
        Ok(self.of((&aview1(row).insert_axis(ndarray::Axis(0)).to_owned()).into())?[0])
    }
}

impl<F: Float> Persist for AskedModel<F> {
    fn type_name() -> String {
        "Asked".into()
    }
}
