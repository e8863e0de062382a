//! What a histogram holds in each cell: sums of whole numbers.
//!
//! Gradients, hessians and counts are rounded once, to multiples of powers of two that are chosen for each tree, and
//! from there on they are whole numbers. Sums of whole numbers do not depend on the order in which they were added: a
//! sibling by subtraction *is* the sibling built, and any number of threads gives the same bits.
//!
//! ```text
//! pair     [u64; 2]     gradient: 64 bits                    hessian: high bits · count: low bits
//! single   u64          gradient: high bits · count: low bits, where hessians are counts (squared errors without weights)
//! ```
//!
//! Fields do not disturb one another: what is not negative stands low, and no sum over all rows leaves its field. A row
//! keeps the digits that its share of the total leaves: of 10⁶ rows, about 32 bits of gradient and 23 of hessian, of a
//! thousand ten more. A whole weight multiplies what was rounded, so that a weight of 2 is the row twice, to the last bit.

/// A cell of a histogram: a commutative group.
pub trait Cell: Copy + Default + PartialEq + std::fmt::Debug + Send + Sync {
    /// The sum.
    fn plus(self, other: Self) -> Self;
    /// The difference.
    fn minus(self, other: Self) -> Self;
}

impl Cell for u64 {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        self.wrapping_sub(other)
    }
}

impl Cell for [u64; 2] {
    #[inline(always)]
    fn plus(self, other: Self) -> Self {
        [self[0].wrapping_add(other[0]), self[1].wrapping_add(other[1])]
    }
    #[inline(always)]
    fn minus(self, other: Self) -> Self {
        [self[0].wrapping_sub(other[0]), self[1].wrapping_sub(other[1])]
    }
}

/// Sums of gradients, hessians and counts, as the whole numbers that they are kept as.
pub type Sums = [i64; 3];

/// How gradients, hessians and counts become whole numbers.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// What one stands for, in each field: powers of two.
    pub scales: [f64; 3],
    /// Bits of the count.
    pub count_bits: u32,
    /// Whether weights multiply what was rounded, as whole numbers do: others may be so small that what they multiply is
    /// beyond all sums, and are rounded together with it.
    pub whole: bool,
}

/// What the rows of a tree add up to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Totals {
    /// Σ w |g|
    pub gradient: f64,
    /// Σ w h
    pub hessian: f64,
    /// Σ w
    pub weight: f64,
    /// Whether all weights are whole numbers.
    pub whole: bool,
    /// Number of rows.
    pub rows: usize,
}

/// Whole numbers up to this power of two are numbers of an `f64`.
const EXACT: i32 = 51;

/// Counts beyond are rounded, to leave hessians their digits.
const MOST_COUNT_BITS: u32 = 32;

impl Layout {
    /// For [`u64`; 2] cells.
    fn pair(totals: &Totals) -> Self {
        let (count_bits, count) = match bits(totals.weight) {
            bits if totals.whole && bits <= MOST_COUNT_BITS => (bits, 0),
            _ => (28, scale(totals.weight, totals.rows, 27)),
        };
        let hessian = scale(totals.hessian, totals.rows, EXACT.min(63 - count_bits as i32));
        let gradient = scale(totals.gradient, totals.rows, EXACT);
        Self {
            scales: [gradient, hessian, count].map(|e| f64::powi(2.0, -e)),
            count_bits,
            whole: totals.whole,
        }
    }

    /// For `u64` cells.
    fn single(totals: &Totals) -> Self {
        let count_bits = bits(totals.weight);
        let gradient = scale(totals.gradient, totals.rows, EXACT.min(62 - count_bits as i32));
        Self { scales: [f64::powi(2.0, -gradient), 1.0, 1.0], count_bits, whole: totals.whole }
    }
}

impl Totals {
    /// Whether `u64` cells will do where hessians are weights.
    pub fn fit_single(&self) -> bool {
        self.whole && bits(self.weight) <= 22
    }
}

/// Bits that hold all whole numbers up to x.
fn bits(x: f64) -> u32 {
    (x as u64).checked_ilog2().map_or(1, |b| b + 1)
}

/// The largest e for which `n` numbers that add up to at most `sum`, times 2ᵉ and rounded, add up to less than 2 to the
/// power of `bits`.
fn scale(sum: f64, n: usize, bits: i32) -> i32 {
    // Rounding adds at most n/2, which is made room for by one bit.
    let room = (f64::powi(2.0, bits - 1) - n as f64).max(1.0);
    let e = (room / sum.max(f64::MIN_POSITIVE)).log2().floor();
    (e as i32).clamp(-1000, 1000)
}

/// A cell of gradients, hessians and counts.
pub trait GradientCell: Cell {
    /// The finest layout in which the rows of a tree add up.
    fn layout(totals: &Totals) -> Layout;
    /// Keeps a gradient and a hessian as they are, until the layout is known.
    fn stage(gradient: f64, hessian: f64) -> Self;
    /// The gradient that was staged.
    fn staged(self) -> f64;
    /// What was staged, as whole numbers, `weight` times.
    fn packed(self, weight: f64, layout: &Layout) -> Self;
    /// The fields of a sum.
    fn sums(self, layout: &Layout) -> Sums;
}

/// The nearest whole number; for |x| below 2⁵¹. What is added leaves it in the low bits.
#[inline(always)]
fn nearest(x: f64) -> i64 {
    const SHIFT: f64 = (3_u64 << 51) as f64;
    // Rows without weight may be far beyond; their part is multiplied by zero.
    ((x + SHIFT).to_bits() as i64).wrapping_sub(SHIFT.to_bits() as i64)
}

impl Layout {
    /// x in units of a field, w times.
    #[inline(always)]
    fn count(&self, field: usize, x: f64, weight: f64) -> i64 {
        let x = x * (1.0 / self.scales[field]);
        if self.whole { nearest(weight * nearest(x) as f64) } else { nearest(weight * x) }
    }
}

impl GradientCell for [u64; 2] {
    fn layout(totals: &Totals) -> Layout {
        Layout::pair(totals)
    }
    #[inline(always)]
    fn stage(gradient: f64, hessian: f64) -> Self {
        [gradient.to_bits(), hessian.to_bits()]
    }
    fn staged(self) -> f64 {
        f64::from_bits(self[0])
    }
    #[inline(always)]
    fn packed(self, weight: f64, layout: &Layout) -> Self {
        let [g, h] = self.map(f64::from_bits);
        let hessian = layout.count(1, h, weight) as u64;
        let count = layout.count(2, 1.0, weight) as u64;
        [layout.count(0, g, weight) as u64, hessian << layout.count_bits | count]
    }
    #[inline(always)]
    fn sums(self, layout: &Layout) -> Sums {
        let count = self[1] & ((1 << layout.count_bits) - 1);
        [self[0] as i64, (self[1] >> layout.count_bits) as i64, count as i64]
    }
}

impl GradientCell for u64 {
    fn layout(totals: &Totals) -> Layout {
        Layout::single(totals)
    }
    #[inline(always)]
    fn stage(gradient: f64, _: f64) -> Self {
        gradient.to_bits()
    }
    fn staged(self) -> f64 {
        f64::from_bits(self)
    }
    #[inline(always)]
    fn packed(self, weight: f64, layout: &Layout) -> Self {
        let gradient = layout.count(0, f64::from_bits(self), weight) as u64;
        (gradient << layout.count_bits).wrapping_add(weight as u64)
    }
    #[inline(always)]
    fn sums(self, layout: &Layout) -> Sums {
        let count = (self & ((1 << layout.count_bits) - 1)) as i64;
        [self as i64 >> layout.count_bits, count, count]
    }
}
