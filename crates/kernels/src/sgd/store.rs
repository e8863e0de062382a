//! The vectors of a pass, for rows that are dense and for rows that are sparse.

use crate::{
    isa::{Isa, Vector, prefetch},
    math::Real,
};
use estimand_core::{CsrView, Float};

/// w, w̄ and q of the statement, each empty where there is none.
pub(super) struct Vectors {
    pub(super) coef: Vec<f64>,
    pub(super) mean: Vec<f64>,
    pub(super) received: Vec<f64>,
}

/// The equations of a step, by row number.
pub(super) trait Store {
    /// Asks for a row to be brought near.
    fn ask(&self, row: usize);
    /// xᵢw
    fn dot<I: Isa>(&self, row: usize) -> f64;
    /// ‖xᵢ‖²
    fn square(&self, row: usize) -> f64;
    /// w ← shrink · w + step · xᵢ
    fn step<I: Isa>(&mut self, row: usize, shrink: f64, step: f64);
    /// (3), after u has grown
    fn cut(&mut self, row: usize, u: f64);
    /// w̄ ← w̄ + share · (w − w̄)
    fn average<I: Isa>(&mut self, share: f64);
    /// Leaves w and w̄ as plain vectors.
    fn finish(&mut self);
}

const EIGHT: usize = 8;

/// Rows that have a value for every column.
pub(super) struct Dense<'a, T> {
    pub(super) x: &'a [T],
    pub(super) at: &'a mut Vectors,
}

impl<'a, T> Dense<'a, T> {
    #[inline(always)]
    fn row(&self, row: usize) -> &'a [T] {
        let p = self.at.coef.len();
        &self.x[row * p..][..p]
    }
}

impl<T: Real> Store for Dense<'_, T> {
    #[inline(always)]
    fn ask(&self, row: usize) {
        prefetch(self.row(row));
    }

    #[inline(always)]
    fn dot<I: Isa>(&self, row: usize) -> f64 {
        let (x, x_tail) = self.row(row).as_chunks::<EIGHT>();
        let (w, w_tail) = self.at.coef.as_chunks::<EIGHT>();
        // The tail is added up beside the vectors, not after them.
        let tail = x_tail.iter().zip(w_tail).fold(0.0, |sum, (x, w)| x.f64().madd::<I>(*w, sum));
        let mut sums = [I::Vector::zero(); 4];
        let ((x, x_rest), (w, w_rest)) = (x.as_chunks::<4>(), w.as_chunks::<4>());
        for (x, w) in x.iter().zip(w) {
            for k in 0..4 {
                sums[k] = sums[k].add_product(T::eight::<I>(&x[k]), I::Vector::load(&w[k]));
            }
        }
        for (sum, (x, w)) in sums.iter_mut().zip(x_rest.iter().zip(w_rest)) {
            *sum = sum.add_product(T::eight::<I>(x), I::Vector::load(w));
        }
        sums[0].add(sums[2]).add(sums[1].add(sums[3])).sum() + tail
    }

    #[inline(always)]
    fn square(&self, row: usize) -> f64 {
        self.row(row).iter().map(|x| x.f64() * x.f64()).sum()
    }

    #[inline(always)]
    fn step<I: Isa>(&mut self, row: usize, shrink: f64, step: f64) {
        let (x, x_tail) = self.row(row).as_chunks::<EIGHT>();
        let (w, w_tail) = self.at.coef.as_chunks_mut::<EIGHT>();
        let (shrinks, steps) = (I::Vector::splat(shrink), I::Vector::splat(step));
        for (x, w) in x.iter().zip(w) {
            let shrunk = I::Vector::zero().add_product(shrinks, I::Vector::load(w));
            shrunk.add_product(steps, T::eight::<I>(x)).store(w);
        }
        for (x, w) in x_tail.iter().zip(w_tail) {
            *w = step.madd::<I>(x.f64(), shrink * *w);
        }
    }

    #[inline(always)]
    fn cut(&mut self, _: usize, u: f64) {
        let Vectors { coef, received, .. } = &mut *self.at;
        for (w, q) in coef.iter_mut().zip(received) {
            let near = nearer(*w, u, *q);
            *q += near - *w;
            *w = near;
        }
    }

    #[inline(always)]
    fn average<I: Isa>(&mut self, share: f64) {
        let Vectors { coef, mean, .. } = &mut *self.at;
        mean.iter_mut().zip(coef).for_each(|(mean, w)| *mean = share.madd::<I>(*w - *mean, *mean));
    }

    #[inline(always)]
    fn finish(&mut self) {}
}

