//! Fitted classifiers: equations (3) and (4).

use super::NAME;
use super::laplace::Mode;
use crate::covariance::{Covariance, Program, Table};
use crate::learn::{asked, transposed};
use estimand_core::persist::check_len;
use estimand_core::{Error, Features, Float, Probabilities, Records, Report, Result, Scores, Scratch};
use estimand_linalg::{Triangle, matvec, rows, solve_triangular};
use ndarray::{Array1, Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;

/// Rows that are asked about together.
const BLOCK: usize = 512;

/// The process of one class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Latent {
    covariance: Covariance,
    /// g
    pull: Array1<f64>,
    /// √W
    roots: Array1<f64>,
    /// Lᵀ
    upper: Array2<f64>,
    evidence: f64,
}

impl Latent {
    pub(super) fn new(covariance: Covariance, mode: Mode) -> Self {
        let Mode { factor, roots, pull, evidence, .. } = mode;
        let upper = transposed(&factor);
        Self { covariance, pull, roots, upper, evidence }
    }

    pub(super) fn evidence(&self) -> f64 {
        self.evidence
    }

    /// Means of (3).
    fn means(&self, asking: &Table, table: &Table) -> Vec<f64> {
        let program = Program::new(&self.covariance, table.width());
        blocks(asking.len())
            .flat_map(|some| matvec(program.cross(&asking.select(&some), table).view(), self.pull.view()))
            .collect()
    }

    /// (3)
    fn moments(&self, asking: &Table, table: &Table) -> (Vec<f64>, Vec<f64>) {
        let program = Program::new(&self.covariance, table.width());
        let (mut means, mut variances) = (Vec::new(), program.diagonal(asking, true));
        for some in blocks(asking.len()) {
            let mut cross = program.cross(&asking.select(&some), table);
            means.extend(matvec(cross.view(), self.pull.view()));
            cross *= &self.roots;
            let mut cross = cross.reversed_axes();
            solve_triangular(self.upper.t(), Triangle::Lower, cross.view_mut());
            for (column, i) in cross.columns().into_iter().zip(&some) {
                variances[*i] = (variances[*i] - column.dot(&column)).max(0.0);
            }
        }
        (means, variances)
    }

    fn check(&self, table: &Table) -> Result<()> {
        self.covariance.check(table.width())?;
        check_len("pulls", table.len(), self.pull.len())?;
        check_len("roots of curvatures", table.len(), self.roots.len())?;
        check_len("rows of a factor", table.len(), self.upper.nrows())?;
        check_len("columns of a factor", table.len(), self.upper.ncols())
    }
}

fn blocks(n: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..n).step_by(BLOCK).map(move |from| (from..n.min(from + BLOCK)).collect())
}

/// Half the range over which normal deviates count.
const REACH: f64 = 8.5;
/// Most steps on either side.
const STEPS: f64 = 4000.0;

/// (4), and the same for the other class: sums over equal steps, which converge as fast as the poles of σ allow.
pub(super) fn integral(mean: f64, variance: f64) -> [f64; 2] {
    let deviation = variance.sqrt();
    let step = (0.75 / deviation).clamp(REACH / STEPS, 0.5);
    let sigmoid = |f: f64| if f >= 0.0 { 1.0 / (1.0 + (-f).exp()) } else { f.exp() / (1.0 + f.exp()) };
    let (mut sums, mut total) = ([0.5 * sigmoid(mean), 0.5 * sigmoid(-mean)], 0.5);
    for k in 1..=(REACH / step) as usize {
        let z = k as f64 * step;
        let (weight, away) = ((-0.5 * z * z).exp(), deviation * z);
        sums[0] += 0.5 * weight * (sigmoid(mean + away) + sigmoid(mean - away));
        sums[1] += 0.5 * weight * (sigmoid(-mean - away) + sigmoid(away - mean));
        total += weight;
    }
    sums.map(|sum| sum / total)
}

/// A fitted [`GaussianProcessClassifier`](crate::GaussianProcessClassifier).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct GaussianProcessClassifierModel<F> {
    table: Table,
    latents: Vec<Latent>,
    features: Features,
    report: Report,
    scalar: PhantomData<F>,
}

impl<F: Float> GaussianProcessClassifierModel<F> {
    pub(super) fn new(table: Table, latents: Vec<Latent>, features: Features, report: Report) -> Self {
        Self { table, latents, features, report, scalar: PhantomData }
    }

    /// The covariances with the hyper-parameters that were learnt: one for two classes, else one for each.
    pub fn kernels(&self) -> Vec<&Covariance> {
        self.latents.iter().map(|latent| &latent.covariance).collect()
    }

