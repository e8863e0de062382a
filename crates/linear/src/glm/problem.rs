//! The objective as a function of β, computed in one pass over the records for each evaluation.
//!
//! ```text
//! f(β) = (1/ω) Σ ωᵢ ℓ(aᵢβ + oᵢ, yᵢ) + (α/2) ‖w‖² + s
//! ∇f   = (1/ω) Aᵀr + α (w, 0)                          rᵢ = ωᵢ ∂ℓ/∂z
//! ∇²f  = (1/ω) Aᵀ diag(ωᵢ h) A + α (I, 0)              h = ∂²ℓ/∂z², or its expectation where ℓ is not convex
//! ```
//!
//! s makes f half the mean deviance plus the size of the terms of ℓ, by which the line search judges rounding.

use super::Glm;
use crate::logistic::design::{Block, Design};
use crate::logistic::gram::{Gram, Panels};
use crate::logistic::metric::Metric;
use estimand_core::{Float, Records, Typed};
use estimand_kernels as kernels;
use estimand_loss::Tweedie;
use estimand_optim::{Curved, Objective};
use estimand_par as par;
use ndarray::{ArrayView1, ArrayViewMut2};
use std::borrow::Cow;
use std::ops::Range;

/// What the passes know of the rows beside the records.
pub(super) struct Rows<'y> {
    pub(super) y: Cow<'y, [f64]>,
    pub(super) weights: Option<Cow<'y, [f64]>>,
    pub(super) offset: Option<Cow<'y, [f64]>>,
}

impl Rows<'_> {
    pub(super) fn weight(&self, i: usize) -> f64 {
        self.weights.as_ref().map_or(1.0, |w| w[i])
    }

    fn offset(&self, i: usize) -> f64 {
        self.offset.as_ref().map_or(0.0, |o| o[i])
    }

    /// Σ ωᵢ f(i)
    fn total(&self, f: impl Fn(usize) -> f64) -> f64 {
        // Rows without weight may hold what f cannot take.
        (0..self.y.len()).map(|i| (self.weight(i), i)).filter(|(w, _)| *w > 0.0).map(|(w, i)| w * f(i)).sum()
    }

    /// The rows with these numbers, each with so many times its weight.
    pub(super) fn select(&self, rows: &[usize], times: f64) -> Rows<'static> {
        let pick = |v: &[f64]| rows.iter().map(|i| v[*i]).collect::<Vec<f64>>();
        Rows {
            y: pick(&self.y).into(),
            weights: Some(rows.iter().map(|i| times * self.weight(*i)).collect::<Vec<_>>().into()),
            offset: self.offset.as_deref().map(|o| pick(o).into()),
        }
    }
}

/// As `f64`, borrowed where it is so already.
pub(super) fn widen<'a, F: Float>(v: ArrayView1<'a, F>) -> Cow<'a, [f64]> {
    match v.to_slice().map(F::typed) {
        Some(Typed::F64(v)) => v.into(),
        _ => v.iter().map(|v| v.f64()).collect::<Vec<_>>().into(),
    }
}

/// How much of the second derivatives a pass is to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    None,
    Diagonal,
    Full,
}

/// Records, targets, weights, offsets and penalty, with the buffers of the passes.
pub(super) struct Problem<'a, 'y, F> {
    pub(super) design: Design<'a, F>,
    pub(super) rows: Rows<'y>,
    loss: Tweedie,
    /// ω
    pub(super) total: f64,
    /// α
    penalty: f64,
    /// The link of the mean, the best z that is the same for all rows.
    pub(super) level: f64,
    /// The part of s that is the size of the terms.
    pub(super) size_of_terms: f64,
    /// s
    shift: f64,
    chunk: usize,
    parts: Vec<Part>,
    /// The last point, for which value and gradient need not be computed again.
    last: (Vec<f64>, f64, Vec<f64>),
    pub(super) metric: Option<Metric>,
}

/// The sums over one part of the rows, and the buffers of one block.
#[derive(Default)]
struct Part {
    value: f64,
    gradient: Vec<f64>,
    squares: Vec<f64>,
    gram: Option<Gram>,
    z: Vec<f64>,
    h: Vec<f64>,
    /// Rows that had to be copied, and sparse ones, written out.
    rows: Vec<f64>,
    wide: Vec<f64>,
    panels: Panels,
}

