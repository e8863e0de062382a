//! Where the components begin.

use super::components::{Components, Rows, Sums, sums};
use super::covariance::CovarianceType;
use super::{GaussianMixture, MixtureInit};
use crate::kmeans::{KMeans, points::Points, start};
use estimand_core::random::Seed;
use estimand_core::{Error, Fit, Float, Result, Samples};
use ndarray::Array2;
use rand::Rng;

/// To which component each row belongs.
enum Shares {
    /// To one, or to none if the number is k.
    Hard(Vec<usize>),
    /// To each with a share, n × k.
    Soft(Vec<f64>),
}

impl Shares {
    fn of(&self, row: usize, c: usize, k: usize) -> f64 {
        match self {
            Self::Hard(labels) => f64::from(u8::from(labels[row] == c)),
            Self::Soft(shares) => shares[row * k + c],
        }
    }

    /// The sums of these shares about `shifts`.
    fn sums<F: Float>(&self, rows: &Rows<'_, F>, kind: CovarianceType, shifts: &[f64]) -> Sums {
        let k = shifts.len() / rows.origin.len();
        sums(rows, kind, shifts, |work, first, count| {
            for (g, scores) in work.scores.chunks_exact_mut(k).take(count.div_ceil(8)).enumerate() {
                for (c, score) in scores.iter_mut().enumerate() {
                    *score = std::array::from_fn(|l| match 8 * g + l {
                        i if i < count => self.of(first + i, c, k),
                        _ => 0.0,
                    });
                }
            }
            0.0
        })
    }
}

impl GaussianMixture {
    /// Components for start number `start`: (3) of the shares that `init` gives, and what is given instead of that.
    pub(super) fn begin<F: Float>(
        &self,
        rows: &Rows<'_, F>,
        samples: Samples<'_, F, ()>,
        start: usize,
    ) -> Result<Components> {
        let given = self.given(rows.origin.len())?;
        if let (Some(weights), Some(means), Some(covariances)) = given {
            return Ok(Components { weights, means, covariances });
        }
        let shares = self.shares(rows, samples, Seed(self.seed).child(start as u64))?;
        let found = self.of_shares(rows, &shares);
        Ok(Components {
            weights: given.0.unwrap_or(found.weights),
            means: given.1.unwrap_or(found.means),
            covariances: given.2.unwrap_or(found.covariances),
        })
    }

    /// (3) of given shares, n × k.
    pub(super) fn begin_with<F: Float>(
        &self,
        rows: &Rows<'_, F>,
        shares: &Array2<f64>,
    ) -> Result<Components> {
        let expected = (rows.count(), self.n_components);
        if shares.dim() != expected {
            let found = format!("{:?}", shares.dim());
            return Err(Error::shape("shape of the given shares", format!("{expected:?}"), found));
        }
        let is_share = |row: ndarray::ArrayView1<'_, f64>| {
            (row.sum() - 1.0).abs() < 1e-6 && row.iter().all(|share| *share >= 0.0)
        };
        match shares.rows().into_iter().position(|row| !is_share(row)) {
            Some(row) => Err(Error::parameter(
                "shares_init",
                format!("row {row}: {}", shares.row(row)),
                "shares of at least 0 that sum to 1",
            )),
            None => Ok(self.of_shares(rows, &Shares::Soft(shares.iter().copied().collect()))),
        }
    }

    /// (3) of these shares.
    fn of_shares<F: Float>(&self, rows: &Rows<'_, F>, shares: &Shares) -> Components {
        // Means first: squares about them lose nothing.
        let zeros = vec![0.0; self.n_components * rows.origin.len()];
        let means = shares.sums(rows, CovarianceType::Diag, &zeros).components(rows, &zeros, 0.0).means;
        let shifts: Vec<f64> = means
            .rows()
            .into_iter()
            .flat_map(|row| row.iter().zip(&rows.origin).map(|(c, m)| c - m).collect::<Vec<_>>())
            .collect();
        shares.sums(rows, self.covariance, &shifts).components(rows, &shifts, self.reg_covar)
    }

    /// What is given of the start, checked.
    #[allow(clippy::type_complexity, reason = "one of each")]
    fn given(
        &self,
        p: usize,
    ) -> Result<(Option<ndarray::Array1<f64>>, Option<Array2<f64>>, Option<super::Covariances>)> {
        let k = self.n_components;
        if let Some(weights) = &self.weights_init {
            let sum = weights.sum();
            if weights.len() != k
                || weights.iter().any(|w| w.is_nan() || *w < 0.0)
                || (sum - 1.0).abs() > 1e-6
            {
                return Err(Error::parameter(
                    "weights_init",
                    weights,
                    format!("{k} numbers that are not negative and sum to 1"),
                ));
            }
        }
        if let Some(means) = &self.means_init {
            if means.dim() != (k, p) {
                return Err(Error::shape(
                    "shape of the given means",
                    format!("{:?}", (k, p)),
                    format!("{:?}", means.dim()),
                ));
            }
            crate::check_finite("the given means", means)?;
        }
        let covariances = self.precisions_init.as_ref().map(|precisions| {
            precisions.check("the given precisions", self.covariance, k, p)?;
            precisions.inverse().map_err(|e| Error::parameter("precisions_init", e, "positive definite"))
        });
        Ok((self.weights_init.clone(), self.means_init.clone(), covariances.transpose()?))
    }

    fn shares<F: Float>(
        &self,
        rows: &Rows<'_, F>,
        samples: Samples<'_, F, ()>,
        seed: Seed,
    ) -> Result<Shares> {
        let (n, k) = (rows.count(), self.n_components);
        let ones = || vec![1.0; n];
        let alone = |chosen: Vec<usize>| {
            let mut labels = vec![k; n];
            chosen.into_iter().enumerate().for_each(|(c, row)| labels[row] = c);
            Shares::Hard(labels)
        };
        Ok(match self.init {
            MixtureInit::KMeans => {
                let model = KMeans::new(k).seed(seed.0).fit_samples(samples)?;
                Shares::Hard(model.labels().to_vec())
            }
            MixtureInit::PlusPlus => {
                let points = Points::about(samples.x, rows.origin.clone());
                alone(start::plus_plus(&points, &rows.weights.clone().unwrap_or_else(ones), k, seed))
            }
            MixtureInit::RandomRows => {
                alone(start::random(&rows.weights.clone().unwrap_or_else(ones), k, seed))
            }
            MixtureInit::Random => {
                let mut stream = seed.stream(0);
                let mut shares: Vec<f64> = (0..n * k).map(|_| stream.random()).collect();
                for row in shares.chunks_exact_mut(k) {
                    let sum: f64 = row.iter().sum();
                    row.iter_mut().for_each(|share| *share /= sum);
                }
                Shares::Soft(shares)
            }
        })
    }
}
