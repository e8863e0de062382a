//! Theil–Sen regression: the spatial median of the planes through small subsets of the rows.
//!
//! ```text
//! 1  every subset of m rows, or max_subpopulation random ones:  βₛ = (b, w) of its least-squares plane
//! 2  minimise over β     Σₛ ωₛ ‖βₛ − β‖                                                                       (1)
//! ```
//!
//! | symbol | variable | shape |
//! |---|---|---|
//! | m | `n_subsamples` | p + 1 unless it is given; p without an intercept |
//! | βₛ | `points` | one row for each subset |
//! | ωₛ | `weights` | the product of the weights of its rows; 1 for random subsets, which are drawn by weight |
//!
//! (1) is solved by Weiszfeld's iteration β ← Σ ωₛβₛ/dₛ / Σ ωₛ/dₛ, dₛ = ‖βₛ − β‖, modified where β meets one of the points
//! (`spatial_median`), from the median of each coordinate.
//!
//! Costs m p² for each subset and p for each in an iteration. Of the rows, a share of 1 − 2^(−1/m) may be arbitrarily
//! wrong: 29 % for a line, less with every column, so that this is for few columns.
//!
//! **Differs from scikit-learn.** Weights. Subsets whose rows do not determine a plane are left out, unless all are so.
//! `tol` is relative to the distances of the points.
//!
//! **References.** \[Sen68\]; \[Dang08\]; on (1), \[Karkkainen05\] and \[VardiZhang00\].

mod median;
#[cfg(test)]
mod tests;

use crate::double::{Double, Values};
use crate::model::{LinearModel, Outputs};
use crate::subsets::Subsets;
use estimand_core::describe::{above, at_least};
use estimand_core::{Describe, Error, Features, Fit, Float, Report, Result, Samples, Seed};
use estimand_linalg::{Qr, lstsq};
use estimand_par as par;
use median::spatial_median;
use ndarray::{Array1, Array2, Axis, s};

estimand_core::params! {
    /// Linear regression by the median of planes through few rows each.
    ///
    /// ```
    /// use estimand_core::Fit;
    /// use estimand_linear::TheilSenRegressor;
    /// use ndarray::array;
    ///
    /// let x = array![[0.0], [1.0], [2.0], [3.0], [4.0]];
    /// let y = array![1.0_f64, 3.0, 5.0, 7.0, 100.0];
    /// let model = TheilSenRegressor::new().fit((&x, &y))?;
    /// assert!((model.coef()[0] - 2.0).abs() < 1e-6 && (model.intercept() - 1.0).abs() < 1e-6);
    /// # Ok::<(), estimand_core::Error>(())
    /// ```
    pub struct TheilSenRegressor {
        /// Whether to fit an intercept.
        fit_intercept: bool = true;
        /// Most subsets. If there are no more than this, all are taken.
        max_subpopulation: usize = 10_000, at_least(1.0);
        /// Rows of a subset: at least as many as coefficients, at most as rows; `None` is as few as possible.
        n_subsamples: Option<usize> = None, at_least(1.0);
        /// Most iterations of the spatial median.
        max_iter: usize = 300, at_least(1.0);
        /// The spatial median is found when a step is shorter than this share of the distances of the points.
        tol: f64 = 1e-6, above(0.0);
        /// Of the random subsets.
        seed: u64 = 0;
    }
    accepts: weights;
}

/// Diagonal entries of R below this share of the largest say that rows do not determine a plane.
const SINGULAR: f64 = 1e-10;

impl TheilSenRegressor {
    /// m for n rows of p columns.
    fn size(&self, n: usize, p: usize) -> Result<usize> {
        let k = p + usize::from(self.fit_intercept);
        let size = self.n_subsamples.unwrap_or(k.min(n));
        // Where rows are fewer than coefficients, one subset of them all remains.
        let (least, most) = (k.min(n), n);
        if (least..=most).contains(&size) {
            return Ok(size);
        }
        Err(Error::parameter(
            "n_subsamples",
            size,
            format!("from {least} to {most} for {n} rows of {p} columns"),
        ))
    }
}

