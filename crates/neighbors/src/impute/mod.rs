//! Missing values from the rows that are near.
//!
//! ```text
//! d(q, x)²  = p / |V| Σ (qⱼ − xⱼ)² over the columns V in which neither is missing                           (1)
//! qⱼ        = Σ wᵢ xᵢⱼ / Σ wᵢ over the k nearest training rows that have column j                           (2)
//! wᵢ        = ωᵢ, or ωᵢ / d: see `NeighborWeights`
//! ```
//!
//! Each missing value has neighbours of its own: rows that lack it too do not count. Where no row that has it shares a column
//! with q, the mean of the column takes the place of (2). A row of weight ω is as good as ω rows: the k nearest are those
//! whose weights come to k, of which the last may count in part.
//!
//! Costs a pass over all training rows for each row with gaps, O(np); memory for the distances of 256 rows at a time.
//!
//! **Differs from scikit-learn.** Sample weights; ties go to the lowest row.
//!
//! **References.** \[Troyanskaya01\].

#[cfg(test)]
mod tests;

use crate::neighbourhood::{NeighborWeights, present};
use estimand_core::describe::at_least;
use estimand_core::persist::check_len;
use estimand_core::records::Dense;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Matrix, Records, Result, Samples, Scratch, Target, Transform,
    TransformOne,
};
use estimand_index::{Metric, pairwise};
use estimand_par as par;
use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};

estimand_core::params! {
    /// Fills missing values from the nearest rows; see [the module](crate::impute).
    ///
    /// ```
    /// use estimand_core::{Fit, Transform};
    /// use estimand_neighbors::KnnImputer;
    /// use ndarray::array;
    ///
    /// let nan = f64::NAN;
    /// let x = array![[1.0, 2.0, nan], [3.0, 4.0, 3.0], [nan, 6.0, 5.0], [8.0, 8.0, 7.0]];
    /// let imputer = KnnImputer::new().n_neighbors(2).fit(&x)?;
    /// let whole = array![[1.0, 2.0, 4.0], [3.0, 4.0, 3.0], [5.5, 6.0, 5.0], [8.0, 8.0, 7.0]];
    /// assert_eq!(imputer.transform(&x)?, whole);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct KnnImputer {
        /// The number k of neighbours.
        n_neighbors: usize = 5, at_least(1.0);
        /// How much a neighbour counts.
        weights: NeighborWeights = NeighborWeights::Uniform;
        /// Whether columns without any value are filled with 0; they are left out otherwise.
        keep_empty_features: bool = false;
    }
    accepts: weights, missing;
}

/// A fitted [`KnnImputer`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct KnnImputerModel<F: Float> {
    n_neighbors: usize,
    weigh: NeighborWeights,
    rows: Array2<F>,
    /// How many rows each row counts as; one where there are none.
    weights: Option<Vec<f64>>,
    /// Of each column, what stands for a value that no row can tell.
    means: Vec<f64>,
    /// The columns that are given back.
    kept: Vec<usize>,
    features: Features,
}

/// Rows whose distances are in memory together.
const BLOCK: usize = 256;

impl<F: Float, Y: Target> Fit<F, Y> for KnnImputer {
    type Model = KnnImputerModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<KnnImputerModel<F>> {
        self.check()?;
        samples.check()?;
        if let Some(rows) = present(&samples) {
            return self.fit_samples(samples.select(&rows).samples());
        }
        samples.x.check_finite_or_missing()?;
        let rows = samples.x.dense("KnnImputer")?.as_standard_layout().into_owned();
        let weights: Option<Vec<f64>> = samples.weights.map(|w| w.iter().map(|w| w.f64()).collect());
        let weight = |i: usize| weights.as_ref().map_or(1.0, |w| w[i]);
        let (mut means, mut kept) = (Vec::new(), Vec::new());
        for (j, column) in rows.columns().into_iter().enumerate() {
            let values = column.iter().enumerate().filter(|(_, v)| !v.is_nan());
            let (sum, total) = values
                .fold((0.0, 0.0), |(sum, total), (i, v)| (sum + weight(i) * v.f64(), total + weight(i)));
            if total > 0.0 || self.keep_empty_features {
                kept.push(j);
            }
            means.push(if total > 0.0 { sum / total } else { 0.0 });
        }
        if kept.is_empty() {
            return Err(Error::EmptyInput { what: "every column of x".into() });
        }
        Ok(KnnImputerModel {
            n_neighbors: self.n_neighbors,
            weigh: self.weights.clone(),
            rows,
            weights,
            means,
            kept,
            features: Features::of(samples.x),
        })
    }
}

