//! Step 2: the best σ for given residuals, and the sums that go with it.
//!
//! In τ = 1/σ² the derivative of (1) is W − Σ ω min(ε², τr²), which falls along a concave, piecewise linear curve. Newton's
//! method from below, where all rows are within εσ, climbs to its root without ever passing it, and (2) is its step.

use estimand_kernels as kernels;
use estimand_par as par;

/// Sums over the residuals for one σ.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    /// Σ ωr² of the rows within.
    pub(super) squares: f64,
    /// Σ ω|r| of the rows beyond.
    pub(super) distances: f64,
    /// Σ ω of the rows beyond.
    pub(super) beyond: f64,
}

/// Rows of a chunk.
const CHUNK: usize = 1 << 15;
/// Steps after which the choice of rows settles in any case.
const STEPS: usize = 200;

/// The sums of the rows on either side of `limit` = εσ.
pub(super) fn sums(r: &[f64], weights: Option<&[f64]>, limit: f64) -> Sums {
    let part = |rows: std::ops::Range<usize>| {
        let weights = weights.map(|w| &w[rows.clone()]);
        let [squares, distances, beyond] = kernels::huber_sums(&r[rows], weights, limit);
        Sums { squares, distances, beyond }
    };
    par::reduce(r.len(), CHUNK, part, Sums::plus).unwrap_or_default()
}

impl Sums {
    fn plus(self, other: Self) -> Self {
        Self {
            squares: self.squares + other.squares,
            distances: self.distances + other.distances,
            beyond: self.beyond + other.beyond,
        }
    }
}

/// (2): σ ≥ `floor`, found from `guess`, and its sums. `total` is W.
pub(super) fn scale(
    r: &[f64],
    weights: Option<&[f64]>,
    (epsilon, total, floor): (f64, f64, f64),
    guess: Option<f64>,
) -> (f64, Sums) {
    let all = || (sums(r, weights, f64::INFINITY).squares / total).sqrt().max(floor);
    let mut sigma = guess.unwrap_or_else(all);
    let mut guessed = guess.is_some();
    let mut found = sums(r, weights, epsilon * sigma);
    for _ in 0..STEPS {
        let left = total - epsilon * epsilon * found.beyond;
        if left <= 0.0 && guessed {
            // A guess that was too low says nothing of where to go.
            sigma = all();
            guessed = false;
            found = sums(r, weights, epsilon * sigma);
            continue;
        }
        let next = if left > 0.0 { (found.squares / left).sqrt().max(floor) } else { floor };
        let settled = (next - sigma).abs() <= 4.0 * f64::EPSILON * sigma;
        sigma = next;
        if settled {
            break;
        }
        found = sums(r, weights, epsilon * sigma);
    }
    (sigma, found)
}
