//! The objective as a function of β, computed in one pass over the records for each evaluation.
//!
//! ```text
//! f(β) = (1/ω) Σ wᵢ ℓ(aᵢβ, yᵢ) + (λ/2) ‖W‖²      ω = Σ wᵢ    λ = 1 / (C ω)
//! ∇f   = (1/ω) Aᵀr + λ (W, 0)                     rᵢ = wᵢ ∂ℓ/∂z
//! ∇²f  = (1/ω) Aᵀ D A + λ (I, 0)                  D: see `binary`, `multinomial`
//! ```
//! This is the part of the objective that is smooth: where the penalty has an L1 part, λ is λ (1 − ρ).
//!
//! The rows are cut into parts, and those into blocks; a part has its own sums and its own buffers, allocated
//! once, and the parts are added in order.

use super::design::{Block, Design};
use super::gram::{Gram, Panels};
use super::{LogisticRegression, binary, metric::Metric, multinomial};
use estimand_core::{Codes, Float, Records};
use estimand_loss::{Loss, Multinomial};
use estimand_optim::{Curved, Objective};
use estimand_par as par;
use ndarray::{ArrayView1, ArrayViewMut2, CowArray, Ix1};
use std::ops::Range;

/// Records, classes, weights and penalty, with the buffers of the passes.
pub(super) struct Problem<'a, 'y, F> {
    pub(super) design: Design<'a, F>,
    pub(super) rows: Rows<'y>,
    /// ω
    pub(super) total: f64,
    /// λ (1 − ρ)
    pub(super) penalty: f64,
    /// Probabilities at the start, one for each column of scores.
    shares: Vec<f64>,
    pub(super) chunk: usize,
    pub(super) parts: Vec<Part>,
    /// The last point, for which value and gradient need not be computed again.
    last: (Vec<f64>, f64, Vec<f64>),
    pub(super) metric: Option<Metric>,
}

/// What the passes know of the rows beside the records.
pub(super) struct Rows<'y> {
    pub(super) codes: CowArray<'y, u32, Ix1>,
    pub(super) weights: Option<Vec<f64>>,
    /// Columns of scores: 1 for two classes, else one per class.
    pub(super) k: usize,
}
impl Rows<'_> {
    pub(super) fn codes(&self, rows: Range<usize>) -> &[u32] {
        self.codes.as_slice().map_or(&[], |codes| &codes[rows])
    }
    pub(super) fn weights(&self, rows: Range<usize>) -> Option<&[f64]> {
        self.weights.as_ref().map(|w| &w[rows])
    }
}

/// How much of the second derivatives a pass is to compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Second {
    /// Nothing.
    None,
    /// The diagonal.
    Diagonal,
    /// One block for all classes, Σ wᵢ aᵢaᵢᵀ: all there is to know where the probabilities are the same in all rows.
    Common,
    /// The blocks that belong to one class each.
    Blocks,
    /// Everything.
    Full,
}

/// The sums over one part of the rows, and the buffers of one block.
#[derive(Default)]
pub(super) struct Part {
    pub(super) value: f64,
    /// q × k
    pub(super) gradient: Vec<f64>,
    /// q × k: Σ dᵢ aᵢⱼ²
    pub(super) squares: Vec<f64>,
    /// One per column of scores.
    pub(super) grams: Vec<Gram>,
    /// Σ wᵢ (aᵢ ⊗ pᵢ)(aᵢ ⊗ pᵢ)ᵀ, for more than two classes.
    pub(super) cross: Option<Gram>,
    pub(super) buffers: Buffers,
    rows: Vec<f64>,
}

/// What is computed for the rows of one block.
#[derive(Default)]
pub(super) struct Buffers {
    /// Scores, then residuals: rows × k.
    pub(super) z: Vec<f64>,
    /// Second derivatives: rows × k.
    pub(super) h: Vec<f64>,
    /// Labels 0 and 1, or other things of one row each.
    pub(super) y: Vec<f64>,
    /// Sparse rows, written out.
    pub(super) wide: Vec<f64>,
    /// Kronecker products of rows and probabilities.
    pub(super) products: Vec<f64>,
    pub(super) panels: Panels,
    pub(super) cross_panels: Panels,
}

