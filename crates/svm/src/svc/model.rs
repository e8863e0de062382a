//! What support vector classification fits.

use crate::expansion::{Expansion, with_sums};
use estimand_core::persist::check_len;
use estimand_core::{Error, Float, Records, Report, Result, Scores, Scratch};
use estimand_linalg::rows;
use ndarray::Array2;
use serde::{Deserialize, Serialize};
use std::ops::Deref;

/// A fitted [`Svc`](crate::Svc): support vectors with coefficients, and an intercept for each pair of classes.
///
/// The coefficients of a support vector of class c are those of its machines with the other classes, in their order.
/// Of two classes the second is the positive one; of more, the first of each pair.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct SvcModel<F: Float> {
    expansion: Expansion<F>,
    intercept: Vec<f64>,
    report: Report,
}

impl<F: Float> Deref for SvcModel<F> {
    type Target = Expansion<F>;
    fn deref(&self) -> &Expansion<F> {
        &self.expansion
    }
}

impl<F: Float> SvcModel<F> {
    pub(crate) fn new(expansion: Expansion<F>, intercept: Vec<f64>, report: Report) -> Self {
        Self { expansion, intercept, report }
    }

    /// Number of classes.
    fn classes(&self) -> usize {
        self.expansion.dual_coef().nrows() + 1
    }

    /// Intercepts b of the pairs (0, 1), (0, 2), …, (1, 2), ….
    pub fn intercept(&self) -> Vec<f64> {
        match self.coef() {
            Some(coef) => coef
                .rows()
                .into_iter()
                .zip(&self.intercept)
                .map(|(w, b)| b - self.expansion.shifted(w))
                .collect(),
            None => self.intercept.clone(),
        }
    }

    /// How the fit went; the objective is (2) of [the module](crate::svc), summed over pairs.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// Coefficients w of the pairs, one row each: for a linear kernel only.
    pub fn coef(&self) -> Option<Array2<f64>> {
        let planes = self.expansion.planes()?;
        let (k, p) = (self.classes(), planes.ncols());
        let mut coef = Array2::zeros((self.intercept.len(), p));
        for (mut row, [one, two]) in coef.rows_mut().into_iter().zip(places(k)) {
            row += &planes.row(one);
            row += &planes.row(two);
        }
        Some(coef)
    }

    /// Decisions of the pairs (0, 1), (0, 2), …, (1, 2), …, one column each: positive speaks for the first class of the
    /// pair, but for the second where there are two classes in all.
    pub fn pair_decisions<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<Array2<F>>
    where
        F: 'a,
    {
        let x = x.into();
        let sums = self.expansion.sums(x)?;
        let mut out = Array2::default((x.nrows(), self.intercept.len()));
        for (sums, mut out) in sums.rows().into_iter().zip(out.rows_mut()) {
            let sums = sums.to_slice().unwrap_or_default();
            out.iter_mut().zip(self.decisions(sums)).for_each(|(out, z)| *out = F::of(z));
        }
        rows::checked(out, x)
    }

    /// Decisions of all pairs, from the sums of a row.
    fn decisions<'s>(&'s self, sums: &'s [f64]) -> impl Iterator<Item = f64> + 's {
        places(self.classes()).zip(&self.intercept).map(|([one, two], b)| sums[one] + sums[two] + b)
    }

    /// Scores of the classes, from the sums of a row.
    fn vote(&self, sums: &[f64], out: &mut [F]) {
        let k = self.classes();
        if k == 2 {
            self.decisions(sums).zip(out).for_each(|(z, out)| *out = F::of(z));
            return;
        }
        // Votes, and then sums of decisions: without memory for both.
        let pairs = || (0..k).flat_map(|i| (i + 1..k).map(move |j| (i, j))).zip(self.decisions(sums));
        for (c, out) in out.iter_mut().enumerate() {
            let (mut votes, mut sum) = (0.0, 0.0);
            for ((i, j), z) in pairs().filter(|((i, j), _)| *i == c || *j == c) {
                let own = if i == c { z } else { -z };
                // A decision of 0 is for the first class.
                votes += f64::from(u8::from(own > 0.0 || (own == 0.0 && j != c)));
                sum += own;
            }
            *out = F::of(votes + sum / (3.0 * (sum.abs() + 1.0)));
        }
    }

    fn check_loaded(&self) -> Result<()> {
        let k = self.classes();
        check_len("intercepts", k * (k - 1) / 2, self.intercept.len())?;
        check_len("classes of support vectors", k, self.expansion.n_support().len())?;
        match self.intercept.iter().all(|b| b.is_finite()) {
            true => Ok(()),
            false => Err(Error::Persist { what: "intercepts are not finite".into() }),
        }
    }
}

/// Where the sums of both classes of each pair stand.
fn places(k: usize) -> impl Iterator<Item = [usize; 2]> {
    (0..k).flat_map(move |i| (i + 1..k).map(move |j| [i * (k - 1) + j - 1, j * (k - 1) + i]))
}

impl<F: Float> Scores<F> for SvcModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let sums = self.expansion.sums(x)?;
        let mut out = Array2::default((x.nrows(), rows::columns(self.classes())));
        for (sums, mut out) in sums.rows().into_iter().zip(out.rows_mut()) {
            if let (Some(sums), Some(out)) = (sums.to_slice(), out.as_slice_mut()) {
                self.vote(sums, out);
            }
        }
        rows::checked(out, x)
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        out.clear();
        out.resize(rows::columns(self.classes()), F::zero());
        with_sums(&self.expansion, row, |sums| self.vote(sums, out))
    }
}

estimand_core::persist!(SvcModel<F>, SvcModel::check_loaded, |model, k| check_len(
    "classes",
    k,
    model.classes()
));
