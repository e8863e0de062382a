//! The losses to second order, as coordinate descent sees them: sums over the rows, not means.
//!
//! ```text
//! L(z + Δ) ≈ L(z) + rᵀΔ + ½ ΔᵀHΔ        Δ = A d + 1 s        g = r + HΔ: its derivative, kept up to date
//! two classes     H = diag h             curvature of dⱼ with s eliminated: Σ hᵢ (aᵢⱼ − āⱼ)², āⱼ = Σ hᵢaᵢⱼ / Σ hᵢ
//! more            H = ⊕ wᵢ (diag pᵢ − pᵢpᵢᵀ) ⪯ ⊕ wᵢ diag min(pᵢ, 2 pᵢ (1 − pᵢ))
//! ```
//!
//! For two classes the intercept is at its best at every moment: it enters g as the number s = −Σg̃ / Σh, where g̃
//! is g without it, and costs nothing. For more classes all coefficients of one column move together, by as much
//! as the bound of H, which is diagonal, allows; so does the row of intercepts.

use super::Targets;
use super::columns::{Column, Columns};
use estimand_loss::{Loss, Multinomial};

pub(super) trait Losses {
    /// Columns of scores.
    fn classes(&self) -> usize;

    /// Returns L(z) = Σ wℓ and keeps its derivatives.
    fn set(&mut self, z: &[f64]) -> f64;

    /// r, rows × k
    fn residuals(&self) -> &[f64];

    /// Begins a model at the scores last set, for coefficients in these columns; false if it is not finite.
    fn begin(&mut self, columns: &Columns) -> bool;

    /// aᵀg for each class.
    fn derivative(&self, column: Column<'_>, slot: usize, out: &mut [f64]);

    /// The curvature of the model along each class's coefficient in a slot, or a bound on it.
    fn curvature(&self, slot: usize) -> &[f64];

    /// Changes the coefficients of a slot by `delta`.
    fn step(&mut self, column: Column<'_>, slot: usize, delta: &[f64]);

    /// Improves the intercepts; returns by how much the model falls.
    fn step_intercepts(&mut self) -> f64;

    /// s: the change of the intercepts so far.
    fn shift(&self) -> &[f64];

    /// ΔᵀHΔ
    fn bend(&self, delta: &[f64]) -> f64;

    /// The curvature of L along each intercept.
    fn intercept_curvature(&self) -> Vec<f64>;
}

/// Curvature below this share of a row's weight counts as this share: far from the minimum that lets steps be
/// finite, and at the minimum of a penalised objective no row is so certain.
const LEAST: f64 = 1e-10;

/// Two classes.
pub(super) struct Binary<'r> {
    y: Vec<f64>,
    weights: Option<&'r [f64]>,
    intercept: bool,
    r: Vec<f64>,
    h: Vec<f64>,
    /// g̃
    g: Vec<f64>,
    sum_g: f64,
    sum_h: f64,
    shift: [f64; 1],
    /// Σ hᵢaᵢⱼ
    mass: Vec<f64>,
    curvature: Vec<f64>,
}

impl<'r> Binary<'r> {
    pub(super) fn new(rows: Targets<'r>, intercept: bool) -> Self {
        Self {
            y: rows.codes.iter().map(|code| f64::from(*code)).collect(),
            weights: rows.weights,
            intercept,
            r: Vec::new(),
            h: vec![0.0; rows.codes.len()],
            g: Vec::new(),
            sum_g: 0.0,
            sum_h: 0.0,
            shift: [0.0],
            mass: Vec::new(),
            curvature: Vec::new(),
        }
    }

    fn balance(&mut self) {
        if self.intercept {
            self.shift[0] = -self.sum_g / self.sum_h;
        }
    }
}

impl Losses for Binary<'_> {
    fn classes(&self) -> usize {
        1
    }