/// Rows, centred and scaled, of which subsets are fitted.
struct Planes<'a, 'd> {
    data: &'a Double<'d>,
    /// [(X − c) / s | 1]
    a: Array2<f64>,
    centre: Vec<f64>,
    scale: Vec<f64>,
    intercept: bool,
}

impl<'a, 'd> Planes<'a, 'd> {
    fn new(data: &'a Double<'d>, intercept: bool) -> Result<Self> {
        let Values::Dense(x) = &data.x else {
            return Err(Error::unsupported(
                "TheilSenRegressor",
                "sparse records; convert them with `Csr::to_dense`",
            ));
        };
        let (n, p) = x.dim();
        let centre = if intercept { x.mean_axis(Axis(0)).unwrap_or_default().to_vec() } else { vec![0.0; p] };
        let largest = |j: usize| x.column(j).iter().fold(0.0, |m: f64, v| m.max((v - centre[j]).abs()));
        // A column that is constant but for rounding keeps its coefficient at 0.
        let usable = |j: usize, s: f64| {
            s > 4.0 * f64::EPSILON * centre[j].abs() && s.is_finite() && s.recip().is_finite()
        };
        let scale: Vec<f64> =
            (0..p).map(|j| (j, largest(j))).map(|(j, s)| if usable(j, s) { s } else { 0.0 }).collect();
        let mut a = Array2::ones((n, p + usize::from(intercept)));
        for (mut row, x) in a.rows_mut().into_iter().zip(x.rows()) {
            for (j, x) in x.iter().enumerate() {
                row[j] = if scale[j] > 0.0 { (x - centre[j]) / scale[j] } else { 0.0 };
            }
        }
        Ok(Self { data, a, centre, scale, intercept })
    }

    /// The columns that vary, and the ones.
    fn columns(&self) -> Vec<usize> {
        (0..self.a.ncols()).filter(|j| self.scale.get(*j).is_none_or(|s| *s > 0.0)).collect()
    }

    /// βₛ; `None` where the rows do not determine it, unless the plane of least norm will do.
    fn through(&self, rows: &[usize], columns: &[usize], any: bool) -> Option<Vec<f64>> {
        let a = Array2::from_shape_fn((rows.len(), columns.len()), |(i, j)| self.a[[rows[i], columns[j]]]);
        let y = Array2::from_shape_fn((rows.len(), 1), |(i, _)| self.data.y[rows[i]]);
        let theta = if any || rows.len() < columns.len() {
            lstsq(a.view(), y.view(), None, None, None).ok()?.coef
        } else {
            let qr = Qr::new(a.view());
            let diagonal = qr.r().diag().mapv(f64::abs);
            let largest = diagonal.iter().fold(0.0, |m: f64, v| m.max(*v));
            if !diagonal.iter().all(|d| *d > SINGULAR * largest) {
                return None;
            }
            qr.solve(y.view())
        };
        let p = self.scale.len();
        let mut beta = vec![0.0; p + 1];
        for (j, v) in columns.iter().zip(theta.column(0)) {
            match self.scale.get(*j) {
                Some(s) => {
                    beta[1 + j] = v / s;
                    beta[0] -= v / s * self.centre[*j];
                }
                None => beta[0] += v,
            }
        }
        beta.iter().all(|v| v.is_finite()).then(|| if self.intercept { beta } else { beta.split_off(1) })
    }
}

/// How many subsets of m of n there are.
fn binomial(n: usize, m: usize) -> f64 {
    (0..m.min(n - m)).fold(1.0, |c, i| c * (n - i) as f64 / (i + 1) as f64).round()
}

/// All subsets of m of the numbers below n.
fn combinations(n: usize, m: usize) -> Vec<Vec<usize>> {
    let mut rows: Vec<usize> = (0..m).collect();
    let mut all = vec![rows.clone()];
    while let Some(k) = (0..m).rev().find(|k| rows[*k] < n - m + k) {
        rows[k] += 1;
        (k + 1..m).for_each(|l| rows[l] = rows[l - 1] + 1);
        all.push(rows.clone());
    }
    all
}

