//! Steps 1 and 4: columns of one scale, and back.

use super::QuantileRegressor;
use crate::double::{Double, Values};
use estimand_core::{Error, Result, order};
use estimand_linalg::{self as linalg, Moments, sparse};
use ndarray::{Array1, Array2, ArrayView2, Axis, CowArray, Ix2};

/// The columns that matter, centred and scaled; y centred and scaled.
pub(super) struct Design {
    pub(super) a: Array2<f64>,
    /// The number of each column in X, its centre and its scale.
    columns: Vec<(usize, f64, f64)>,
    /// Of each column, the bound on its dual; 0 where it is not penalised.
    penalties: Vec<f64>,
    pub(super) y: Array1<f64>,
    centre: f64,
    scale: f64,
    /// Weights with mean 1.
    weights: Array1<f64>,
    intercept: bool,
}

/// (2)
pub(super) struct Program<'a> {
    /// Rows of the data.
    pub(super) a: ArrayView2<'a, f64>,
    pub(super) intercept: bool,
    /// The column of each row eⱼ after them.
    pub(super) units: Vec<usize>,
    /// Of all rows.
    pub(super) y: Vec<f64>,
    pub(super) low: Vec<f64>,
    pub(super) high: Vec<f64>,
}

/// A penalty below this share of what the data can set against it is none.
const NO_PENALTY: f64 = 1e-13;
/// What is left of a column that the others span, squared, relative to the column.
const SPANNED: f64 = 1e-12;

impl Design {
    pub(super) fn new(data: &Double<'_>, settings: &QuantileRegressor) -> Result<Self> {
        let (n, intercept) = (data.nrows(), settings.fit_intercept);
        let total = data.total();
        let weights = Array1::from_shape_fn(n, |i| data.weight(i) / total * n as f64);
        let x: CowArray<'_, f64, Ix2> = match &data.x {
            Values::Dense(x) => x.view().into(),
            Values::Sparse(x) => x.to_dense().into(),
        };
        let (y, centre, scale) = scaled_target(data, intercept);
        // Means, then mean distances from them.
        let centres = if intercept {
            linalg::matvec_t(x.view(), weights.view()) / n as f64
        } else {
            Array1::zeros(x.ncols())
        };
        let mut scales = Array1::<f64>::zeros(x.ncols());
        for (row, w) in x.rows().into_iter().zip(&weights) {
            scales.iter_mut().zip(&row).zip(&centres).for_each(|((s, x), c)| *s += w * (x - c).abs());
        }
        scales /= n as f64;
        if !scales.iter().chain([&scale]).all(|s| s.is_finite()) {
            return Err(Error::numerical("sums over columns leave the range of f64; rescale the data"));
        }
        // |Σ dᵢaᵢⱼ| is at most this much times n, as Σ ω|a| is n.
        let most = settings.quantile.max(1.0 - settings.quantile);
        let penalty = |s: f64| settings.alpha / s;
        let matters = |j: usize| {
            let (c, s) = (centres[j], scales[j]);
            // Deviations of a few roundings are none.
            s > 4.0 * f64::EPSILON * c.abs() && s.is_normal() && s.recip().is_finite() && penalty(s) < most
        };
        let vary = |j: usize| scales[j] > 4.0 * f64::EPSILON * centres[j].abs();
        if (0..x.ncols()).any(|j| vary(j) && !matters(j) && penalty(scales[j]) < most) {
            return Err(Error::numerical(
                "a column is so small that its coefficient leaves the range of f64; rescale it",
            ));
        }
        let columns: Vec<_> =
            (0..x.ncols()).filter(|j| matters(*j)).map(|j| (j, centres[j], scales[j])).collect();
        let penalties = columns
            .iter()
            .map(|(.., s)| penalty(*s))
            .map(|u| if u < NO_PENALTY { 0.0 } else { u * n as f64 });
        let mut design = Self {
            a: Array2::zeros((n, columns.len())),
            penalties: penalties.collect(),
            columns,
            y,
            centre,
            scale,
            weights,
            intercept,
        };
        for (mut row, x) in design.a.rows_mut().into_iter().zip(x.rows()) {
            row.iter_mut().zip(&design.columns).for_each(|(a, (j, c, s))| *a = (x[*j] - c) / s);
        }
        design.leave_out_spanned();
        Ok(design)
    }

    /// Columns without penalty that those before them span bring nothing but a singular system.
    fn leave_out_spanned(&mut self) {
        let free: Vec<usize> = (0..self.columns.len()).filter(|j| self.penalties[*j] == 0.0).collect();
        if free.is_empty() {
            return;
        }
        let part = self.a.select(Axis(1), &free);
        let none = Array2::zeros((part.nrows(), 0));
        let moments = Moments::new(part.view(), none.view(), Some(self.weights.view()));
        let gram = if self.intercept { moments.gram } else { moments.uncentred().gram };
        let spanned: Vec<usize> = spanned(&gram).into_iter().map(|j| free[j]).collect();
        if spanned.is_empty() {
            return;
        }
        let keep: Vec<usize> = (0..self.columns.len()).filter(|j| !spanned.contains(j)).collect();
        self.a = self.a.select(Axis(1), &keep);
        self.columns = keep.iter().map(|j| self.columns[*j]).collect();
        self.penalties = keep.iter().map(|j| self.penalties[*j]).collect();
    }

    /// (2)
    pub(super) fn program(&self, settings: &QuantileRegressor) -> Program<'_> {
        let q = settings.quantile;
        let units: Vec<usize> = (0..self.penalties.len()).filter(|j| self.penalties[*j] > 0.0).collect();
        let bounds = units.iter().map(|j| self.penalties[*j]);
        Program {
            a: self.a.view(),
            intercept: self.intercept,
            y: self.y.iter().copied().chain(units.iter().map(|_| 0.0)).collect(),
            low: self.weights.iter().map(|w| w * (q - 1.0)).chain(bounds.clone().map(|b| -b)).collect(),
            high: self.weights.iter().map(|w| w * q).chain(bounds).collect(),
            units,
        }
    }

    /// The least y with a share of at least q of the weight at or below it: θ where no column matters.
    pub(super) fn quantile(&self, q: f64) -> f64 {
        let mut rows: Vec<(f64, f64)> = self.y.iter().copied().zip(self.weights.iter().copied()).collect();
        rows.sort_unstable_by_key(|(y, _)| order::ascending(*y));
        // As sums of weights round, a share that is q but for that counts as q.
        let enough = q * self.weights.sum() * (1.0 - 1e-12);
        let mut below = 0.0;
        let found = rows.iter().find(|(_, w)| {
            below += w;
            below >= enough
        });
        found.or(rows.last()).map_or(0.0, |(y, _)| *y)
    }

    /// w and b from θ.
    pub(super) fn undo(&self, theta: &[f64], p: usize) -> (Array1<f64>, f64) {
        let mut coef = Array1::zeros(p);
        let mut intercept = if self.intercept {
            self.centre + self.scale * theta.last().copied().unwrap_or_default()
        } else {
            0.0
        };
        for ((j, c, s), v) in self.columns.iter().zip(theta) {
            coef[*j] = v * (self.scale / s);
            intercept -= coef[*j] * c;
        }
        (coef, intercept)
    }
}

