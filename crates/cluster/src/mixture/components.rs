//! Sums over the rows by component, and the components that they give.

use super::covariance::{CovarianceType, Covariances, Density};
use estimand_core::Float;
use estimand_kernels::{self as kernels, PANEL};
use estimand_par as par;
use ndarray::{Array1, Array2, Array3};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::ops::Range;

/// Rows that are taken together; what is packed of them stays in cache.
pub(super) const ROWS: usize = 128;
const TILE: usize = PANEL * PANEL;

/// π, μ and Σ.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Components {
    pub(super) weights: Array1<f64>,
    pub(super) means: Array2<f64>,
    pub(super) covariances: Covariances,
}

/// The rows to learn from.
pub(super) struct Rows<'a, F: Float> {
    /// Row after row.
    pub(super) values: Cow<'a, [F]>,
    /// Their mean m.
    pub(super) origin: Vec<f64>,
    /// ω; `None` for ones.
    pub(super) weights: Option<Vec<f64>>,
    /// Σ ωᵢ
    pub(super) total: f64,
    /// Σ ωᵢ (xᵢ − m)(xᵢ − m)ᵀ where covariances are tied, else empty.
    pub(super) scatter: Array2<f64>,
}

impl<F: Float> Rows<'_, F> {
    pub(super) fn count(&self) -> usize {
        self.values.len() / self.origin.len().max(1)
    }

    fn slices(&self, rows: Range<usize>) -> Vec<&[F]> {
        let p = self.origin.len();
        self.values[rows.start * p..rows.end * p].chunks_exact(p).collect()
    }

    /// Weights of eight rows, from this one on; zeros beyond the end.
    fn weights_of_eight(&self, first: usize, end: usize) -> [f64; 8] {
        std::array::from_fn(|l| match &self.weights {
            _ if first + l >= end => 0.0,
            Some(w) => w[first + l],
            None => 1.0,
        })
    }
}

/// Buffers for [`ROWS`] rows, eight side by side.
pub(super) struct Work {
    /// Rows less the origin: p values of eight rows, then of the next eight.
    panels: Vec<[f64; 8]>,
    moved: Vec<[f64; 8]>,
    y: Vec<[f64; 8]>,
    /// Scores, then responsibilities: k for each eight rows.
    pub(super) scores: Vec<[f64; 8]>,
    /// ln p(x)
    pub(super) logs: Vec<[f64; 8]>,
}

impl Work {
    pub(super) fn new(k: usize, p: usize) -> Self {
        let eights = ROWS / 8;
        let zeros = |n: usize| vec![[0.0; 8]; n];
        Self {
            panels: zeros(eights * p),
            moved: zeros(p),
            y: zeros(p),
            scores: zeros(eights * k),
            logs: zeros(eights),
        }
    }

    pub(super) fn pack<F: Float>(&mut self, rows: &[&[F]], origin: &[f64]) {
        for (rows, panel) in rows.chunks(8).zip(self.panels.chunks_exact_mut(origin.len())) {
            kernels::pack_eight(rows, origin, panel);
        }
    }

    /// ln π_c + ln N(x; μ_c, Σ_c) of the packed rows.
    pub(super) fn score(&mut self, density: &Density, count: usize) {
        let panels = self.panels.chunks_exact(density.width());
        let scores = self.scores.chunks_exact_mut(density.count());
        for (panel, scores) in panels.zip(scores).take(count.div_ceil(8)) {
            density.eight(panel, &mut self.moved, &mut self.y, scores);
        }
    }

    /// Whether all scores of a row are infinite, or one is no number: it is too far away for squares.
    pub(super) fn is_lost(&self, k: usize, count: usize) -> bool {
        let mut top = vec![[f64::NEG_INFINITY; 8]; count.div_ceil(8)];
        for (scores, top) in self.scores.chunks_exact(k).zip(&mut top) {
            for scores in scores {
                top.iter_mut()
                    .zip(scores)
                    .for_each(|(top, s)| *top = if s.is_nan() { f64::INFINITY } else { s.max(*top) });
            }
        }
        !top.iter().flatten().take(count).all(|top| top.is_finite())
    }

    /// Scores ← responsibilities.
    pub(super) fn share(&mut self, k: usize, count: usize) {
        let eights = count.div_ceil(8);
        kernels::responsibilities::<f64>(&mut self.scores[..eights * k], k, &mut self.logs[..eights]);
    }
}

