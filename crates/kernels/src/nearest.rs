//! The nearest of many centres, for eight rows at a time.
//!
//! ```text
//! pack_eight          panel_jl = xₗⱼ − shiftⱼ         rows side by side, at most eight; zeros where there are fewer
//! nearest_eight       sₗ(c) = start_c − Σⱼ xⱼₗ C_cⱼ       per lane l: the least, the next least, and which c has the least
//! centre_distances    dᵢ = Σⱼ (xᵢⱼ − shiftⱼ − C_cⱼ)²      of each row to the centre c that is its own
//! ```
//!
//! A panel holds eight rows side by side, value after value. With ½‖c‖² for a start, 2s + ‖x‖² is a squared distance,
//! up to the rounding of the product: who must know which of two centres is nearer, where they are nearly as near,
//! takes differences. Each s is one chain over the columns, so a row has the same bits in any panel.

use crate::{
    isa::{Isa, Vector, prefetch},
    math::Real,
};

const EIGHT: usize = 8;
/// Rows that are asked for ahead of their turn.
const AHEAD: usize = 12;

/// The nearest centres of eight rows, as far as they were looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    /// The least s.
    pub first: [f64; EIGHT],
    /// The next least s; equal to `first` where two centres share it.
    pub second: [f64; EIGHT],
    /// The number of the centre that has the least s; the first one looked at, of equals.
    pub which: [f64; EIGHT],
}

impl Nearest {
    /// Before any centre was looked at.
    pub const NONE: Self =
        Self { first: [f64::INFINITY; EIGHT], second: [f64::INFINITY; EIGHT], which: [0.0; EIGHT] };

    /// Both together; of equals, this one's.
    #[inline]
    pub fn join(&mut self, other: &Self) {
        for l in 0..EIGHT {
            let is_less = other.first[l] < self.first[l];
            let (least, beaten) = if is_less { (other, &*self) } else { (&*self, other) };
            let joined = (least.first[l], least.second[l].min(beaten.first[l]), least.which[l]);
            (self.first[l], self.second[l], self.which[l]) = joined;
        }
    }
}

#[inline(always)]
pub(crate) fn pack_eight<T: Real, I: Isa>(rows: &[&[T]], shift: &[f64], panel: &mut [[f64; EIGHT]]) {
    let width = shift.len().min(panel.len());
    let (shift, panel) = (&shift[..width], &mut panel[..width]);
    if let Some(rows) = rows.first_chunk::<EIGHT>() {
        let rows = rows.map(|row| &row[..width]);
        for (j, (shift, out)) in shift.iter().zip(panel).enumerate() {
            for l in 0..EIGHT {
                out[l] = rows[l][j].f64() - shift;
            }
        }
        return;
    }
    panel.fill([0.0; EIGHT]);
    for (l, row) in rows.iter().enumerate() {
        for ((x, shift), out) in row.iter().zip(shift).zip(&mut *panel) {
            out[l] = x.f64() - shift;
        }
    }
}

#[inline(always)]
pub(crate) fn nearest_eight<T: Real, I: Isa>(
    panel: &[[f64; EIGHT]],
    centres: &[f64],
    start: &[f64],
    first: usize,
    found: &mut Nearest,
) {
    let mut best = Best::<I>::of(found);
    let mut done = match I::SUMS {
        8 => some::<I, 8>(panel, centres, start, 0, first, &mut best),
        _ => 0,
    };
    if I::SUMS >= 4 {
        done = some::<I, 4>(panel, centres, start, done, first, &mut best);
    }
    done = some::<I, 2>(panel, centres, start, done, first, &mut best);
    some::<I, 1>(panel, centres, start, done, first, &mut best);
    best.first.store(&mut found.first);
    best.second.store(&mut found.second);
    best.which.store(&mut found.which);
}

/// A [`Nearest`] in registers.
struct Best<I: Isa> {
    first: I::Vector,
    second: I::Vector,
    which: I::Vector,
}

impl<I: Isa> Best<I> {
    #[inline(always)]
    fn of(found: &Nearest) -> Self {
        let load = I::Vector::load;
        Self { first: load(&found.first), second: load(&found.second), which: load(&found.which) }
    }

    #[inline(always)]
    fn insert(&mut self, s: I::Vector, centre: usize) {
        let beaten = s.if_less(self.first, self.first, s);
        self.second = beaten.min(self.second);
        self.which = s.if_less(self.first, I::Vector::splat(centre as f64), self.which);
        self.first = s.min(self.first);
    }
}

/// Whole groups of S centres from number `from` on; returns how many centres are done then.
#[inline(always)]
fn some<I: Isa, const S: usize>(
    panel: &[[f64; EIGHT]],
    centres: &[f64],
    start: &[f64],
    from: usize,
    first: usize,
    best: &mut Best<I>,
) -> usize {
    let p = panel.len();
    let mut c = from;
    while c + S <= start.len() {
        // One bound for all of them, so that the loop below has none.
        let rows: [&[f64]; S] = std::array::from_fn(|s| &centres[(c + s) * p..][..p]);
        let mut sums = [I::Vector::zero(); S];
        for (j, x) in panel.iter().enumerate() {
            let x = I::Vector::load(x);
            for s in 0..S {
                sums[s] = sums[s].add_product(x, I::Vector::splat(rows[s][j]));
            }
        }
        for s in 0..S {
            best.insert(I::Vector::splat(start[c + s]).sub(sums[s]), first + c + s);
        }
        c += S;
    }
    c
}

#[inline(always)]
pub(crate) fn centre_distances<T: Real, I: Isa>(
    rows: &[&[T]],
    which: &[u32],
    shift: &[f64],
    centres: &[f64],
    out: &mut [f64],
) {
    let width = shift.len();
    for (i, ((row, which), out)) in rows.iter().zip(which).zip(out).enumerate() {
        if let Some(ahead) = rows.get(i + AHEAD) {
            prefetch(ahead);
        }
        let centre = &centres[*which as usize * width..(*which as usize + 1) * width];
        let (x, x_tail) = row[..width].as_chunks::<EIGHT>();
        let (shift, shift_tail) = shift.as_chunks::<EIGHT>();
        let (c, c_tail) = centre.as_chunks::<EIGHT>();
        let mut sum = I::Vector::zero();
        for ((x, shift), c) in x.iter().zip(shift).zip(c) {
            let d = T::eight::<I>(x).sub(I::Vector::load(shift)).sub(I::Vector::load(c));
            sum = sum.add_product(d, d);
        }
        let mut total = sum.sum();
        for ((x, shift), c) in x_tail.iter().zip(shift_tail).zip(c_tail) {
            let d = x.f64() - shift - c;
            total = d.madd::<I>(d, total);
        }
        *out = total;
    }
}
