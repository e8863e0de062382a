//! Fitted calibrated classifiers.

use super::decided;
use super::maps::Maps;
use estimand_core::classify::winners;
use estimand_core::{Classes, Decide, Error, Float, Persist, Predict, PredictProba, Records, Result};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};

/// A model and what makes probabilities of its decisions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Member<M> {
    model: M,
    maps: Maps,
}

impl<M> Member<M> {
    pub(super) fn new(model: M, maps: Maps) -> Self {
        Self { model, maps }
    }
}

/// A fitted [`CalibratedClassifier`](crate::CalibratedClassifier): one model or more, and their calibrations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CalibratedModel<M> {
    members: Vec<Member<M>>,
}

impl<M> CalibratedModel<M> {
    pub(super) fn new(members: Vec<Member<M>>) -> Self {
        Self { members }
    }

    /// The models: one for each fold, or one of all rows.
    pub fn models(&self) -> impl Iterator<Item = &M> {
        self.members.iter().map(|member| &member.model)
    }

    /// a and b of each column of decisions of each model, where the method is the sigmoid.
    pub fn sigmoids(&self) -> Vec<Vec<(f64, f64)>> {
        let of = |member: &Member<M>| match &member.maps {
            Maps::Sigmoid(each) => Some(each.clone()),
            _ => None,
        };
        self.members.iter().filter_map(of).collect()
    }

    /// β of each model, where the method is the temperature.
    pub fn inverse_temperatures(&self) -> Vec<f64> {
        let of = |member: &Member<M>| match member.maps {
            Maps::Temperature(beta) => Some(beta),
            _ => None,
        };
        self.members.iter().filter_map(of).collect()
    }
}

impl<M: Classes> Classes for CalibratedModel<M> {
    type Label = M::Label;
    fn classes(&self) -> &[M::Label] {
        self.members.first().map_or(&[], |member| member.model.classes())
    }
}

impl<F: Float, M: Decide<F>> PredictProba<F> for CalibratedModel<M> {
    fn predict_proba_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let k = self.classes().len();
        let mut sums = Array2::<f64>::zeros((x.nrows(), k));
        let mut own = vec![0.0; k];
        for member in &self.members {
            let decisions = decided(&member.model, x)?;
            for (decisions, mut sums) in decisions.rows().into_iter().zip(sums.rows_mut()) {
                member.maps.apply(&decisions.to_vec(), &mut own);
                sums.iter_mut().zip(&own).for_each(|(sum, p)| *sum += p);
            }
        }
        let count = self.members.len() as f64;
        Ok(sums.mapv(|sum| F::of(sum / count)))
    }
}

/// Probabilities; of two classes, the second's less the first's.
impl<F: Float, M: Decide<F>> Decide<F> for CalibratedModel<M> {
    fn decision_records(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let p = self.predict_proba_records(x)?;
        match p.ncols() {
            2 => Ok(Array2::from_shape_fn((p.nrows(), 1), |(i, _)| p[[i, 1]] - p[[i, 0]])),
            _ => Ok(p),
        }
    }
}

impl<F: Float, M: Decide<F>> Predict<F> for CalibratedModel<M> {
    type Output = Array1<M::Label>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<M::Label>> {
        let codes = winners(&self.predict_proba_records(x)?);
        Ok(codes.mapv(|code| self.classes()[code as usize].clone()))
    }
}

impl<M: Persist + Classes> Persist for CalibratedModel<M> {
    fn type_name() -> String {
        format!("CalibratedModel<{}>", M::type_name())
    }
    fn check_loaded(&self) -> Result<()> {
        let damaged = || Err(Error::Persist { what: "calibrations do not fit their models".into() });
        if self.members.is_empty() {
            return damaged();
        }
        for member in &self.members {
            member.model.check_loaded()?;
            if member.model.classes() != self.classes() || !member.maps.is_sound(self.classes().len()) {
                return damaged();
            }
        }
        Ok(())
    }
}
