//! Clusterings that label their training rows and predict nothing, for a suite that asks: other rows get the label of the
//! training row that is nearest.

use estimand_cluster::{AgglomerativeModel, OpticsModel, SpectralModel};
use estimand_core::{
    Describe, Features, Fit, Float, Label, Persist, Predict, PredictOne, Records, Result, Samples, Scratch,
};
use estimand_index::{Metric, pairwise};
use ndarray::{Array1, Array2, aview1};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// The models of such clusterings.
pub(crate) trait Labelled {
    type Label: Label + Serialize + DeserializeOwned;
    fn labels(&self) -> &Array1<Self::Label>;
    fn features(&self) -> &Features;
}
macro_rules! labelled {
    ($($model:ty: $label:ty),*) => {$(
        impl Labelled for $model {
            type Label = $label;
            fn labels(&self) -> &Array1<$label> {
                self.labels()
            }
            fn features(&self) -> &Features {
                self.features()
            }
        }
    )*};
}
labelled!(AgglomerativeModel: usize, OpticsModel: i64, SpectralModel: usize);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Asked<E>(pub(crate) E);

#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float, L: Serialize", deserialize = "F: Float, L: Deserialize<'de>"))]
pub(crate) struct AskedModel<F, L> {
    x: Array2<F>,
    labels: Array1<L>,
    features: Features,
}

estimand_core::described_by!([E: Describe] Asked<E>, 0);

impl<F: Float, E: Fit<F, (), Model: Labelled>> Fit<F, ()> for Asked<E> {
    type Model = AskedModel<F, <E::Model as Labelled>::Label>;
    fn fit_samples(&self, samples: Samples<'_, F, ()>) -> Result<Self::Model> {
        let model = self.0.fit_samples(samples)?;
        let (labels, features) = (model.labels().clone(), model.features().clone());
        Ok(AskedModel { x: samples.x.dense("the test")?.to_owned(), labels, features })
    }
}

impl<F: Float, L: Label> AskedModel<F, L> {
    fn of(&self, x: Records<'_, F>) -> Result<Array1<L>> {
        let distances = pairwise(x, &self.x, &Metric::Chebyshev)?;
        let nearest = |row: ndarray::ArrayView1<'_, F>| {
            (0..row.len()).fold(0, |best, i| if row[i] < row[best] { i } else { best })
        };
        Ok(distances.rows().into_iter().map(|row| self.labels[nearest(row)].clone()).collect())
    }
}

impl<F: Float, L: Label> Predict<F> for AskedModel<F, L> {
    type Output = Array1<L>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<L>> {
        self.features.check(x)?;
        self.of(x)
    }
}

impl<F: Float, L: Label> PredictOne<F> for AskedModel<F, L> {
    type One<'m> = L;
    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<L> {
        self.features.check_width(row.len())?;
        Ok(self.of((&aview1(row).insert_axis(ndarray::Axis(0)).to_owned()).into())?[0].clone())
    }
}

impl<F: Float, L: Label + Serialize + DeserializeOwned> Persist for AskedModel<F, L> {
    fn type_name() -> String {
        "Asked".into()
    }
}
