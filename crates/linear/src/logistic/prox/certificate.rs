//! How far from the minimum a point is: the violation of the optimality conditions, and the duality gap.

use super::losses::Losses;
use super::{Penalty, Run, Targets};
use estimand_core::Float;

/// How far from the minimum a point is.
pub(super) struct Certificate {
    pub(super) violation: f64,
    pub(super) gap: f64,
    /// Columns that violate, and by how much.
    pub(super) violating: Vec<(usize, f64)>,
}

impl<F: Float, L: Losses> Run<'_, '_, F, L> {
    /// Violation and gap from Aᵀr, for P = `value`.
    pub(super) fn certify(&self, value: f64) -> Certificate {
        let (k, Penalty { l1, l2 }) = (self.rows.k, self.penalty);
        let (v, b) = self.gradient.split_at(self.passes.design.ncols() * k);
        let mut violation = b.iter().fold(0.0_f64, |max, g| max.max(g.abs()));
        let mut violating = Vec::new();
        let (mut largest, mut excess) = (0.0_f64, 0.0);
        for (j, (v, w)) in v.chunks_exact(k).zip(self.coefficients().chunks_exact(k)).enumerate() {
            let mut worst = 0.0_f64;
            for (v, w) in v.iter().zip(w) {
                let off = if *w == 0.0 { v.abs() - l1 } else { (v + l2 * w + l1 * w.signum()).abs() };
                worst = worst.max(off);
                largest = largest.max(v.abs());
                excess += (v.abs() - l1).max(0.0).powi(2);
            }
            violation = violation.max(worst);
            if worst > 0.0 {
                violating.push((j, worst));
            }
        }
        // Σθ is 0 only at the best intercepts: until then the present ones stand for them.
        let sums: f64 = b.iter().zip(&self.beta[v.len()..]).map(|(g, b)| g * b).sum();
        let dual_at = |s: f64| self.entropy(s) + s * sums;
        let mut dual = dual_at((l1 / largest).min(1.0));
        if l2 > 0.0 {
            dual = dual.max(dual_at(1.0) - excess / (2.0 * l2));
        }
        let curvature = self.losses.intercept_curvature();
        let promised: f64 = b.iter().zip(curvature).map(|(g, c)| g * g / c).sum();
        Certificate { violation, gap: (value - dual).max(0.0) + promised, violating }
    }

    /// Σ wᵢ H(yᵢ + s (pᵢ − yᵢ)), from r = w (p − y).
    fn entropy(&self, s: f64) -> f64 {
        let Targets { codes, weights, k } = self.rows;
        let part = |q: f64| if q > 0.0 { -q * q.ln() } else { 0.0 };
        let right = |q: f64| -(1.0 - q) * (-q).ln_1p();
        let row = |(i, r): (usize, &[f64])| {
            let w = weights.map_or(1.0, |w| w[i]);
            if w == 0.0 {
                return 0.0;
            }
            if let [r] = r {
                let q = s * r.abs() / w;
                return w * (part(q) + if q < 1.0 { right(q) } else { 0.0 });
            }
            let code = codes[i] as usize;
            let others = r.iter().enumerate().filter(|(c, _)| *c != code);
            let q = s * r[code].abs() / w;
            let sum: f64 = others.map(|(_, r)| part(s * r / w)).sum();
            w * (sum + if q < 1.0 { right(q) } else { 0.0 })
        };
        self.losses.residuals().chunks_exact(k).enumerate().map(row).sum()
    }
}