impl Part {
    fn clear(&mut self, n: usize, width: usize, k: usize, second: Second) {
        self.value = 0.0;
        refill(&mut self.gradient, n);
        match second {
            Second::None => (),
            Second::Diagonal => refill(&mut self.squares, n),
            Second::Common | Second::Blocks | Second::Full => {
                self.grams.resize_with(if second == Second::Common { 1 } else { k }, || Gram::new(width));
                self.grams.iter_mut().for_each(Gram::clear);
                if second == Second::Full && k > 1 {
                    self.cross.get_or_insert_with(|| Gram::new(n)).clear();
                }
            }
        }
    }

    fn add(&mut self, other: &Self, second: Second) {
        let add = |a: &mut [f64], b: &[f64]| a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
        self.value += other.value;
        add(&mut self.gradient, &other.gradient);
        if second == Second::Diagonal {
            add(&mut self.squares, &other.squares);
        } else if second != Second::None {
            self.grams.iter_mut().zip(&other.grams).for_each(|(a, b)| a.add_sums(b));
            if let (Second::Full, Some(a), Some(b)) = (second, &mut self.cross, &other.cross) {
                a.add_sums(b);
            }
        }
    }

    /// Sums over all rows what `add` adds to the gradient of a block, in parallel, part by part: `add(rows,
    /// block, gradient)`.
    pub(super) fn sum_gradients<F: Float>(
        parts: &mut [Self],
        design: &Design<'_, F>,
        chunk: usize,
        k: usize,
        gradient: &mut [f64],
        add: impl Fn(Range<usize>, Block<'_, F>, &mut [f64]) + Sync,
    ) {
        let n = design.nrows();
        par::for_each_chunk_mut(parts, 1, |number, part| {
            let Some(part) = part.first_mut() else { return };
            part.clear(gradient.len(), design.width(), k, Second::None);
            let Self { gradient, rows, .. } = part;
            design.blocks(number * chunk..n.min((number + 1) * chunk), rows, |at, block| {
                add(at, block, gradient)
            });
        });
        if let Some((sums, others)) = parts.split_first_mut() {
            others.iter().for_each(|part| sums.add(part, Second::None));
            gradient.copy_from_slice(&sums.gradient);
        }
    }
}

pub(super) fn refill(buffer: &mut Vec<f64>, n: usize) {
    buffer.clear();
    buffer.resize(n, 0.0);
}

/// Parts are at most so many, and their sums at most so many numbers in all.
const PARTS: usize = 64;
const NUMBERS: usize = 1 << 22;

impl<'a, 'y, F: Float> Problem<'a, 'y, F> {
    /// The problem of these records, with `k` columns of scores; `second` is the most that will be asked of the
    /// second derivatives.
    pub(super) fn new(
        x: Records<'a, F>,
        y: Codes<'y>,
        k: usize,
        weights: Option<ArrayView1<'_, F>>,
        settings: &LogisticRegression,
        second: Second,
    ) -> Self {
        let weights = weights.map(|w| w.iter().map(|w| w.f64()).collect::<Vec<f64>>());
        let total = weights.as_ref().map_or(x.nrows() as f64, |w| w.iter().sum());
        let codes = if y.y.as_slice().is_some() { y.y.into() } else { y.y.to_owned().into() };
        let rows = Rows { codes, weights, k };
        let design = Design::new(x, settings.fit_intercept);
        let (n, size) = (design.nrows(), design.width() * k);
        let cost = design.density() * k / 2 + 4 * k;
        let numbers = match second {
            Second::None | Second::Diagonal => size,
            Second::Common | Second::Blocks => size * design.width(),
            Second::Full => size * (design.width() + size),
        };
        // Adding the parts must cost little beside the pass, and their sums must not fill the memory.
        let most = PARTS.min(n * cost / (4 * size) + 1).min(NUMBERS / numbers + 4);
        let chunk = par::chunk_len_at_most(n, cost, most);
        let parts = std::iter::repeat_with(Part::default).take(n.div_ceil(chunk)).collect();
        let mut shares = vec![if settings.fit_intercept { 0.0 } else { 1.0 / y.k as f64 }; y.k];
        if settings.fit_intercept {
            for (i, code) in rows.codes.iter().enumerate() {
                shares[*code as usize] += rows.weights.as_ref().map_or(1.0, |w| w[i]) / total;
            }
        }
        let last = (Vec::new(), f64::NAN, Vec::new());
        Self {
            design,
            rows,
            total,
            penalty: (1.0 - settings.l1_ratio) / (settings.c * total),
            shares,
            chunk,
            parts,
            last,
            metric: None,
        }
    }

