//! Fitted calibrated classifiers.

use super::maps::Maps;
use super::{check_decisions, decided, within};
use estimand_core::classify::{winner, winners};
use estimand_core::{
    Classes, Decide, DecideOne, Error, Float, Persist, Predict, PredictOne, PredictProba, Records, Result,
    Scratch,
};
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
        let (mut own, mut row) = (vec![0.0; k], Vec::with_capacity(k));
        for member in &self.members {
            let decisions = decided(&member.model, x)?;
            for (decisions, mut sums) in decisions.rows().into_iter().zip(sums.rows_mut()) {
                row.clear();
                row.extend(decisions);
                member.maps.apply(&row, &mut own);
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

impl<F: Float, M: DecideOne<F>> DecideOne<F> for CalibratedModel<M> {
    fn decide_one(&self, row: &[F], out: &mut Vec<F>, scratch: &mut Scratch<F>) -> Result<()> {
        let (k, count) = (self.classes().len(), self.members.len() as f64);
        // Sums of probabilities, those of one member, its decisions.
        let mut sums = scratch.take_wide();
        sums.resize(3 * k, 0.0);
        let (total, rest) = sums.split_at_mut(k);
        let (own, decisions) = rest.split_at_mut(k);
        let outcome = self.members.iter().try_for_each(|member| {
            member.model.decide_one(row, out, scratch)?;
            check_decisions(&*out)?;
            decisions.iter_mut().zip(&*out).for_each(|(to, d)| *to = within(*d));
            member.maps.apply(&decisions[..out.len().min(k)], own);
            total.iter_mut().zip(&*own).for_each(|(sum, p)| *sum += p);
            Ok(())
        });
        out.clear();
        match &*total {
            [first, second] => out.push(F::of(second / count) - F::of(first / count)),
            all => out.extend(all.iter().map(|sum| F::of(sum / count))),
        }
        scratch.give_wide(sums);
        outcome
    }
}

impl<F: Float, M: Decide<F>> Predict<F> for CalibratedModel<M> {
    type Output = Array1<M::Label>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<M::Label>> {
        let codes = winners(&self.predict_proba_records(x)?);
        Ok(codes.mapv(|code| self.classes()[code as usize].clone()))
    }
}

impl<F: Float, M: DecideOne<F>> PredictOne<F> for CalibratedModel<M> {
    type One<'m>
        = &'m M::Label
    where
        M: 'm;
    fn predict_one<'m>(&'m self, row: &[F], scratch: &mut Scratch<F>) -> Result<&'m M::Label> {
        let mut decisions = scratch.take();
        let outcome = self.decide_one(row, &mut decisions, scratch);
        let code = winner(decisions.iter().copied());
        scratch.give(decisions);
        outcome.map(|()| &self.classes()[code])
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