    fn set(&mut self, z: &[f64]) -> f64 {
        self.r.clear();
        self.r.extend_from_slice(z);
        let value = Loss::Binomial.curvature(&mut self.r, &self.y, self.weights, &mut self.h);
        match self.weights {
            Some(w) => self.h.iter_mut().zip(w).for_each(|(h, w)| *h = h.max(LEAST * w)),
            None => self.h.iter_mut().for_each(|h| *h = h.max(LEAST)),
        }
        value
    }

    fn residuals(&self) -> &[f64] {
        &self.r
    }

    fn begin(&mut self, columns: &Columns) -> bool {
        self.g.clone_from(&self.r);
        self.sum_g = self.r.iter().sum();
        self.sum_h = self.h.iter().sum();
        self.balance();
        self.mass.clear();
        self.curvature.clear();
        for slot in 0..columns.len() {
            let column = columns.get(slot);
            let mass = if self.intercept { column.dot(&self.h) } else { 0.0 };
            let mean = mass / self.sum_h;
            // Rows that are not stored lie at 0, mean² away from the mean.
            let (mut sum, mut rest) = (0.0, self.sum_h);
            column.for_each(|i, a| {
                sum += self.h[i] * (a - mean) * (a - mean);
                rest -= self.h[i];
            });
            self.mass.push(mass);
            self.curvature.push(sum + rest.max(0.0) * mean * mean);
        }
        self.curvature.iter().all(|c| c.is_finite())
    }

    fn derivative(&self, column: Column<'_>, slot: usize, out: &mut [f64]) {
        out[0] = column.dot(&self.g) + self.shift[0] * self.mass[slot];
    }

    fn curvature(&self, slot: usize) -> &[f64] {
        &self.curvature[slot..=slot]
    }

    fn step(&mut self, column: Column<'_>, slot: usize, delta: &[f64]) {
        let (delta, g, h) = (delta[0], &mut self.g, &self.h);
        match column {
            Column::Dense(a) => {
                g.iter_mut().zip(h).zip(a).for_each(|((g, h), a)| *g += delta * h * a);
            }
            Column::Sparse(rows, a) => {
                rows.iter().zip(a).for_each(|(i, a)| g[*i as usize] += delta * h[*i as usize] * a);
            }
        }
        self.sum_g += delta * self.mass[slot];
        self.balance();
    }

    fn step_intercepts(&mut self) -> f64 {
        0.0
    }

    fn shift(&self) -> &[f64] {
        &self.shift
    }

    fn bend(&self, delta: &[f64]) -> f64 {
        self.h.iter().zip(delta).map(|(h, d)| h * d * d).sum()
    }

    fn intercept_curvature(&self) -> Vec<f64> {
        vec![self.h.iter().sum()]
    }
}

/// Three classes or more.
pub(super) struct Several<'r> {
    rows: Targets<'r>,
    intercept: bool,
    r: Vec<f64>,
    /// Probabilities, and the diagonal that bounds H: rows × k.
    p: Vec<f64>,
    bound: Vec<f64>,
    g: Vec<f64>,
    shift: Vec<f64>,
    intercepts: Vec<f64>,
    curvature: Vec<f64>,
}

impl<'r> Several<'r> {
    pub(super) fn new(rows: Targets<'r>, intercept: bool) -> Self {
        let buffer = Vec::new;
        Self {
            rows,
            intercept,
            r: buffer(),
            p: buffer(),
            bound: buffer(),
            g: buffer(),
            shift: vec![0.0; rows.k],
            intercepts: vec![0.0; rows.k],
            curvature: buffer(),
        }
    }

    fn weight(&self, i: usize) -> f64 {
        self.rows.weights.map_or(1.0, |w| w[i])
    }
}

/// g ← g + w (p ∘ δ − p pᵀδ)
fn bend_row(g: &mut [f64], p: &[f64], delta: &[f64], w: f64) {
    let mean: f64 = p.iter().zip(delta).map(|(p, d)| p * d).sum();
    g.iter_mut().zip(p).zip(delta).for_each(|((g, p), d)| *g += w * p * (d - mean));
}

