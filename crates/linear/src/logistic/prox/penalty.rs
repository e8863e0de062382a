//! The penalty Ω(W) = λ₁ Σ |Wⱼ| + ½ λ₂ Σ Wⱼ².

/// The penalty, for sums of losses.
#[derive(Clone, Copy)]
pub(in crate::logistic) struct Penalty {
    /// λ₁
    pub(in crate::logistic) l1: f64,
    /// λ₂
    pub(in crate::logistic) l2: f64,
}

impl Penalty {
    /// Ω
    pub(super) fn of(self, w: &[f64]) -> f64 {
        let (sum, squares) = w.iter().fold((0.0, 0.0), |(sum, squares), w| (sum + w.abs(), squares + w * w));
        self.l1 * sum + 0.5 * self.l2 * squares
    }

    /// Ω(new) − Ω(old), with the digits that their difference would lose.
    pub(super) fn rise(self, old: &[f64], new: &[f64]) -> f64 {
        let one = |(old, new): (&f64, &f64)| {
            self.l1 * (new.abs() - old.abs()) + 0.5 * self.l2 * (new - old) * (new + old)
        };
        old.iter().zip(new).map(one).sum()
    }

    /// The t that minimises Ω(w − t): what the coefficients of all classes can lose together.
    ///
    /// The derivative of Ω, −λ₁ Σ sign(wⱼ − t) − λ₂ Σ (wⱼ − t), rises with t and jumps at each wⱼ.
    pub(super) fn common(self, w: &[f64]) -> f64 {
        let mut sorted = w.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        let k = sorted.len();
        if self.l2 == 0.0 {
            // Every t between the two in the middle: the nearest to 0.
            let (low, high) = (sorted[(k - 1) / 2], sorted[k / 2]);
            return 0.0_f64.clamp(low, high);
        }
        let mean = sorted.iter().sum::<f64>() / k as f64;
        for below in 0..k {
            // Where it is 0, were `below` of them below t.
            let t = mean + self.l1 / self.l2 * (k as f64 - 2.0 * below as f64) / k as f64;
            if t <= sorted[below] {
                return if below > 0 { t.max(sorted[below - 1]) } else { t };
            }
        }
        sorted[k - 1].max(mean - self.l1 / self.l2)
    }
}

/// S(x, λ): x moved towards 0 by λ.
pub(super) fn soft(x: f64, by: f64) -> f64 {
    (x - by).max(0.0) + (x + by).min(0.0)
}

#[cfg(test)]
mod tests {
    use super::Penalty;

    #[test]
    fn what_all_classes_lose_together_is_the_best_there_is() {
        let rows: [&[f64]; 6] = [
            &[0.0, 0.0, 3.0],
            &[1.0, -2.0, 0.5, 4.0],
            &[2.0, 3.0],
            &[-1.0, -1.0, -2.5],
            &[0.0, 0.0, 0.0, 1e-9],
            &[5.0, 5.0, -1.0, 0.0, 2.0],
        ];
        for w in rows {
            for (l1, l2) in [(1.0, 0.0), (1.0, 0.1), (0.3, 1.0), (1e-3, 5.0), (0.0, 1.0)] {
                let penalty = Penalty { l1, l2 };
                let at = |t: f64| penalty.of(&w.iter().map(|w| w - t).collect::<Vec<_>>());
                let t = penalty.common(w);
                let best = (-600..=600).map(|i| at(f64::from(i) * 0.01)).fold(f64::INFINITY, f64::min);
                assert!(at(t) <= best + 1e-12, "{w:?}, {l1}, {l2}: {t}");
                // Where several are as good, zeros stay zeros.
                assert!(l2 > 0.0 || !w.contains(&t) || at(0.0) > at(t) || t == 0.0);
            }
        }
    }
}