impl Part {
    fn clear(&mut self, width: usize, second: Second) {
        let zeros = |v: &mut Vec<f64>| {
            v.clear();
            v.resize(width, 0.0);
        };
        self.value = 0.0;
        zeros(&mut self.gradient);
        match second {
            Second::None => (),
            Second::Diagonal => zeros(&mut self.squares),
            Second::Full => self.gram.get_or_insert_with(|| Gram::new(width)).clear(),
        }
    }

    fn add(&mut self, other: &Self, second: Second) {
        let add = |a: &mut [f64], b: &[f64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        self.value += other.value;
        add(&mut self.gradient, &other.gradient);
        match (second, &mut self.gram, &other.gram) {
            (Second::Diagonal, ..) => add(&mut self.squares, &other.squares),
            (Second::Full, Some(a), Some(b)) => a.add_sums(b),
            _ => (),
        }
    }

    /// Adds the losses of a block of rows and their derivatives. `z` holds the scores.
    fn block<F: Float>(
        &mut self,
        design: &Design<'_, F>,
        rows: &Rows<'_>,
        at: Range<usize>,
        x: Block<'_, F>,
        loss: Tweedie,
        second: Second,
    ) {
        let Self { value, gradient, squares, gram, z, h, wide, panels, .. } = self;
        if let Some(offset) = &rows.offset {
            kernels::axpy(1.0, &offset[at.clone()], z);
        }
        let (y, weights) = (&rows.y[at.clone()], rows.weights.as_ref().map(|w| &w[at]));
        // The mean of a row without weight may overflow, and no weight makes of that a zero.
        if let Some(weights) = weights {
            z.iter_mut().zip(weights).filter(|(_, w)| **w == 0.0).for_each(|(z, _)| *z = 1.0);
        }
        if second == Second::None {
            *value += loss.gradient(z, y, weights);
        } else {
            h.resize(z.len(), 0.0);
            *value += if loss.is_convex() {
                loss.curvature(z, y, weights, h)
            } else {
                loss.information(z, y, weights, h)
            };
            match (second, gram) {
                (Second::Full, Some(gram)) => {
                    gram.add(x.dense(design.ncols(), wide), &design.centre, h, panels)
                }
                _ => x.add_squares(h, 1, &design.centre, squares),
            }
        }
        x.add_gradient(z, 1, design.ncols(), gradient);
    }
}

/// Parts are at most so many, and their sums at most so many numbers in all.
const PARTS: usize = 64;
const NUMBERS: usize = 1 << 22;

impl<'a, 'y, F: Float> Problem<'a, 'y, F> {
    /// The problem of these records; `second` is the most that will be asked of the second derivatives.
    pub(super) fn new(x: Records<'a, F>, rows: Rows<'y>, settings: &Glm, second: Second) -> Self {
        let design = Design::new(x, settings.fit_intercept);
        let (n, width) = (design.nrows(), design.width());
        let cost = design.density() / 2 + 4;
        let numbers = if second == Second::Full { width * width } else { width };
        // Adding the parts must cost little beside the pass, and their sums must not fill the memory.
        let most = PARTS.min(n * cost / (4 * width) + 1).min(NUMBERS / numbers + 4);
        let chunk = par::chunk_len_at_most(n, cost, most);
        let loss = settings.loss;
        let total = rows.total(|_| 1.0);
        // With μᵢ = m exp(oᵢ) the sums of y and μ agree, and with μᵢ = m + oᵢ.
        let level = match loss.link {
            estimand_loss::Link::Log => {
                (rows.total(|i| rows.y[i]) / rows.total(|i| rows.offset(i).exp())).ln()
            }
            estimand_loss::Link::Identity => rows.total(|i| rows.y[i] - rows.offset(i)) / total,
        };
        let mean = rows.total(|i| rows.y[i]) / total;
        let size_of_terms = if loss.power == 0.0 { 0.0 } else { mean.powf(2.0 - loss.power) };
        let shift = size_of_terms - rows.total(|i| loss.minimum(rows.y[i])) / total;
        let parts = std::iter::repeat_with(Part::default).take(n.div_ceil(chunk)).collect();
        let last = (Vec::new(), f64::NAN, Vec::new());
        let penalty = settings.alpha;
        Self {
            design,
            rows,
            loss,
            total,
            penalty,
            level,
            size_of_terms,
            shift,
            chunk,
            parts,
            last,
            metric: None,
        }
    }