/// w brought nearer to zero by the part of u that it has not received yet.
#[inline(always)]
fn nearer(w: f64, u: f64, received: f64) -> f64 {
    let (less, more) = (w - (u + received), w + (u - received));
    // Zero rather than −0 where the penalty takes all of w.
    let down = if less > 0.0 { less } else { 0.0 };
    let up = if more < 0.0 { more } else { 0.0 };
    if w > 0.0 {
        down
    } else if w < 0.0 {
        up
    } else {
        w
    }
}

/// Rows with few values. Where `coef` holds v and `mean` m,
///
/// ```text
/// w = scale · v        w̄ = (m + past · v) / mass        [Bottou12, §5]
/// ```
pub(super) struct Sparse<'a, T> {
    x: CsrView<'a, T>,
    at: &'a mut Vectors,
    scale: f64,
    past: f64,
    mass: f64,
}

/// Scales below this are multiplied out.
const SMALLEST: f64 = 1e-9;

impl<'a, T> Sparse<'a, T> {
    pub(super) fn new(x: CsrView<'a, T>, at: &'a mut Vectors) -> Self {
        Self { x, at, scale: 1.0, past: 0.0, mass: 1.0 }
    }

    /// vⱼ ← vⱼ + by, while w̄ stays.
    #[inline(always)]
    fn shift(&mut self, j: usize, by: f64) {
        self.at.coef[j] += by;
        if self.past != 0.0 {
            self.at.mean[j] -= self.past * by;
        }
    }
}

impl<T: Float> Store for Sparse<'_, T> {
    #[inline(always)]
    fn ask(&self, row: usize) {
        let row = self.x.row(row);
        prefetch(row.indices);
        prefetch(row.values);
    }

    #[inline(always)]
    fn dot<I: Isa>(&self, row: usize) -> f64 {
        self.scale * self.x.row(row).iter().map(|(j, x)| x.f64() * self.at.coef[j]).sum::<f64>()
    }

    #[inline(always)]
    fn square(&self, row: usize) -> f64 {
        self.x.row(row).values.iter().map(|x| x.f64() * x.f64()).sum()
    }

    #[inline(always)]
    fn step<I: Isa>(&mut self, row: usize, shrink: f64, step: f64) {
        self.scale *= shrink;
        if self.scale < SMALLEST {
            self.finish();
        }
        if step != 0.0 {
            let by = step / self.scale;
            self.x.row(row).iter().for_each(|(j, x)| self.shift(j, by * x.f64()));
        }
    }

    #[inline(always)]
    fn cut(&mut self, row: usize, u: f64) {
        for (j, _) in self.x.row(row).iter() {
            let v = self.at.coef[j];
            let (w, q) = (self.scale * v, self.at.received[j]);
            let near = nearer(w, u, q);
            self.at.received[j] = q + (near - w);
            // Not v − … / scale: what is brought to zero has to be zero.
            if near == 0.0 { self.shift(j, -v) } else { self.shift(j, (near - w) / self.scale) }
        }
    }

    #[inline(always)]
    fn average<I: Isa>(&mut self, share: f64) {
        if share == 1.0 {
            self.at.mean.fill(0.0);
            (self.past, self.mass) = (self.scale, 1.0);
        } else {
            self.mass /= 1.0 - share;
            self.past += share * self.mass * self.scale;
        }
    }

    fn finish(&mut self) {
        let (past, mass, scale) = (self.past, self.mass, self.scale);
        let Vectors { coef, mean, .. } = &mut *self.at;
        mean.iter_mut().zip(&*coef).for_each(|(mean, v)| *mean = (*mean + past * v) / mass);
        coef.iter_mut().for_each(|v| *v *= scale);
        (self.scale, self.past, self.mass) = (1.0, 0.0, 1.0);
    }
}
