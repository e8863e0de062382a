//! A step that satisfies the strong Wolfe conditions, or their form that survives rounding.
//!
//! ```text
//! φ(t) = f(x + t d)
//! decrease   φ(t) ≤ φ(0) + δ t φ′(0)       or, where |φ(t) − φ(0)| ≤ ω |φ(0)|:
//!            φ(t) ≤ φ(0) + ε |φ(0)| and φ′(t) ≤ (1 − 2δ) |φ′(0)|
//! curvature  |φ′(t)| ≤ σ |φ′(0)|
//! ```
//!
//! Near a minimum the differences of φ drown in rounding long before those of φ′: there the second form of
//! the decrease condition asks the slopes. A bracket [low, high] is kept, where φ falls at `low` and has
//! decreased, and at `high` it rises or has not decreased enough: between them lies a point to accept. Trials are
//! secant steps on the slopes, and every third one shrinks the bracket whatever they say.
//!
//! References: \[HagerZhang05\].

/// δ: share of the linear decrease that is asked for.
const DECREASE: f64 = 0.1;
/// σ: share of the slope that may remain.
const CURVATURE: f64 = 0.9;
/// ω: relative change of f below which the slopes are asked.
const SMALL: f64 = 1e-6;
/// ε: relative rise of f that counts as rounding.
const ROUNDING: f64 = 1e-12;
/// Trials after which a bracket has no width left.
const TRIALS: usize = 60;

/// The value at the accepted step, the last one that `evaluate` was asked for; `None` if there is none, because
/// `slope` is not negative, or rounding hides every decrease. `evaluate(t)` gives φ(t) and φ′(t).
pub(crate) fn search(
    value: f64,
    slope: f64,
    first: f64,
    mut evaluate: impl FnMut(f64) -> (f64, f64),
) -> Option<f64> {
    // Written so that NaN ends here, too.
    if !(slope < 0.0 && slope > f64::NEG_INFINITY) {
        return None;
    }
    let limit = value + ROUNDING * value.abs();
    let (mut low, mut low_slope) = (0.0, slope);
    let mut high: Option<(f64, f64)> = None;
    let mut t = first;
    for trial in 1..=TRIALS {
        let (f, s) = evaluate(t);
        let finite = f.is_finite() && s.is_finite();
        let falls = finite && f <= value + DECREASE * t * slope;
        let hidden = finite && f <= limit && (f - value).abs() <= SMALL * value.abs();
        if (falls || (hidden && s <= (2.0 * DECREASE - 1.0) * slope)) && s.abs() <= CURVATURE * -slope {
            return Some(f);
        }
        if (falls || hidden) && s < 0.0 {
            let secant = t - s * (t - low) / (s - low_slope);
            (low, low_slope) = (t, s);
            if high.is_none() {
                t = if secant > 2.0 * t { secant.min(10.0 * t) } else { 2.0 * t };
                continue;
            }
        } else {
            high = Some((t, if finite && s >= 0.0 { s } else { f64::NAN }));
        }
        if let Some((high, high_slope)) = high {
            let width = high - low;
            let secant = low - low_slope * width / (high_slope - low_slope);
            let inside = secant >= low + 0.05 * width && secant <= high - 0.05 * width;
            // As long as nothing has decreased, the first trial may have been too long by any power of ten.
            let between = if low == 0.0 { 0.1 * high } else { 0.5 * (low + high) };
            t = if inside && trial % 3 != 0 { secant } else { between };
        }
    }
    None
}