    /// Variables: q k.
    pub(super) fn size(&self) -> usize {
        self.design.width() * self.rows.k
    }

    /// Intercepts that give every row the shares of the classes, and no coefficients.
    pub(super) fn start(&self) -> Vec<f64> {
        let mut beta = vec![0.0; self.design.ncols() * self.rows.k];
        match (self.design.intercept, self.rows.k) {
            (false, _) => (),
            (true, 1) => beta.push(Loss::Binomial.link(self.shares[1])),
            (true, classes) => beta.extend(Multinomial { classes }.link(&self.shares)),
        }
        beta
    }

    /// f at the start.
    pub(super) fn start_value(&self) -> f64 {
        // Without an intercept the classes are equally probable in every row, whatever their shares.
        self.shares.iter().map(|share| -share * share.ln()).sum()
    }

    /// f(β)
    pub(super) fn value(&mut self, beta: &[f64]) -> f64 {
        self.pass(beta, &mut vec![0.0; beta.len()], Second::None)
    }

    /// The smallest weight above 0.
    pub(super) fn lightest(&self) -> f64 {
        self.rows
            .weights
            .as_ref()
            .map_or(1.0, |w| w.iter().copied().filter(|w| *w > 0.0).fold(f64::INFINITY, f64::min))
    }

    /// f(β), and the sums of all parts in the first of them.
    fn pass(&mut self, beta: &[f64], gradient: &mut [f64], second: Second) -> f64 {
        let (size, k) = (self.size(), self.rows.k);
        if second == Second::None && self.last.0 == beta {
            gradient.copy_from_slice(&self.last.2);
            return self.last.1;
        }
        let Self { design, rows, chunk, parts, .. } = self;
        let mut offset = vec![0.0; k];
        design.offset(beta, &mut offset);
        let (n, p) = (design.nrows(), design.ncols());
        par::for_each_chunk_mut(parts, 1, |number, part| {
            let Some(part) = part.first_mut() else { return };
            part.clear(size, design.width(), k, second);
            let mut copied = std::mem::take(&mut part.rows);
            design.blocks(number * *chunk..n.min((number + 1) * *chunk), &mut copied, |at, block| {
                part.buffers.z.resize(at.len() * k, 0.0);
                block.scores(&beta[..p * k], &offset, &mut part.buffers.z);
                let second = if second == Second::Common {
                    part.buffers.h.clear();
                    part.buffers.h.extend(at.clone().map(|i| rows.weights.as_ref().map_or(1.0, |w| w[i])));
                    add_second(design, block, second, 1, part);
                    Second::None
                } else {
                    second
                };
                match k {
                    1 => binary::block(design, rows, at, block, second, part),
                    _ => multinomial::block(design, rows, at, block, second, part),
                }
                block.add_gradient(&part.buffers.z, k, p, &mut part.gradient);
            });
            part.rows = copied;
        });
        let Some((sums, others)) = parts.split_first_mut() else { return f64::NAN };
        others.iter().for_each(|part| sums.add(part, second));
        if second == Second::Diagonal {
            design.centre_squares(&mut sums.squares, k);
        }
        gradient.copy_from_slice(&sums.gradient);
        design.centre_gradient(gradient, k);
        gradient.iter_mut().for_each(|g| *g /= self.total);
        let w = &beta[..p * k];
        gradient.iter_mut().zip(w).for_each(|(g, w)| *g += self.penalty * w);
        let value = sums.value / self.total + 0.5 * self.penalty * w.iter().map(|w| w * w).sum::<f64>();
        self.last.0.clear();
        self.last.0.extend_from_slice(beta);
        self.last.1 = value;
        self.last.2.clear();
        self.last.2.extend_from_slice(gradient);
        value
    }