/// Of each component c, about s_c: Σ r, Σ r d and Σ r d dᵀ for d = x − s_c, or Σ r d² where that will do.
pub(super) struct Sums {
    kind: CovarianceType,
    k: usize,
    p: usize,
    /// Tiles of the Gram matrix of √r [d | 1] for full matrices; else lanes of Σ r d, Σ r d² and Σ r.
    values: Vec<f64>,
    /// What `fill` returned.
    pub(super) log_likelihood: f64,
}

/// Sums over all rows about s = `shifts` (k × p, less the origin). `fill(work, first row, rows)` turns the packed rows
/// into responsibilities and returns their share of the log-likelihood.
pub(super) fn sums<F: Float>(
    rows: &Rows<'_, F>,
    kind: CovarianceType,
    shifts: &[f64],
    fill: impl Fn(&mut Work, usize, usize) -> f64 + Sync,
) -> Sums {
    let (n, p) = (rows.count(), rows.origin.len());
    let k = shifts.len() / p;
    let (width, cost) = match kind {
        CovarianceType::Full => {
            let panels = (p + 1).div_ceil(PANEL);
            (panels * (panels + 1) / 2 * TILE, p * p / 4)
        }
        _ => ((2 * p + 1) * 8, p),
    };
    // Enough parts for many threads, as long as their sums stay below 64 MB.
    let parts = ((1 << 23) / (k * width)).clamp(1, 64);
    let chunk = par::chunk_len_at_most(n, k * (cost + 8), parts).next_multiple_of(ROWS);
    let part = |part: Range<usize>| {
        let mut sums = Sums { kind, k, p, values: vec![0.0; k * width], log_likelihood: 0.0 };
        let mut work = Work::new(k, p);
        let mut packed = Packed::new(kind, p);
        for first in part.clone().step_by(ROWS) {
            let end = part.end.min(first + ROWS);
            let slices = rows.slices(first..end);
            work.pack(&slices, &rows.origin);
            sums.log_likelihood += fill(&mut work, first, end - first);
            for (g, scores) in work.scores.chunks_exact_mut(k).take((end - first).div_ceil(8)).enumerate() {
                if rows.weights.is_some() || end - first < 8 * (g + 1) {
                    let weights = rows.weights_of_eight(first + 8 * g, end);
                    scores.iter_mut().for_each(|s| (0..8).for_each(|l| s[l] *= weights[l]));
                }
            }
            for (c, values) in sums.values.chunks_exact_mut(width).enumerate() {
                let shift = &shifts[c * p..(c + 1) * p];
                match kind {
                    CovarianceType::Full => {
                        packed.add(&slices, &rows.origin, shift, &work.scores[c..], k, values)
                    }
                    _ => add_lanes(&work, shift, &work.scores[c..], (k, end - first), values),
                }
            }
        }
        sums
    };
    let join = |mut a: Sums, b: Sums| {
        a.values.iter_mut().zip(&b.values).for_each(|(a, b)| *a += b);
        a.log_likelihood += b.log_likelihood;
        a
    };
    par::reduce(n, chunk, part, join).unwrap_or(Sums {
        kind,
        k,
        p,
        values: vec![0.0; k * width],
        log_likelihood: 0.0,
    })
}

/// Adds Σ r d, Σ r d² and Σ r lane by lane.
fn add_lanes(
    work: &Work,
    shift: &[f64],
    scores: &[[f64; 8]],
    (k, count): (usize, usize),
    values: &mut [f64],
) {
    let p = shift.len();
    let (lanes, _) = values.as_chunks_mut::<8>();
    let (first, rest) = lanes.split_at_mut(p);
    let (second, total) = rest.split_at_mut(p);
    let shares = scores.iter().step_by(k);
    for (panel, r) in work.panels.chunks_exact(p).zip(shares).take(count.div_ceil(8)) {
        kernels::moments_eight::<f64>(panel, shift, r, first, second);
        (0..8).for_each(|l| total[0][l] += r[l]);
    }
}

/// Rows of [√r (x − s) | √r] in panels of eight columns.
struct Packed {
    panels: Vec<f64>,
    count: usize,
    shift: Vec<f64>,
}

impl Packed {
    fn new(kind: CovarianceType, p: usize) -> Self {
        let count = if kind == CovarianceType::Full { (p + 1).div_ceil(PANEL) } else { 0 };
        Self { panels: vec![0.0; count * ROWS * PANEL], count, shift: Vec::new() }
    }

