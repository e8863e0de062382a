//! Mean shift: each seed climbs to where rows are most crowded.
//!
//! ```text
//! c ← Σ ωᵢ xᵢ / Σ ωᵢ   over ‖xᵢ − c‖ ≤ h                                                             (1)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | h | `bandwidth` | |
//! | c | seeds, at last [`centers`](MeanShiftModel::centers) | k × p |
//!
//! 1. Seeds: all rows, the middles of the cubes of side h that hold rows, or given ones.
//! 2. (1) for each seed, until it moves by at most h / 1000 \[Comaniciu02\].
//! 3. Of the ends, the one with the most rows around it is a centre, and ends within h of it are none; and so on.
//! 4. Rows go to the nearest centre.
//!
//! Costs a search of neighbours within h for each seed and step: in few columns far less than n², in many columns n² p.
//! The number of clusters follows from h.
//!
//! **When not.** In many columns no place is crowded. h is a length: columns must have one scale.
//!
//! **Differs from scikit-learn.** Rows have weights. Ends with as many rows around them come in the order of their values.
//!
//! **References.** \[Comaniciu02\].

#[cfg(test)]
mod tests;

use crate::NOISE;
use crate::kmeans::points::least;
use estimand_core::describe::{above, at_least, between};
use estimand_core::persist::check_len;
use estimand_core::{
    Describe, Error, Features, Fit, Float, Predict, PredictOne, Records, Report, Result, Samples, Scratch,
    Target,
};
use estimand_index::{Algorithm, Index, Metric, Neighbor, Reach, pairwise};
use ndarray::{Array1, Array2, ArrayView1, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::collections::BTreeMap;

estimand_core::params! {
    /// Mean shift clustering; see [the module](crate::meanshift).
    ///
    /// ```
    /// use estimand_cluster::MeanShift;
    /// use estimand_core::{Fit, Predict};
    /// use ndarray::array;
    ///
    /// let x = array![[1.0, 1.0], [2.0, 1.0], [1.0, 0.0], [4.0, 7.0], [3.0, 5.0], [3.0, 6.0]];
    /// let model = MeanShift::new().bandwidth(Some(2.0)).fit(&x)?;
    /// assert_eq!(model.labels(), array![1, 1, 1, 0, 0, 0]);
    /// assert_eq!(model.predict(&array![[0.0, 0.0], [5.0, 5.0]])?, array![1, 0]);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct MeanShift {
        /// h; `None` for [`estimate_bandwidth`] of all rows at 0.3.
        bandwidth: Option<f64> = None, above(0.0);
        /// Where to begin, m × p; instead of the rows.
        seeds: Option<Array2<f64>> = None;
        /// Begin at the middles of cubes that hold rows: fewer seeds.
        bin_seeding: bool = false;
        /// Fewest rows in such a cube.
        min_bin_freq: usize = 1, at_least(1.0);
        /// Rows farther than h from all centres go to the nearest, too; else their label is −1.
        cluster_all: bool = true;
        /// Largest number of steps of a seed.
        max_iter: usize = 300, at_least(1.0);
    }
    accepts: weights;
}

const NAME: &str = "MeanShift";

/// The mean distance from a row to the last of its n · `quantile` nearest rows, itself among them: a bandwidth for [`MeanShift`].
///
/// # Errors
/// For records that are empty, sparse or not finite; for a quantile that is not from 0 to 1.
pub fn estimate_bandwidth<'a, F: Float>(x: impl Into<Records<'a, F>>, quantile: f64) -> Result<f64> {
    between(0.0, 1.0).check("quantile", &quantile)?;
    let x = x.into();
    x.check_shape()?;
    let index = Index::new(x, &Metric::Euclidean, Algorithm::Auto)?;
    let n = index.len();
    let k = ((n as f64 * quantile) as usize).max(1);
    let farthest = index.find_with(x, Reach::Nearest(k), 1, |_, found, out: &mut [f64]| {
        out.iter_mut().zip(found.last()).for_each(|(out, last)| *out = last.distance);
    })?;
    Ok(farthest.iter().sum::<f64>() / n as f64)
}

/// Where a seed has come, and the weight around it.
struct End {
    place: Vec<f64>,
    weight: f64,
}

