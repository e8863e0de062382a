//! How good a split is.
//!
//! A split sends the rows L of a node to the left and R to the right. With weights W and the impurity i of each part, all
//! criteria ask for the largest
//!
//! ```text
//! decrease = W i(node) − W_L i(L) − W_R i(R)
//! ```
//!
//! | page | impurity | score of a split, from running sums of L |
//! |---|---|---|
//! | [`moments`] | Σ ω (y − ȳ)² / W; Gini's of two classes, which is twice that of y ∈ {0, 1} | (S_L − W_L ȳ)² / W_L W_R |
//! | [`many`] | the same, summed over several targets | Σ_t (S_Lt − W_L ȳ_t)² / W_L W_R |
//! | [`classes`] | 1 − Σ_c p_c² or − Σ_c p_c log₂ p_c | Σ_c f(L_c) + f(R_c), f(w) = w² or w ln w |
//! | [`poisson`] | mean half Poisson deviance | S_L ln(S_L / W_L) + S_R ln(S_R / W_R) |
//! | [`pinball`] | mean pinball loss about a quantile | − (loss of L + loss of R) |
//!
//! Scores are fractions that are compared crosswise, without a division. Targets are rounded, once for each node, to
//! multiples of a unit so small that sums of them are exact: 53 binary digits less those of the weight of the node. So a
//! sum does not depend on the order of its terms: the rows of a training set may come in any order, a weight of two is
//! the row twice, and splits that are equally good are found to be so.

mod classes;
mod many;
mod moments;
mod pinball;
mod poisson;

pub(crate) use classes::{Classes, Measure};
pub(crate) use many::Many;
pub(crate) use moments::Moments;
pub(crate) use pinball::Pinball;
pub(crate) use poisson::Poisson;

use std::ops::Range;

/// A score that is never worse than none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Score {
    pub(crate) above: f64,
    pub(crate) below: f64,
}
impl Score {
    pub(crate) const NONE: Self = Self { above: f64::NEG_INFINITY, below: 1.0 };

    /// Whether this is more than `other`; both denominators are positive.
    #[inline(always)]
    pub(crate) fn beats(self, other: Self) -> bool {
        self.above * other.below > other.above * self.below
    }

    pub(crate) fn value(self) -> f64 {
        self.above / self.below
    }
}

/// What a node's rows are together.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    pub(crate) weight: f64,
    pub(crate) impurity: f64,
    /// Whether no split could lower the impurity.
    pub(crate) pure: bool,
}

/// What a split must keep to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    pub(crate) min_rows: usize,
    pub(crate) min_weight: f64,
    /// Which way predictions go with this column: 1 up, −1 down, 0 either way.
    pub(crate) direction: i8,
    /// Bounds on predictions, where directions are given.
    pub(crate) bounds: Option<[f64; 2]>,
}
impl Limits {
    /// Whether both sides may be made of so much weight, and predict what `values` gives.
    #[inline(always)]
    pub(crate) fn allow(&self, left: f64, right: f64, values: impl FnOnce() -> [f64; 2]) -> bool {
        left >= self.min_weight
            && right >= self.min_weight
            && match self.bounds {
                None => true,
                Some([low, high]) => {
                    let [l, r] = values();
                    let inside = |v: f64| v >= low && v <= high;
                    inside(l) && inside(r) && (r - l) * f64::from(self.direction) >= 0.0
                }
            }
    }
}

/// Rows of the node that are sent left one after another. A row is named by its place among the node's rows.
pub(crate) struct Walk<'a> {
    /// These are left already,
    pub(crate) before: &'a [u32],
    /// these go left in this order,
    pub(crate) order: &'a [u32],
    /// and these stay right.
    pub(crate) after: &'a [u32],
    /// Places in the order after which the split may be made.
    pub(crate) at: Range<usize>,
    /// Whether the row at a place in the order has the value of the next one.
    pub(crate) tied: &'a dyn Fn(usize) -> bool,
    pub(crate) limits: &'a Limits,
}

/// A criterion, with the targets and weights of a table's rows, and those of the node that was entered last.
pub(crate) trait Criterion: Sized + Send + Sync {
    /// The same for these rows alone, numbered anew.
    fn select(&self, rows: &[u32]) -> Self;

    /// Turns to the node that has these rows.
    fn enter(&mut self, rows: &[u32]) -> Seen;