    /// ln p(y | θ), equation (2); of several classes, the mean.
    pub fn log_marginal_likelihood(&self) -> f64 {
        self.latents.iter().map(Latent::evidence).sum::<f64>() / self.latents.len() as f64
    }

    /// Means and variances (3) of the latent functions, a column for each; of two classes, one.
    ///
    /// # Errors
    /// For records that are not dense and finite, or have other columns.
    pub fn latent_mean_and_variance<'a>(&self, x: impl Into<Records<'a, F>>) -> Result<(Array2<F>, Array2<F>)>
    where
        F: 'a,
    {
        let asking = asked(&self.features, x.into(), NAME)?;
        let mut found = [0, 1].map(|_| Array2::default((asking.len(), self.latents.len())));
        for (c, latent) in self.latents.iter().enumerate() {
            let (means, variances) = latent.moments(&asking, &self.table);
            found[0].column_mut(c).iter_mut().zip(means).for_each(|(to, v)| *to = F::of(v));
            found[1].column_mut(c).iter_mut().zip(variances).for_each(|(to, v)| *to = F::of(v));
        }
        let [means, variances] = found;
        Ok((means, variances))
    }

    /// How the fit went.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    /// The mean of each latent function, (4) of it and the rest, m × latent functions.
    ///
    /// None is 0, so that classes of which none is likely are still compared.
    fn both(&self, asking: &Table) -> Result<Vec<Vec<(f64, [f64; 2])>>> {
        let of = |latent: &Latent| {
            let (means, variances) = latent.moments(asking, &self.table);
            if means.iter().chain(&variances).any(|moment| moment.is_nan()) {
                return Err(Error::numerical("the latent function leaves the range of f64"));
            }
            let shares = |mean, variance| integral(mean, variance).map(|p| p.max(f64::MIN_POSITIVE));
            Ok(means
                .into_iter()
                .zip(variances)
                .map(|(mean, variance)| (mean, shares(mean, variance)))
                .collect())
        };
        self.latents.iter().map(of).collect()
    }

    fn logits(&self, asking: &Table) -> Result<Array2<F>> {
        let both = self.both(asking)?;
        let of = |(i, c): (usize, usize)| {
            let (mean, [own, rest]) = both[c][i];
            let logit = F::of(own.ln() - rest.ln());
            // The sign is that of the mean, which classes are told by, also where the logarithms round it away.
            if mean > 0.0 { logit.max(F::min_positive_value()) } else { logit.min(F::zero()) }
        };
        Ok(Array2::from_shape_fn((asking.len(), both.len()), of))
    }
}

impl<F: Float> Scores<F> for GaussianProcessClassifierModel<F> {
    fn scores(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let asking = asked(&self.features, x, NAME)?;
        rows::checked(self.logits(&asking)?, x)
    }

    fn codes(&self, x: Records<'_, F>) -> Result<Array1<u32>> {
        match self.latents.as_slice() {
            [only] => {
                let asking = asked(&self.features, x, NAME)?;
                Ok(only.means(&asking, &self.table).into_iter().map(|mean| u32::from(mean > 0.0)).collect())
            }
            _ => Ok(estimand_core::classify::winners(&self.scores(x)?)),
        }
    }

    fn scores_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.features.check_width(row.len())?;
        let view =
            ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
        out.clear();
        out.extend(self.scores(view.into())?);
        Ok(())
    }
}

impl<F: Float> Probabilities<F> for GaussianProcessClassifierModel<F> {
    fn probabilities(&self, x: Records<'_, F>) -> Result<Array2<F>> {
        let asking = asked(&self.features, x, NAME)?;
        let both = self.both(&asking)?;
        let mut found = match both.as_slice() {
            [only] => Array2::from_shape_fn((asking.len(), 2), |(i, c)| only[i].1[1 - c]),
            each => Array2::from_shape_fn((asking.len(), each.len()), |(i, c)| each[c][i].1[0]),
        };
        for mut row in found.axis_iter_mut(Axis(0)) {
            let total = row.sum();
            row /= total;
        }
        Ok(found.mapv(F::of))
    }
}

estimand_core::persist!(
    GaussianProcessClassifierModel<F>,
    |model| {
        model.features.check_loaded()?;
        check_len("columns", model.features.count(), model.table.width())?;
        match model.table.is_sound() && model.table.len() > 0 {
            true => model.latents.iter().try_for_each(|latent| latent.check(&model.table)),
            false => Err(Error::Persist { what: "records of a process are damaged".into() }),
        }
    },
    |model, k| check_len("latent functions", if k == 2 { 1 } else { k }, model.latents.len())
);