    /// Adds the products of rows whose responsibilities are `scores`, one in k eights, to the tiles.
    fn add<F: Float>(
        &mut self,
        rows: &[&[F]],
        origin: &[f64],
        about: &[f64],
        scores: &[[f64; 8]],
        k: usize,
        tiles: &mut [f64],
    ) {
        let p = origin.len();
        self.shift.clear();
        self.shift.extend(origin.iter().zip(about).map(|(m, s)| m + s));
        // Rows for which a component is out of the question add nothing.
        let shares = scores.iter().step_by(k).flatten();
        let (some, factors): (Vec<&[F]>, Vec<f64>) =
            rows.iter().zip(shares).filter(|(_, r)| **r > 0.0).map(|(row, r)| (*row, r.sqrt())).unzip();
        kernels::pack_rows(&some, &self.shift, &factors, &mut self.panels, ROWS);
        let ones = p / PANEL * ROWS * PANEL + p % PANEL;
        self.panels[ones..].iter_mut().step_by(PANEL).zip(&factors).for_each(|(out, factor)| *out = *factor);
        let panel = |c: usize| &self.panels[c * ROWS * PANEL..(c * ROWS + some.len()) * PANEL];
        let pairs = (0..self.count).flat_map(|c| (0..=c).map(move |d| (c, d)));
        for ((c, d), tile) in pairs.zip(tiles.chunks_exact_mut(TILE)) {
            kernels::add_tile::<f64>(panel(c), panel(d), tile, p + 1 - c * PANEL, &[]);
        }
    }
}

impl Sums {
    /// Σ r, Σ r d, and Σ r d dᵀ (p × p, lower triangle) or Σ r d² (p) of component c.
    fn of(&self, c: usize) -> (f64, Vec<f64>, Vec<f64>) {
        let (p, width) = (self.p, self.values.len() / self.k);
        let values = &self.values[c * width..(c + 1) * width];
        if self.kind != CovarianceType::Full {
            let (lanes, _) = values.as_chunks::<8>();
            let sum = |lanes: &[f64; 8]| lanes.iter().sum::<f64>();
            let (first, rest) = lanes.split_at(p);
            return (sum(&rest[p]), first.iter().map(sum).collect(), rest[..p].iter().map(sum).collect());
        }
        // Tile (a, b) stands at a (a + 1) / 2 + b.
        let at = |i: usize, j: usize| {
            let (a, b) = (i / PANEL, j / PANEL);
            values[(a * (a + 1) / 2 + b) * TILE + i % PANEL * PANEL + j % PANEL]
        };
        let second = (0..p).flat_map(|i| (0..p).map(move |j| (i.max(j), i.min(j)))).map(|(i, j)| at(i, j));
        (at(p, p), (0..p).map(|j| at(p, j)).collect(), second.collect())
    }

    /// (3), given what the sums are about and what is added to each variance.
    pub(super) fn components<F: Float>(
        &self,
        rows: &Rows<'_, F>,
        shifts: &[f64],
        reg_covar: f64,
    ) -> Components {
        let (k, p) = (self.k, self.p);
        let mut weights = Array1::zeros(k);
        let mut about = Array2::<f64>::zeros((k, p));
        let mut full = Array3::zeros(if self.kind == CovarianceType::Full { (k, p, p) } else { (0, 0, 0) });
        let mut diagonal = Array2::zeros((k, p));
        for c in 0..k {
            let (total, first, second) = self.of(c);
            weights[c] = total;
            // A component without rows stays where it is.
            let share = |v: f64| if total > 0.0 { v / total } else { 0.0 };
            let offset: Vec<f64> = first.iter().map(|v| share(*v)).collect();
            for i in 0..p {
                about[[c, i]] = shifts[c * p + i] + offset[i];
                match self.kind {
                    CovarianceType::Full => {
                        (0..p)
                            .for_each(|j| full[[c, i, j]] = share(second[i * p + j]) - offset[i] * offset[j]);
                        full[[c, i, i]] += reg_covar;
                    }
                    _ => diagonal[[c, i]] = (share(second[i]) - offset[i] * offset[i]).max(0.0) + reg_covar,
                }
            }
        }
        let sum = weights.sum();
        let covariances = match self.kind {
            CovarianceType::Full => Covariances::Full(full),
            CovarianceType::Diag => Covariances::Diag(diagonal),
            CovarianceType::Spherical => {
                Covariances::Spherical(diagonal.rows().into_iter().map(|row| row.sum() / p as f64).collect())
            }
            CovarianceType::Tied => Covariances::Tied(Array2::from_shape_fn((p, p), |(i, j)| {
                let between: f64 = (0..k).map(|c| weights[c] * about[[c, i]] * about[[c, j]]).sum();
                (rows.scatter[[i, j]] - between) / sum + if i == j { reg_covar } else { 0.0 }
            })),
        };
        let means = Array2::from_shape_fn((k, p), |(c, j)| rows.origin[j] + about[[c, j]]);
        Components { weights: weights / sum, means, covariances }
    }
}