    /// No coefficients, and the intercept that suits most.
    pub(super) fn start(&self) -> Vec<f64> {
        let mut beta = vec![0.0; self.design.width()];
        if let (true, Some(b)) = (self.design.intercept, beta.last_mut()) {
            *b = self.level;
        }
        beta
    }

    /// f(β), and the sums of all parts in the first of them.
    fn pass(&mut self, beta: &[f64], gradient: &mut [f64], second: Second) -> f64 {
        if second == Second::None && self.last.0 == beta {
            gradient.copy_from_slice(&self.last.2);
            return self.last.1;
        }
        let Self { design, rows, chunk, parts, loss, .. } = self;
        let mut offset = [0.0];
        design.offset(beta, &mut offset);
        let (n, p) = (design.nrows(), design.ncols());
        par::for_each_chunk_mut(parts, 1, |number, part| {
            let Some(part) = part.first_mut() else { return };
            part.clear(design.width(), second);
            let mut copied = std::mem::take(&mut part.rows);
            design.blocks(number * *chunk..n.min((number + 1) * *chunk), &mut copied, |at, block| {
                part.z.resize(at.len(), 0.0);
                block.scores(&beta[..p], &offset, &mut part.z);
                part.block(design, rows, at, block, *loss, second);
            });
            part.rows = copied;
        });
        let Some((sums, others)) = parts.split_first_mut() else { return f64::NAN };
        others.iter().for_each(|part| sums.add(part, second));
        if second == Second::Diagonal {
            design.centre_squares(&mut sums.squares, 1);
        }
        gradient.copy_from_slice(&sums.gradient);
        design.centre_gradient(gradient, 1);
        gradient.iter_mut().for_each(|g| *g /= self.total);
        let w = &beta[..p];
        gradient.iter_mut().zip(w).for_each(|(g, w)| *g += self.penalty * w);
        let penalty = 0.5 * self.penalty * w.iter().map(|w| w * w).sum::<f64>();
        let value = sums.value / self.total + self.shift + penalty;
        self.last.0.clear();
        self.last.0.extend_from_slice(beta);
        self.last.1 = value;
        self.last.2.clear();
        self.last.2.extend_from_slice(gradient);
        value
    }

    /// The metric of the second derivatives at β.
    pub(super) fn measure(&mut self, beta: &[f64], second: Second) -> Option<Metric> {
        let mut gradient = vec![0.0; beta.len()];
        self.pass(beta, &mut gradient, second);
        let (sums, penalised) = (self.parts.first()?, self.design.ncols());
        match second {
            Second::None => None,
            Second::Diagonal => {
                Metric::diagonal(sums.squares.iter().map(|s| s / self.total), self.penalty, penalised)
            }
            Second::Full => {
                let gram = sums.gram.as_ref()?.matrix(1.0 / self.total);
                Metric::blocks(std::iter::once(gram), self.penalty, penalised)
            }
        }
    }
}

impl<F: Float> Objective for Problem<'_, '_, F> {
    fn gradient(&mut self, beta: &[f64], gradient: &mut [f64]) -> f64 {
        self.pass(beta, gradient, Second::None)
    }

    fn precondition(&mut self, v: &mut [f64]) -> bool {
        self.metric.as_mut().is_some_and(|metric| {
            metric.solve(v);
            true
        })
    }

    /// The largest derivative with respect to coefficients of X as it is, not as it is centred.
    fn gradient_norm(&self, gradient: &[f64]) -> f64 {
        let mut raw = gradient.to_vec();
        self.design.raw_gradient(&mut raw, 1);
        raw.iter().fold(0.0, |max: f64, g| if g.abs() <= max { max } else { g.abs() })
    }
}

impl<F: Float> Curved for Problem<'_, '_, F> {
    fn hessian(&mut self, beta: &[f64], gradient: &mut [f64], mut hessian: ArrayViewMut2<'_, f64>) -> f64 {
        let value = self.pass(beta, gradient, Second::Full);
        match self.parts.first().and_then(|sums| sums.gram.as_ref()) {
            Some(gram) => hessian.assign(&gram.matrix(1.0 / self.total)),
            None => hessian.fill(f64::NAN),
        }
        hessian.diag_mut().iter_mut().take(self.design.ncols()).for_each(|d| *d += self.penalty);
        value
    }
}