/// The share of rows that may be arbitrarily wrong.
fn breakdown(n: usize, m: usize) -> f64 {
    let (n, m) = (n as f64, m as f64);
    1.0 - (0.5_f64.powf(1.0 / m) * (n - m + 1.0) + m - 1.0) / n
}

impl<F: Float> Fit<F, Array1<F>> for TheilSenRegressor {
    type Model = LinearModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<LinearModel<F>> {
        self.check()?;
        let data = Double::new(&samples)?;
        let planes = Planes::new(&data, self.fit_intercept)?;
        let (n, p) = (data.nrows(), samples.x.ncols());
        let size = self.size(n, p)?;
        let columns = planes.columns();
        let (subsets, drawn) = if binomial(n, size) <= self.max_subpopulation as f64 {
            (combinations(n, size), false)
        } else {
            // Row numbers of the data that were kept.
            let place = |i: usize| data.kept.as_ref().map_or(i, |kept| kept.partition_point(|k| *k < i));
            let subsets = Subsets::new(samples);
            let draw = |k: usize| subsets.draw(size, &mut Seed(self.seed).stream(k as u64));
            let drawn = (0..self.max_subpopulation).map(|k| draw(k).into_iter().map(place).collect());
            (drawn.collect(), true)
        };
        let chunk = par::chunk_len(subsets.len(), size * columns.len() * columns.len() + 2_000);
        let through = |any: bool| {
            let parts = par::map_chunks(subsets.len(), chunk, |range| {
                range.map(|k| planes.through(&subsets[k], &columns, any)).collect::<Vec<_>>()
            });
            parts.concat()
        };
        let mut found = through(false);
        if found.iter().all(Option::is_none) {
            found = through(true);
        }
        let heaviest = (0..n).fold(0.0, |m: f64, i| m.max(data.weight(i)));
        let weight = |rows: &[usize]| {
            if drawn { 1.0 } else { rows.iter().map(|i| data.weight(*i) / heaviest).product::<f64>() }
        };
        let weights: Vec<f64> = subsets
            .iter()
            .zip(&found)
            .filter(|(_, beta)| beta.is_some())
            .map(|(rows, _)| weight(rows))
            .collect();
        let width = p + usize::from(self.fit_intercept);
        let mut points =
            Array2::from_shape_vec((weights.len(), width), found.into_iter().flatten().flatten().collect())
                .map_err(|e| Error::numerical(e.to_string()))?;
        if points.is_empty() {
            return Err(Error::numerical("no subset of the rows determines a plane; rescale x or y"));
        }
        // By a power of two, which rounds nothing: squares of distances would leave the range of numbers first.
        let largest = points.iter().fold(0.0, |max: f64, v| max.max(v.abs()));
        let unit = if largest > 0.0 { largest.log2().floor().exp2() } else { 1.0 };
        points /= unit;
        let mut median = spatial_median(points.view(), &weights, self.max_iter, self.tol);
        median.point *= unit;
        let report = Report::iterative("spatial median", median.iterations, median.converged)
            .note(format!("planes through {} subsets of {size} rows", weights.len()))
            .note(format!("breakdown point {:.3}", breakdown(n, size)))
            .warn_unless_converged("TheilSenRegressor", "allow more iterations (max_iter)");
        let (intercept, coef) = if self.fit_intercept { (median.point[0], 1) } else { (0.0, 0) };
        let coef = median.point.slice(s![coef..]).insert_axis(Axis(1)).mapv(F::of);
        let intercept = Array1::from_elem(1, F::of(intercept));
        if !coef.iter().chain(&intercept).all(|v| v.is_finite()) {
            return Err(Error::numerical(format!(
                "coefficients leave the range of {}; rescale x or y",
                F::NAME
            )));
        }
        Ok(<Array1<F> as Outputs<F>>::model(coef, intercept, Features::of(samples.x), report))
    }
}