impl Losses for Several<'_> {
    fn classes(&self) -> usize {
        self.rows.k
    }

    fn set(&mut self, z: &[f64]) -> f64 {
        let k = self.rows.k;
        let loss = Multinomial { classes: k };
        let Targets { codes, weights, .. } = self.rows;
        self.p.clear();
        self.p.extend_from_slice(z);
        let value = loss.probabilities(&mut self.p, codes, weights);
        self.r.clone_from(&self.p);
        loss.residuals(&mut self.r, codes, weights);
        self.bound.clear();
        for (i, p) in self.p.chunks_exact(k).enumerate() {
            let w = weights.map_or(1.0, |w| w[i]);
            self.bound.extend(p.iter().map(|p| w * (p * (2.0 - 2.0 * p).min(1.0)).max(LEAST)));
        }
        value
    }

    fn residuals(&self) -> &[f64] {
        &self.r
    }

    fn begin(&mut self, columns: &Columns) -> bool {
        let k = self.rows.k;
        self.g.clone_from(&self.r);
        self.shift.fill(0.0);
        self.intercepts = self.intercept_curvature();
        self.curvature.clear();
        self.curvature.resize(columns.len() * k, 0.0);
        for (slot, out) in self.curvature.chunks_exact_mut(k).enumerate() {
            columns.get(slot).for_each(|i, a| {
                out.iter_mut().zip(&self.bound[i * k..]).for_each(|(out, b)| *out += a * a * b);
            });
        }
        self.curvature.iter().all(|c| c.is_finite())
    }

    fn derivative(&self, column: Column<'_>, _: usize, out: &mut [f64]) {
        out.fill(0.0);
        let k = out.len();
        column.for_each(|i, a| out.iter_mut().zip(&self.g[i * k..]).for_each(|(out, g)| *out += a * g));
    }

    fn curvature(&self, slot: usize) -> &[f64] {
        &self.curvature[slot * self.rows.k..][..self.rows.k]
    }

    fn step(&mut self, column: Column<'_>, _: usize, delta: &[f64]) {
        let k = delta.len();
        let Self { g, p, rows, .. } = self;
        let weights = rows.weights;
        column.for_each(|i, a| {
            let w = a * weights.map_or(1.0, |w| w[i]);
            bend_row(&mut g[i * k..(i + 1) * k], &p[i * k..(i + 1) * k], delta, w);
        });
    }

    fn step_intercepts(&mut self) -> f64 {
        if !self.intercept {
            return 0.0;
        }
        let k = self.rows.k;
        let mut delta = vec![0.0; k];
        self.g.chunks_exact(k).for_each(|g| delta.iter_mut().zip(g).for_each(|(d, g)| *d -= g));
        let mut fall = 0.0;
        for ((d, c), s) in delta.iter_mut().zip(&self.intercepts).zip(&mut self.shift) {
            *d /= *c;
            *s += *d;
            fall += 0.5 * c * *d * *d;
        }
        for i in 0..self.g.len() / k {
            let (at, w) = (i * k..(i + 1) * k, self.weight(i));
            bend_row(&mut self.g[at.clone()], &self.p[at], &delta, w);
        }
        fall
    }

    fn shift(&self) -> &[f64] {
        &self.shift
    }

    fn bend(&self, delta: &[f64]) -> f64 {
        let k = self.rows.k;
        let row = |(i, (p, d)): (usize, (&[f64], &[f64]))| {
            let mean: f64 = p.iter().zip(d).map(|(p, d)| p * d).sum();
            self.weight(i) * p.iter().zip(d).map(|(p, d)| p * (d - mean) * (d - mean)).sum::<f64>()
        };
        self.p.chunks_exact(k).zip(delta.chunks_exact(k)).enumerate().map(row).sum()
    }

    fn intercept_curvature(&self) -> Vec<f64> {
        let mut sums = vec![0.0; self.rows.k];
        let rows = self.bound.chunks_exact(self.rows.k);
        rows.for_each(|b| sums.iter_mut().zip(b).for_each(|(s, b)| *s += b));
        sums
    }
}
