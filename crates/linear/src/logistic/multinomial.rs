//! More than two classes: one column of scores for each, all treated alike.
//!
//! ```text
//! ℓ(z, y) = ln Σⱼ exp zⱼ − z_y      pᵢ = softmax zᵢ      rᵢⱼ = wᵢ (pᵢⱼ − [j = yᵢ])
//! ∇²f = Σ wᵢ (diag pᵢ − pᵢpᵢᵀ) ⊗ aᵢaᵢᵀ
//! ```
//!
//! Nothing changes when the same is added to the scores of all classes, so the Hessian of the losses is singular
//! in that direction, which only a penalty makes unique. The gradient has no part along it. Both methods
//! start without such a part and keep it so: Newton's adds curvature there, which no step feels, and the
//! metric takes the mean over classes off.

use super::design::{Block, Design};
use super::gram::Gram;
use super::problem::{Buffers, Part, Rows, Second, add_second};
use estimand_core::Float;
use estimand_loss::Multinomial;
use ndarray::ArrayViewMut2;
use std::ops::Range;

/// Adds the losses of a block, leaves its residuals in `z`, and adds its second derivatives.
pub(super) fn block<F: Float>(
    design: &Design<'_, F>,
    rows: &Rows<'_>,
    at: Range<usize>,
    block: Block<'_, F>,
    second: Second,
    part: &mut Part,
) {
    let loss = Multinomial { classes: rows.k };
    let (codes, weights) = (rows.codes(at.clone()), rows.weights(at));
    let buffers = &mut part.buffers;
    if second == Second::None {
        part.value += loss.gradient(&mut buffers.z, codes, weights);
        return;
    }
    buffers.h.resize(buffers.z.len(), 0.0);
    if second == Second::Full {
        buffers.h.copy_from_slice(&buffers.z);
        loss.mean(&mut buffers.h);
        add_cross(design, rows.k, block, weights, part);
    }
    let buffers = &mut part.buffers;
    part.value += loss.curvature(&mut buffers.z, codes, weights, &mut buffers.h);
    add_second(design, block, second, rows.k, part);
}

/// Σ wᵢ (aᵢ ⊗ pᵢ)(aᵢ ⊗ pᵢ)ᵀ is added, for the probabilities in `h`.
fn add_cross<F: Float>(
    design: &Design<'_, F>,
    k: usize,
    block: Block<'_, F>,
    weights: Option<&[f64]>,
    part: &mut Part,
) {
    let Part { cross: Some(cross), buffers, .. } = part else { return };
    let Buffers { h, y, wide, products, cross_panels, .. } = buffers;
    let (p, width) = (design.ncols(), design.width());
    products.clear();
    for (x, h) in block.dense(p, wide).chunks_exact(p).zip(h.chunks_exact(k)) {
        x.iter().zip(&design.centre).for_each(|(x, c)| products.extend(h.iter().map(|h| (x - c) * h)));
        if design.intercept {
            products.extend_from_slice(h);
        }
    }
    y.clear();
    match weights {
        Some(w) => y.extend_from_slice(w),
        None => y.resize(h.len() / k, 1.0),
    }
    cross.add(products, &vec![0.0; width * k], y, cross_panels);
}

/// The Hessian of the losses from its blocks on the diagonal and from Σ wᵢ (aᵢ ⊗ pᵢ)(aᵢ ⊗ pᵢ)ᵀ, with curvature
/// added where it is singular.
pub(super) fn hessian(grams: &[Gram], cross: &Gram, scale: f64, mut hessian: ArrayViewMut2<'_, f64>) {
    let k = grams.len();
    hessian.assign(&cross.matrix(-scale));
    for (class, gram) in grams.iter().enumerate() {
        let block = gram.matrix(scale);
        block.indexed_iter().for_each(|((i, j), v)| hessian[[i * k + class, j * k + class]] = *v);
    }
    for j in 0..hessian.nrows() / k {
        let range = j * k..(j + 1) * k;
        let mean = range.clone().map(|c| hessian[[c, c]]).sum::<f64>() / (k * k) as f64;
        hessian.slice_mut(ndarray::s![range.clone(), range]).iter_mut().for_each(|h| *h += mean);
    }
}