/// (y − centre) / scale, the median and the mean distance from it.
fn scaled_target(data: &Double<'_>, intercept: bool) -> (Array1<f64>, f64, f64) {
    let n = data.nrows();
    let pairs = data.y.iter().enumerate().map(|(i, y)| (*y, data.weight(i)));
    let centre = if intercept { order::median(pairs).unwrap_or(0.0) } else { 0.0 };
    let scale = data.y.iter().map(|y| (y - centre).abs() / n as f64).sum::<f64>();
    let scale = if scale > 0.0 { scale } else { 1.0 };
    (data.y.mapv(|y| (y - centre) / scale), centre, scale)
}

/// The columns that those before them span, from their Gram matrix, by its Cholesky factor.
fn spanned(gram: &Array2<f64>) -> Vec<usize> {
    let p = gram.nrows();
    let mut factor: Vec<Vec<f64>> = Vec::new();
    let mut kept: Vec<usize> = Vec::new();
    for j in 0..p {
        let mut row: Vec<f64> = Vec::with_capacity(kept.len() + 1);
        for (k, other) in kept.iter().enumerate() {
            let dot: f64 = row.iter().zip(&factor[k]).map(|(a, b)| a * b).sum();
            row.push((gram[[j, *other]] - dot) / factor[k][k]);
        }
        let left = gram[[j, j]] - row.iter().map(|v| v * v).sum::<f64>();
        if left > SPANNED * gram[[j, j]] {
            row.push(left.sqrt());
            factor.push(row);
            kept.push(j);
        }
    }
    (0..p).filter(|j| !kept.contains(j)).collect()
}

/// (1)
pub(super) fn objective(
    data: &Double<'_>,
    coef: &Array1<f64>,
    intercept: f64,
    settings: &QuantileRegressor,
) -> f64 {
    let q = settings.quantile;
    let predicted = match &data.x {
        Values::Dense(x) => linalg::matvec(x.view(), coef.view()),
        Values::Sparse(x) => sparse::matvec(x.view(), coef.view()),
    };
    let loss = predicted.iter().zip(&data.y).enumerate().map(|(i, (f, y))| {
        let r = y - f - intercept;
        data.weight(i) * f64::max(q * r, (q - 1.0) * r)
    });
    loss.sum::<f64>() / data.total() + settings.alpha * coef.iter().map(|w| w.abs()).sum::<f64>()
}