impl MeanShift {
    fn begin(&self, x: ArrayView2<'_, f64>, weights: &[f64], bandwidth: f64) -> Result<Array2<f64>> {
        if let Some(seeds) = &self.seeds {
            if seeds.ncols() != x.ncols() || seeds.nrows() == 0 {
                return Err(Error::shape(
                    "shape of the seeds",
                    format!("m × {}", x.ncols()),
                    format!("{:?}", seeds.dim()),
                ));
            }
            crate::check_finite("the seeds", seeds)?;
            return Ok(seeds.clone());
        }
        if !self.bin_seeding || bandwidth == 0.0 {
            return Ok(x.to_owned());
        }
        // Halves are rounded to even numbers, and −0 is 0.
        let cube = |v: f64| (v / bandwidth).round_ties_even() + 0.0;
        let mut cubes: BTreeMap<Vec<i64>, f64> = BTreeMap::new();
        for (row, w) in x.rows().into_iter().zip(weights) {
            // Beyond 2⁶³ cubes are the same.
            *cubes.entry(row.iter().map(|v| cube(*v) as i64).collect()).or_default() += w;
        }
        let seeds: Vec<f64> = cubes
            .iter()
            .filter(|(_, weight)| **weight >= self.min_bin_freq as f64)
            .flat_map(|(cube, _)| cube.iter().map(|c| *c as f64 * bandwidth))
            .collect();
        let count = seeds.len() / x.ncols();
        match count == x.nrows() || count == 0 {
            true => Ok(x.to_owned()),
            false => {
                Array2::from_shape_vec((count, x.ncols()), seeds).map_err(|e| Error::numerical(e.to_string()))
            }
        }
    }

    /// (1) from each seed; ends, steps of the longest way, and whether all came to rest.
    fn climb(
        &self,
        index: &Index<f64>,
        x: ArrayView2<'_, f64>,
        weights: &[f64],
        h: f64,
        seeds: Array2<f64>,
    ) -> Result<(Vec<End>, usize, bool)> {
        let p = x.ncols();
        let (mut moving, mut ends, mut steps) = (seeds, Vec::new(), 0);
        while moving.nrows() > 0 && steps <= self.max_iter {
            let found = index.find_with(
                &moving,
                Reach::Within(h),
                p + 1,
                |_, found: &[Neighbor], out: &mut [f64]| {
                    let (sum, total) = out.split_at_mut(p);
                    for near in found {
                        let i = near.row as usize;
                        total[0] += weights[i];
                        sum.iter_mut().zip(x.row(i)).for_each(|(sum, v)| *sum += weights[i] * v);
                    }
                    sum.iter_mut().for_each(|sum| *sum /= total[0]);
                },
            )?;
            let mut left = Vec::new();
            for (seed, found) in moving.rows().into_iter().zip(found.chunks_exact(p + 1)) {
                let (place, weight) = (&found[..p], found[p]);
                if weight == 0.0 {
                    continue;
                }
                let way: f64 = place.iter().zip(seed).map(|(a, b)| (a - b).powi(2)).sum();
                if way.sqrt() <= 1e-3 * h || steps == self.max_iter {
                    ends.push((End { place: place.to_vec(), weight }, way.sqrt() <= 1e-3 * h));
                } else {
                    left.extend_from_slice(place);
                }
            }
            moving = Array2::from_shape_vec((left.len() / p, p), left)
                .map_err(|e| Error::numerical(e.to_string()))?;
            steps += 1;
        }
        let converged = ends.iter().all(|(_, rests)| *rests);
        Ok((ends.into_iter().map(|(end, _)| end).collect(), steps, converged))
    }
}

/// The ends that are centres: by weight and then by value, largest first, none within h of one before.
fn centers(mut ends: Vec<End>, h: f64, p: usize) -> Result<Array2<f64>> {
    let by_value = |a: &End, b: &End| {
        a.place
            .iter()
            .zip(&b.place)
            .map(|(a, b)| a.total_cmp(b))
            .find(|o| o.is_ne())
            .unwrap_or(Ordering::Equal)
    };
    ends.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| by_value(b, a)));
    ends.dedup_by(|a, b| a.place == b.place);
    let places: Vec<f64> = ends.iter().flat_map(|end| end.place.iter().copied()).collect();
    let places =
        Array2::from_shape_vec((ends.len(), p), places).map_err(|e| Error::numerical(e.to_string()))?;
    let index = Index::new(&places, &Metric::Euclidean, Algorithm::Auto)?;
    let (mut is_none, mut kept) = (vec![false; ends.len()], Vec::new());
    for i in 0..ends.len() {
        if !is_none[i] {
            kept.push(i);
            index.find_one(places.row(i).as_slice().unwrap_or_default(), Reach::Within(h), |found| {
                found.iter().for_each(|near| is_none[near.row as usize] = true);
            })?;
        }
    }
    Ok(places.select(Axis(0), &kept))
}