    /// Aβ, rows × k
    pub(super) fn scores(&self, beta: &[f64]) -> Vec<f64> {
        let (k, p) = (self.rows.k, self.design.ncols());
        let mut offset = vec![0.0; k];
        self.design.offset(beta, &mut offset);
        let mut z = vec![0.0; self.design.nrows() * k];
        par::for_each_chunk_mut(&mut z, self.chunk * k, |first, z| {
            let (first, mut copied) = (first / k, Vec::new());
            self.design.blocks(first..first + z.len() / k, &mut copied, |at, block| {
                let z = &mut z[(at.start - first) * k..(at.end - first) * k];
                block.scores(&beta[..p * k], &offset, z);
            });
        });
        z
    }

    /// max |aᵢβ| over all rows and columns of scores.
    pub(super) fn largest_score(&self, beta: &[f64]) -> f64 {
        let (k, p) = (self.rows.k, self.design.ncols());
        let mut offset = vec![0.0; k];
        self.design.offset(beta, &mut offset);
        let largest = |rows| {
            let (mut largest, mut copied, mut z) = (0.0_f64, Vec::new(), Vec::new());
            self.design.blocks(rows, &mut copied, |at, block| {
                z.resize(at.len() * k, 0.0);
                block.scores(&beta[..p * k], &offset, &mut z);
                largest = z.iter().fold(largest, |max, z| max.max(z.abs()));
            });
            largest
        };
        par::reduce(self.design.nrows(), self.chunk, largest, f64::max).unwrap_or(0.0)
    }

    /// The metric of the second derivatives at β; of `Common` ones, at the start.
    pub(super) fn measure(&mut self, beta: &[f64], second: Second) -> Option<Metric> {
        let mut gradient = vec![0.0; self.size()];
        self.pass(beta, &mut gradient, second);
        let (sums, penalised) = (self.parts.first()?, self.design.ncols());
        match second {
            Second::None => None,
            Second::Diagonal => {
                let squares = sums.squares.iter().map(|s| s / self.total);
                Metric::diagonal(squares, self.penalty, penalised * self.rows.k)
            }
            Second::Common => {
                let gram = sums.grams.first()?.matrix(1.0 / self.total);
                let shares = self.shares.iter().take(self.rows.k);
                Metric::blocks(shares.map(|share| &gram * (share * (1.0 - share))), self.penalty, penalised)
            }
            Second::Blocks | Second::Full => Metric::blocks(
                sums.grams.iter().map(|gram| gram.matrix(1.0 / self.total)),
                self.penalty,
                penalised,
            ),
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
        self.design.raw_gradient(&mut raw, self.rows.k);
        raw.iter().fold(0.0, |max: f64, g| if g.abs() <= max { max } else { g.abs() })
    }
}

impl<F: Float> Curved for Problem<'_, '_, F> {
    fn hessian(&mut self, beta: &[f64], gradient: &mut [f64], mut hessian: ArrayViewMut2<'_, f64>) -> f64 {
        let value = self.pass(beta, gradient, Second::Full);
        if let Some(sums) = self.parts.first() {
            match (&sums.grams[..], &sums.cross) {
                ([gram], _) => hessian.assign(&gram.matrix(1.0 / self.total)),
                (grams, Some(cross)) => {
                    multinomial::hessian(grams, cross, 1.0 / self.total, hessian.view_mut())
                }
                _ => hessian.fill(f64::NAN),
            }
        }
        hessian
            .diag_mut()
            .iter_mut()
            .take(self.design.ncols() * self.rows.k)
            .for_each(|d| *d += self.penalty);
        value
    }
}

/// Adds the second derivatives `h` of a block to the sums.
pub(super) fn add_second<F: Float>(
    design: &Design<'_, F>,
    block: Block<'_, F>,
    second: Second,
    k: usize,
    part: &mut Part,
) {
    let Part { squares, grams, buffers, .. } = part;
    let Buffers { h, y, wide, panels, .. } = buffers;
    match second {
        Second::None => (),
        Second::Diagonal => block.add_squares(h, k, &design.centre, squares),
        Second::Common | Second::Blocks | Second::Full => {
            let x = block.dense(design.ncols(), wide);
            for (class, gram) in grams.iter_mut().enumerate() {
                y.clear();
                y.extend(h.iter().skip(class).step_by(k));
                gram.add(x, &design.centre, y, panels);
            }
        }
    }
}
