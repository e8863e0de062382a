//! What boosting makes small, by blocks of rows: values, gradients, hessians; and the constants to begin with.

use estimand_loss::{Loss, Multinomial, Robust, Tweedie};
use ndarray::Array2;

/// A loss of `outputs()` raw predictions per row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Objective {
    /// Squared errors, or two classes.
    Scalar(Loss),
    /// Counts, amounts, waiting times.
    Tweedie(Tweedie),
    /// One output for each.
    Robust(Vec<Robust>),
    /// One output for each class.
    Multinomial(Multinomial),
}

/// What is to be predicted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Truth<'a> {
    /// Numbers; of two classes, 0 and 1.
    Numbers(&'a [f64]),
    /// One of k classes.
    Codes(&'a [u32]),
}

impl<'a> Truth<'a> {
    pub(crate) fn part(self, rows: std::ops::Range<usize>) -> Self {
        match self {
            Self::Numbers(y) => Self::Numbers(&y[rows]),
            Self::Codes(y) => Self::Codes(&y[rows]),
        }
    }

    fn numbers(self) -> &'a [f64] {
        match self {
            Self::Numbers(y) => y,
            Self::Codes(_) => &[],
        }
    }

    fn codes(self) -> &'a [u32] {
        match self {
            Self::Numbers(_) => &[],
            Self::Codes(y) => y,
        }
    }
}

impl Objective {
    pub(crate) fn outputs(&self) -> usize {
        match self {
            Self::Scalar(_) | Self::Tweedie(_) => 1,
            Self::Robust(losses) => losses.len(),
            Self::Multinomial(loss) => loss.classes,
        }
    }

    /// Whether every hessian is 1.
    pub(crate) fn is_flat(&self) -> bool {
        matches!(self, Self::Scalar(Loss::Squared) | Self::Robust(_))
    }

    /// The quantile of what is left over that the leaves of an output take for their values.
    pub(crate) fn renewal(&self, output: usize) -> Option<f64> {
        match self {
            Self::Robust(losses) => losses[output].level(),
            _ => None,
        }
    }

    /// Σ wᵢ ℓ of rows whose raw predictions are `z`, row by row; leaves wᵢ ∂ℓ/∂z in `z`, and wᵢ ∂²ℓ/∂z² in `h`.
    pub(crate) fn gradients(
        &self,
        z: &mut [f64],
        y: Truth<'_>,
        weights: Option<&[f64]>,
        h: &mut [f64],
    ) -> f64 {
        match self {
            Self::Scalar(Loss::Squared) => Loss::Squared.gradient(z, y.numbers(), weights),
            Self::Scalar(loss) => loss.curvature(z, y.numbers(), weights, h),
            Self::Tweedie(loss) => loss.curvature(z, y.numbers(), weights, h),
            Self::Multinomial(loss) => loss.curvature(z, y.codes(), weights, h),
            Self::Robust(losses) => {
                let mut total = 0.0;
                for (i, (z, y)) in z.chunks_exact_mut(losses.len().max(1)).zip(y.numbers()).enumerate() {
                    for (z, loss) in z.iter_mut().zip(losses) {
                        let (value, gradient) = loss.at(y - *z);
                        let w = weights.map_or(1.0, |w| w[i]);
                        total += w * value;
                        *z = w * gradient;
                    }
                }
                total
            }
        }
    }

    /// Predicted means of rows whose raw predictions are `z`: n × outputs; of two classes the probabilities of both.
    pub(crate) fn means(&self, mut z: Vec<f64>) -> Array2<f64> {
        match self {
            Self::Scalar(loss) => loss.mean(&mut z),
            Self::Tweedie(loss) => loss.link.mean(&mut z),
            Self::Multinomial(loss) => loss.mean(&mut z),
            Self::Robust(_) => (),
        }
        if *self == Self::Scalar(Loss::Binomial) {
            z = z.into_iter().flat_map(|p| [1.0 - p, p]).collect();
        }
        let columns = if *self == Self::Scalar(Loss::Binomial) { 2 } else { self.outputs() };
        Array2::from_shape_vec((z.len() / columns, columns), z).unwrap_or_default()
    }

    /// The constant raw predictions that are best, one for each output.
    pub(crate) fn constants(&self, y: Truth<'_>, weights: Option<&[f64]>) -> Vec<f64> {
        let weight = |i: usize| weights.map_or(1.0, |w| w[i]);
        match self {
            Self::Scalar(loss) => vec![loss.link(mean(y.numbers(), weights))],
            Self::Tweedie(loss) => vec![loss.link.of(mean(y.numbers(), weights))],
            Self::Multinomial(loss) => {
                let mut shares = vec![0.0; loss.classes];
                y.codes().iter().enumerate().for_each(|(i, c)| shares[*c as usize] += weight(i));
                let total: f64 = shares.iter().sum();
                shares.iter_mut().for_each(|s| *s /= total);
                loss.link(&shares)
            }
            Self::Robust(losses) => losses
                .iter()
                .map(|loss| {
                    let pairs = y.numbers().iter().enumerate().map(|(i, y)| (*y, weight(i))).collect();
                    quantile(pairs, loss.level().unwrap_or(0.5))
                })
                .collect(),
        }
    }
}

fn mean(y: &[f64], weights: Option<&[f64]>) -> f64 {
    // Differences from the first value lose nothing where the mean is large.
    let first = y.first().copied().unwrap_or_default();
    let (mut sum, mut total) = (0.0, 0.0);
    for (i, y) in y.iter().enumerate() {
        let w = weights.map_or(1.0, |w| w[i]);
        (sum, total) = (sum + w * (y - first), total + w);
    }
    first + sum / total
}

/// The value that a share `level` of the weight lies below: the lowest that has that much at or below it, or halfway to
/// the next where it has exactly as much.
pub(crate) fn quantile(mut values: Vec<(f64, f64)>, level: f64) -> f64 {
    values.retain(|(_, w)| *w > 0.0);
    values.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = level * values.iter().map(|v| v.1).sum::<f64>();
    let mut below = 0.0;
    for (i, (value, weight)) in values.iter().enumerate() {
        below += weight;
        let next = values.get(i + 1).map_or(*value, |next| next.0);
        if below == wanted {
            return value / 2.0 + next / 2.0;
        }
        if below > wanted {
            return *value;
        }
    }
    values.last().map_or(0.0, |last| last.0)
}