impl<F: Float, Y: Target> Fit<F, Y> for MeanShift {
    type Model = MeanShiftModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Y>) -> Result<MeanShiftModel<F>> {
        self.check()?;
        samples.check()?;
        let x = samples.x.dense(NAME)?.mapv(|v| v.f64());
        samples.x.check_finite()?;
        let (weights, used) = crate::kmeans::weights_of(&samples, 1)?;
        let (x, weights) = (x.select(Axis(0), &used), used.iter().map(|i| weights[*i]).collect::<Vec<_>>());
        let h = match self.bandwidth {
            Some(h) => h,
            None => {
                let repeated = |i: usize| std::iter::repeat_n(i, weights[i].round() as usize);
                match weights.iter().all(|w| *w == 1.0) {
                    true => estimate_bandwidth(&x, 0.3)?,
                    // Of weights that are whole numbers, the same as of repeated rows.
                    false
                        if weights.iter().all(|w| w.fract() == 0.0) && weights.iter().sum::<f64>() < 1e7 =>
                    {
                        let rows: Vec<usize> = (0..weights.len()).flat_map(repeated).collect();
                        estimate_bandwidth(&x.select(Axis(0), &rows), 0.3)?
                    }
                    false => {
                        return Err(Error::unsupported(
                            NAME,
                            "a bandwidth from weights that are not whole numbers; give one",
                        ));
                    }
                }
            }
        };
        let index = Index::new(&x, &Metric::Euclidean, Algorithm::Auto)?;
        let seeds = self.begin(x.view(), &weights, h)?;
        let (ends, steps, converged) = self.climb(&index, x.view(), &weights, h, seeds)?;
        if ends.is_empty() {
            return Err(Error::numerical(format!(
                "no row is within the bandwidth {h} of a seed; give other seeds or a larger bandwidth"
            )));
        }
        let centers = centers(ends, h, x.ncols())?.mapv(F::of);
        let report = Report::iterative("mean shift", steps, converged)
            .note(format!("bandwidth {h}, {} clusters", centers.nrows()))
            .warn_unless_converged(NAME, "raise `max_iter`");
        let mut model = MeanShiftModel {
            centers,
            bandwidth: h,
            cluster_all: self.cluster_all,
            labels: Array1::default(0),
            features: Features::of(samples.x),
            report,
        };
        model.labels = model.predict_records(samples.x)?;
        Ok(model)
    }
}

/// A fitted [`MeanShift`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
pub struct MeanShiftModel<F: Float> {
    centers: Array2<F>,
    bandwidth: f64,
    cluster_all: bool,
    labels: Array1<i64>,
    features: Features,
    report: Report,
}

impl<F: Float> MeanShiftModel<F> {
    /// The centres, k × p: that with the most rows around it first.
    pub fn centers(&self) -> &Array2<F> {
        &self.centers
    }

    /// The cluster of each training row, n; −1 for rows away from all centres, if they may be.
    pub fn labels(&self) -> &Array1<i64> {
        &self.labels
    }

    /// h
    pub fn bandwidth(&self) -> f64 {
        self.bandwidth
    }

    /// How the fit went: steps of the longest way, and how many clusters there are.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The columns the model was fitted on.
    pub fn features(&self) -> &Features {
        &self.features
    }

    fn label(&self, distances: ArrayView1<'_, F>) -> i64 {
        let nearest = least(distances.iter().map(|d| d.f64()));
        if self.cluster_all || distances[nearest].f64() <= self.bandwidth { nearest as i64 } else { NOISE }
    }
}

impl<F: Float> Predict<F> for MeanShiftModel<F> {
    type Output = Array1<i64>;
    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<i64>> {
        self.features.check(x)?;
        x.check_shape()?;
        let distances = pairwise(x, &self.centers, &Metric::Euclidean)?;
        Ok(distances.rows().into_iter().map(|row| self.label(row)).collect())
    }
}

impl<F: Float> PredictOne<F> for MeanShiftModel<F> {
    type One<'m> = i64;
    fn predict_one(&self, row: &[F], _: &mut Scratch<F>) -> Result<i64> {
        self.features.check_width(row.len())?;
        let row = ArrayView2::from_shape((1, row.len()), row).map_err(|e| Error::numerical(e.to_string()))?;
        let distances = pairwise(row, &self.centers, &Metric::Euclidean)?;
        Ok(self.label(distances.row(0)))
    }
}

estimand_core::persist!(MeanShiftModel<F>, |model| {
    let (k, p) = model.centers.dim();
    model.features.check_loaded()?;
    check_len("columns of the centres", model.features.count(), p)?;
    let is_usable = k > 0
        && model.centers.iter().all(|c| c.is_finite())
        && model.bandwidth >= 0.0
        && model.labels.iter().all(|label| *label >= NOISE && *label < k as i64);
    match is_usable {
        true => Ok(()),
        false => Err(Error::Persist { what: "centres, labels or a bandwidth that cannot be".into() }),
    }
});