impl<F: Float> KnnImputerModel<F> {
    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    fn fill(&self, x: ArrayView2<'_, F>) -> Result<Array2<F>> {
        let mut out = x.select(Axis(1), &self.kept);
        let gaps: Vec<usize> = (0..x.nrows()).filter(|i| x.row(*i).iter().any(|v| v.is_nan())).collect();
        for block in gaps.chunks(BLOCK) {
            let distances =
                pairwise(x.select(Axis(0), block).view(), self.rows.view(), &Metric::NanEuclidean)?;
            let filled = par::map(block.len(), |b| {
                let row = x.row(block[b]);
                let missing = self.kept.iter().enumerate().filter(|(_, j)| row[**j].is_nan());
                let value =
                    |(place, j): (usize, &usize)| Ok((place, self.value(*j, distances.row(b).iter())?));
                missing.map(value).collect::<Result<Vec<(usize, F)>>>()
            });
            for (i, values) in block.iter().zip(filled) {
                values?.into_iter().for_each(|(place, value)| out[[*i, place]] = value);
            }
        }
        Ok(out)
    }

    /// (2), by the distances of all training rows.
    fn value<'d>(&self, column: usize, distances: impl Iterator<Item = &'d F>) -> Result<F>
    where
        F: 'd,
    {
        let values = self.rows.column(column);
        let mut near: Vec<(f64, usize)> = distances
            .enumerate()
            .filter(|(i, d)| !d.is_nan() && !values[*i].is_nan())
            .map(|(i, d)| (d.f64(), i))
            .collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        // Rows that count as less than one may take more than k to come to k.
        if self.weights.is_none() && near.len() > self.n_neighbors {
            near.select_nth_unstable_by(self.n_neighbors - 1, order);
            near.truncate(self.n_neighbors);
        }
        near.sort_unstable_by(order);
        let Some(nearest) = near.first().map(|near| near.0) else { return Ok(F::of(self.means[column])) };
        let (mut left, mut sum, mut total) = (self.n_neighbors as f64, 0.0, 0.0);
        for (distance, i) in near {
            let count = self.weights.as_ref().map_or(1.0, |w| w[i]).min(left);
            left -= count;
            let weight = count * self.weigh.of(distance, nearest);
            sum += weight * values[i].f64();
            total += weight;
            if left <= 0.0 {
                break;
            }
        }
        match total > 0.0 && sum.is_finite() {
            true => Ok(F::of(sum / total)),
            false => Err(Error::numerical("the weights of neighbours are not finite, negative, or all 0")),
        }
    }
}

impl<F: Float> Transform<F> for KnnImputerModel<F> {
    type Stored = Dense;

    fn transform_records(&self, x: Records<'_, F>) -> Result<Matrix<F>> {
        self.features.check(x)?;
        x.check_shape()?;
        x.check_finite_or_missing()?;
        self.fill(x.dense("KnnImputer")?).map(Matrix::Dense)
    }

    fn feature_names_out(&self) -> Option<Vec<String>> {
        self.features.names().map(|names| self.kept.iter().map(|j| names[*j].clone()).collect())
    }
}

impl<F: Float> TransformOne<F> for KnnImputerModel<F> {
    fn transform_one(&self, row: &[F], out: &mut Vec<F>, _: &mut Scratch<F>) -> Result<()> {
        self.features.check_width(row.len())?;
        out.clear();
        if row.iter().all(|v| v.is_finite()) {
            out.extend(self.kept.iter().map(|j| row[*j]));
            return Ok(());
        }
        let x = ndarray::aview1(row).insert_axis(Axis(0));
        Records::from(x).check_finite_or_missing()?;
        out.extend(self.fill(x)?);
        Ok(())
    }
}

estimand_core::persist!(KnnImputerModel<F>, |model| {
    let p = model.features.count();
    model.features.check_loaded()?;
    check_len("columns of the rows", p, model.rows.ncols())?;
    check_len("means", p, model.means.len())?;
    if let Some(weights) = &model.weights {
        check_len("weights of rows", model.rows.nrows(), weights.len())?;
    }
    let weights = model.weights.iter().flatten();
    match model.n_neighbors > 0
        && model.kept.iter().all(|j| *j < p)
        && !model.rows.is_empty()
        && weights.chain(&model.means).all(|v| v.is_finite())
    {
        true => Ok(()),
        false => Err(Error::Persist { what: "an imputer that cannot be".into() }),
    }
});
