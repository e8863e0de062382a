//! The penalty, its proximal step, and the duality gap.

/// a Σⱼ ‖Wⱼ‖₂ + b/2 ‖W‖², for sums over rows: a = α ρ Σω, b = α (1 − ρ) Σω.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Penalty {
    /// a
    pub(super) l1: f64,
    /// b
    pub(super) l2: f64,
    /// Whether W ≥ 0; for one target only.
    pub(super) positive: bool,
}

/// A gradient as large as a up to rounding is no reason to leave 0: αₘₐₓ itself gives exact zeros.
const ROUNDING: f64 = 1.0 + 8.0 * f64::EPSILON;

impl Penalty {
    /// The Wⱼ that minimises the objective along column j: z = X̃ⱼᵀR + ‖X̃ⱼ‖² Wⱼ, replaced by
    ///
    /// ```text
    /// Wⱼ = max(1 − a/‖z‖, 0) z / (‖X̃ⱼ‖² + b)                                                  (4)
    /// ```
    #[inline]
    pub(super) fn minimise(&self, z: &mut [f64], curvature: f64) {
        let norm = self.size(z);
        let factor = if norm <= self.l1 * ROUNDING || norm == 0.0 {
            0.0
        } else {
            (1.0 - self.l1 / norm) / (curvature + self.l2)
        };
        z.iter_mut().for_each(|z| *z *= factor);
    }

    /// ‖z‖₂; with W ≥ 0 only a positive gradient counts.
    #[inline]
    pub(super) fn size(&self, z: &[f64]) -> f64 {
        match *z {
            [z] if self.positive => z.max(0.0),
            [z] => z.abs(),
            _ => z.iter().map(|z| z * z).sum::<f64>().sqrt(),
        }
    }

    /// a Σⱼ ‖Wⱼ‖₂ + b/2 ‖W‖² of W with rows of `t`.
    pub(super) fn value(&self, w: &[f64], t: usize) -> f64 {
        let norms: f64 = match t {
            1 => w.iter().map(|w| w.abs()).sum(),
            _ => w.chunks_exact(t).map(|w| w.iter().map(|w| w * w).sum::<f64>().sqrt()).sum(),
        };
        self.l1 * norms + 0.5 * self.l2 * squares(w)
    }

    /// How far the objective may still fall (5), from ‖R‖², ⟨R, Ỹ⟩ and Z = X̃ᵀR − bW, with the largest ‖Zⱼ‖.
    ///
    /// Without an L1 term there is no dual point to be had by scaling; what each coordinate alone could gain is taken
    /// instead.
    pub(super) fn gap(&self, fit: Fit, w: &[f64], z: &[f64], curvature: impl Fn(usize) -> f64) -> Gap {
        let t = fit.targets;
        let largest = z.chunks_exact(t).map(|z| self.size(z)).fold(0.0_f64, f64::max);
        if self.l1 == 0.0 {
            let gain = |(j, (w, z)): (usize, (&[f64], &[f64]))| {
                let free = !self.positive || w[0] > 0.0;
                let slope = if free { squares(z) } else { self.size(z).powi(2) };
                let curvature = curvature(j) + self.l2;
                if curvature > 0.0 { slope / curvature } else { 0.0 }
            };
            let value = w.chunks_exact(t).zip(z.chunks_exact(t)).enumerate().map(gain).sum();
            return Gap { value, largest };
        }
        let scale = if largest > self.l1 { self.l1 / largest } else { 1.0 };
        let primal = 0.5 * fit.residual + self.value(w, t);
        let dual = -0.5 * scale * scale * (fit.residual + self.l2 * squares(w)) + scale * fit.inner;
        Gap { value: (primal - dual).max(0.0), largest }
    }

    /// Whether column j has coefficient 0 at the minimum, by the gap-safe rule (6).
    pub(super) fn rules_out(&self, z: &[f64], curvature: f64, gap: Gap) -> bool {
        let distance = (1.0 - self.size(z) / self.l1.max(gap.largest)) / (curvature + self.l2).sqrt();
        self.l1 > 0.0 && distance > (2.0 * gap.value).sqrt() / self.l1
    }
}

/// What the gap needs to know of the residuals.
#[derive(Clone, Copy)]
pub(super) struct Fit {
    /// t
    pub(super) targets: usize,
    /// ‖R‖²
    pub(super) residual: f64,
    /// ⟨R, Ỹ⟩
    pub(super) inner: f64,
}

/// The duality gap and maxⱼ ‖Zⱼ‖.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    pub(super) value: f64,
    pub(super) largest: f64,
}

/// Σ vᵢ²
pub(super) fn squares(v: &[f64]) -> f64 {
    v.iter().map(|v| v * v).sum()
}