    /// What the node predicts.
    fn value(&self, out: &mut [f64]);

    /// Finds the best split on a walk. Where it beats `best`, replaces that and gives the place.
    fn walk(&mut self, walk: &Walk<'_>, best: &mut Score) -> Option<usize>;

    /// Whether sums by rank ([`tally`](Self::tally)) are kept.
    const TALLIES: bool = false;

    /// Sums up the rows by rank: those of rank `first` + g into group g of `groups`, others into one more.
    fn tally(&mut self, _ranks: &[u32], _first: u32, _groups: usize) {}

    /// Finds the best split between groups of the tally, the last one of which, which is no rank, lies left or right.
    /// Gives the groups on both sides of the split; the second is `groups` if all are left.
    fn walk_tally(
        &mut self,
        _groups: usize,
        _others_left: bool,
        _limits: &Limits,
        _best: &mut Score,
    ) -> Option<[usize; 2]> {
        None
    }

    /// The score of sending left the rows whose value is at most `threshold`, if that is allowed.
    fn cut(&mut self, values: &[f64], threshold: f64, limits: &Limits) -> Option<Score>;

    /// What [`cut`](Self::cut) and [`walk`](Self::walk) score, as the decrease of W · impurity.
    fn decrease(&self, score: Score) -> f64;

    /// In how many ways the rows' responses can be seen as numbers, by whose means categories may be put in order.
    fn responses(&self) -> usize;

    /// Weight, and weight times response, of a row.
    fn response(&self, which: usize, place: u32) -> [f64; 2];
}

/// The smallest power of two above `x`; for positive numbers that are not tiny.
pub(crate) fn power_above(x: f64) -> f64 {
    const EXPONENT: u64 = 0x7FF << 52;
    f64::from_bits((x.to_bits() & EXPONENT) + (1 << 52))
}

/// Rounds numbers of size up to 1 so that sums of them with weights up to `weight` in total are exact.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rounding(f64);
impl Rounding {
    pub(crate) fn new(weight: f64) -> Self {
        // From 2⁵² u to 2⁵³ u numbers are u apart; here x cannot leave that range.
        Self(3.0 * power_above(weight))
    }

    #[inline(always)]
    pub(crate) fn round(self, x: f64) -> f64 {
        (x + self.0) - self.0
    }
}

/// Weights rounded likewise; where all are equal to one there are none to keep.
pub(crate) fn rounded_weights(weights: &[f64]) -> Option<Vec<f64>> {
    if weights.iter().all(|w| *w == 1.0) {
        return None;
    }
    let rounding = Rounding::new(weights.iter().sum());
    Some(weights.iter().map(|w| rounding.round(*w)).collect())
}

/// Values of some rows.
pub(crate) fn gather<T: Copy>(from: &[T], rows: &[u32], to: &mut Vec<T>) {
    to.clear();
    to.extend(rows.iter().map(|row| from[*row as usize]));
}

/// Those of some rows, where there are any.
pub(crate) fn select<T: Copy>(from: Option<&[T]>, rows: &[u32]) -> Option<Vec<T>> {
    from.map(|from| rows.iter().map(|row| from[*row as usize]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounded_sums_do_not_depend_on_the_order() {
        let x: Vec<f64> = (0..1000).map(|i| (f64::from(i) * 0.7).sin()).collect();
        let w: Vec<f64> = (0..1000).map(|i| 1.0 + f64::from(i % 7)).collect();
        let rounding = Rounding::new(w.iter().sum());
        let terms: Vec<f64> = x.iter().zip(&w).map(|(x, w)| rounding.round(w * rounding.round(*x))).collect();
        let forwards: f64 = terms.iter().sum();
        let backwards: f64 = terms.iter().rev().sum();
        assert_eq!(forwards, backwards);
        // Half a unit, which is 2⁻⁵¹ of the next power of two, times the weight; and half a unit again.
        assert!(
            terms
                .iter()
                .zip(&x)
                .zip(&w)
                .all(|((t, x), w)| (t - w * x).abs() <= (w + 1.0) * 4096.0 * f64::EPSILON)
        );
        assert_eq!([0.9, 1.0, 1.5, 4.0].map(power_above), [1.0, 2.0, 2.0, 8.0]);
    }
}
