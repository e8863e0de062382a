//! Covariance functions: what a Gaussian process takes for alike, as values that are added, multiplied and raised to
//! powers.
//!
//! ```text
//! s = Σⱼ (xⱼ − zⱼ)² / ℓⱼ²         one ℓ for all columns, or one for each
//!
//! constant            c                              rbf                 exp(−s / 2)
//! white               c where x and z are one        Matérn ½            exp(−√s)
//!                     and the same row, else 0       Matérn 3⁄2          (1 + r) exp(−r),            r = √3s
//! dot product         σ₀² + xᵀz                      Matérn 5⁄2          (1 + r + r²/3) exp(−r),     r = √5s
//! exp-sine-squared    exp(−2 sin²(π ‖x − z‖ / P) / ℓ²)                   rational quadratic  (1 + s / 2α)^(−α)
//! ```
//!
//! A covariance is written as it reads, and its hyper-parameters are logarithms within bounds, or fixed:
//!
//! ```
//! use estimand_gaussian_process::{Covariance, Hyperparameter, Smoothness};
//!
//! let trend = Covariance::constant(4.0) * Covariance::rbf(10.0);
//! let season = Covariance::exp_sine_squared(1.0, Hyperparameter::new(12.0).fixed());
//! let noise = Covariance::white(Hyperparameter::new(0.1).bounds(1e-3, 1.0));
//! let rough = Covariance::matern([1.0, 5.0], Smoothness::ThreeHalves); // one length for each of two columns
//! let covariance = trend + season * rough.powf(2.0) + noise;
//! assert_eq!(covariance.theta().len(), 2 + 1 + 2 + 1); // the period is not learnt
//! ```
//!
//! Values and gradients come row by row: a term is computed for a few hundred pairs, then the next one; derivatives go
//! the same way back. No matrix is formed for a hyper-parameter. Costs O(p) for each pair and term.
//!
//! **Differs from scikit-learn.** Any length may be one of a Matérn of any column. There is no pairwise or compound kernel.

mod matrix;
mod program;
#[cfg(test)]
mod tests;

pub(crate) use matrix::Table;
pub(crate) use program::Program;

use estimand_core::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::ops::{Add, Mul};

/// A positive number that a covariance depends on: learnt within bounds, or fixed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hyperparameter {
    value: f64,
    bounds: Option<(f64, f64)>,
}

impl Hyperparameter {
    /// A value that is learnt between 1e-5 and 1e5.
    pub fn new(value: f64) -> Self {
        Self { value, bounds: Some((1e-5, 1e5)) }
    }

    /// The same between these bounds.
    #[must_use]
    pub fn bounds(self, low: f64, high: f64) -> Self {
        Self { bounds: Some((low, high)), ..self }
    }

    /// The same, not learnt.
    #[must_use]
    pub fn fixed(self) -> Self {
        Self { bounds: None, ..self }
    }

    /// The present value.
    pub fn value(&self) -> f64 {
        self.value
    }

    fn check(&self, zero: bool) -> Result<()> {
        let allowed = match self.bounds {
            Some((low, high)) if !(low > 0.0 && low <= high && high.is_finite()) => {
                return Err(Error::parameter(
                    "bounds",
                    format!("{low}, {high}"),
                    "two positive numbers, the lower one first",
                ));
            }
            None if zero => self.value >= 0.0,
            _ => self.value > 0.0,
        };
        match allowed && self.value.is_finite() {
            true => Ok(()),
            false => Err(Error::parameter("hyper-parameter", self.value, "a positive number")),
        }
    }
}
impl From<f64> for Hyperparameter {
    fn from(value: f64) -> Self {
        Self::new(value)
    }
}

/// One length scale for all columns, or one for each.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LengthScale {
    /// ℓ for all columns.
    One(Hyperparameter),
    /// ℓⱼ for column j: a column with a long one hardly counts.
    Each(Vec<Hyperparameter>),
}
impl<P: Into<Hyperparameter>> From<P> for LengthScale {
    fn from(value: P) -> Self {
        Self::One(value.into())
    }
}
impl<P: Into<Hyperparameter>, const N: usize> From<[P; N]> for LengthScale {
    fn from(values: [P; N]) -> Self {
        Self::Each(values.into_iter().map(Into::into).collect())
    }
}
impl<P: Into<Hyperparameter>> From<Vec<P>> for LengthScale {
    fn from(values: Vec<P>) -> Self {
        Self::Each(values.into_iter().map(Into::into).collect())
    }
}

/// ν of a Matérn covariance: how often its functions can be differentiated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Smoothness {
    /// ν = ½: continuous, rough.
    Half,
    /// ν = 3⁄2: once.
    ThreeHalves,
    /// ν = 5⁄2: twice.
    FiveHalves,
    /// ν = ∞: always; the same as [`Covariance::rbf`].
    Infinite,
}

/// One step of a covariance in postfix order: an operator takes the one or two values before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Term {
    Constant(Hyperparameter),
    White(Hyperparameter),
    Rbf(LengthScale),
    Matern(LengthScale, Smoothness),
    RationalQuadratic(Hyperparameter, Hyperparameter),
    ExpSineSquared(Hyperparameter, Hyperparameter),
    DotProduct(Hyperparameter),
    Sum,
    Product,
    Power(f64),
}

impl Term {
    fn parameters(&self) -> &[Hyperparameter] {
        match self {
            Self::Constant(a) | Self::White(a) | Self::DotProduct(a) => std::slice::from_ref(a),
            Self::Rbf(scale) | Self::Matern(scale, _) => match scale {
                LengthScale::One(scale) => std::slice::from_ref(scale),
                LengthScale::Each(scales) => scales,
            },
            _ => &[],
        }
    }

    /// All hyper-parameters, in their order.
    fn each<'a>(&'a self) -> impl Iterator<Item = &'a Hyperparameter> + use<'a> {
        let two = match self {
            Self::RationalQuadratic(a, b) | Self::ExpSineSquared(a, b) => [Some(a), Some(b)],
            _ => [None, None],
        };
        self.parameters().iter().chain(two.into_iter().flatten())
    }

    fn each_mut(&mut self) -> Vec<&mut Hyperparameter> {
        match self {
            Self::Constant(a) | Self::White(a) | Self::DotProduct(a) => vec![a],
            Self::Rbf(scale) | Self::Matern(scale, _) => match scale {
                LengthScale::One(scale) => vec![scale],
                LengthScale::Each(scales) => scales.iter_mut().collect(),
            },
            Self::RationalQuadratic(a, b) | Self::ExpSineSquared(a, b) => vec![a, b],
            Self::Sum | Self::Product | Self::Power(_) => Vec::new(),
        }
    }
}

/// A covariance function; see [the module](crate::covariance).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Covariance {
    terms: Vec<Term>,
}

impl Covariance {
    fn leaf(term: Term) -> Self {
        Self { terms: vec![term] }
    }

    /// The constant c: a prior variance where it is a factor, an unknown offset where it is a summand.
    pub fn constant(c: impl Into<Hyperparameter>) -> Self {
        Self::leaf(Term::Constant(c.into()))
    }

    /// White noise of variance c: every row has its own, equal rows too.
    pub fn white(c: impl Into<Hyperparameter>) -> Self {
        Self::leaf(Term::White(c.into()))
    }

    /// exp(−s / 2), the Gaussian covariance: very smooth functions.
    pub fn rbf(length_scale: impl Into<LengthScale>) -> Self {
        Self::leaf(Term::Rbf(length_scale.into()))
    }

    /// The Matérn covariance: functions of limited smoothness.
    pub fn matern(length_scale: impl Into<LengthScale>, nu: Smoothness) -> Self {
        Self::leaf(Term::Matern(length_scale.into(), nu))
    }

    /// (1 + s / 2α)^(−α): Gaussian covariances of many length scales together.
    pub fn rational_quadratic(
        length_scale: impl Into<Hyperparameter>,
        alpha: impl Into<Hyperparameter>,
    ) -> Self {
        Self::leaf(Term::RationalQuadratic(length_scale.into(), alpha.into()))
    }

    /// exp(−2 sin²(π ‖x − z‖ / P) / ℓ²): functions of period P.
    pub fn exp_sine_squared(
        length_scale: impl Into<Hyperparameter>,
        periodicity: impl Into<Hyperparameter>,
    ) -> Self {
        Self::leaf(Term::ExpSineSquared(length_scale.into(), periodicity.into()))
    }

    /// σ₀² + xᵀz: linear functions; its powers, polynomials.
    pub fn dot_product(sigma_0: impl Into<Hyperparameter>) -> Self {
        Self::leaf(Term::DotProduct(sigma_0.into()))
    }

    /// The covariance raised to a power, which leaves it one if the power is whole and positive.
    #[must_use]
    pub fn powf(mut self, exponent: f64) -> Self {
        self.terms.push(Term::Power(exponent));
        self
    }

    fn join(mut self, other: Self, operator: Term) -> Self {
        self.terms.extend(other.terms);
        self.terms.push(operator);
        self
    }

    /// Natural logarithms of the hyper-parameters that are not fixed, in the order of the terms.
    pub fn theta(&self) -> Vec<f64> {
        self.free().map(|h| h.value.ln()).collect()
    }

    /// Bounds of [`theta`](Self::theta).
    pub fn bounds(&self) -> Vec<(f64, f64)> {
        self.free().filter_map(|h| h.bounds).map(|(low, high)| (low.ln(), high.ln())).collect()
    }

    /// The values of all hyper-parameters, fixed ones too, in the order of the terms.
    pub fn values(&self) -> Vec<f64> {
        self.terms.iter().flat_map(Term::each).map(|h| h.value).collect()
    }

    /// The same with other values; `theta` is as long as [`theta`](Self::theta) says.
    ///
    /// # Errors
    /// For another length.
    pub fn with_theta(&self, theta: &[f64]) -> Result<Self> {
        let mut other = self.clone();
        let free: Vec<_> =
            other.terms.iter_mut().flat_map(Term::each_mut).filter(|h| h.bounds.is_some()).collect();
        if free.len() != theta.len() {
            return Err(Error::shape("theta", free.len(), theta.len()));
        }
        free.into_iter().zip(theta).for_each(|(h, theta)| h.value = theta.exp());
        Ok(other)
    }

    fn free(&self) -> impl Iterator<Item = &Hyperparameter> {
        self.terms.iter().flat_map(Term::each).filter(|h| h.bounds.is_some())
    }

    /// Which of all hyper-parameters are free.
    pub(crate) fn learnt(&self) -> Vec<bool> {
        self.terms.iter().flat_map(Term::each).map(|h| h.bounds.is_some()).collect()
    }

    /// Refuses values that are not positive, and length scales for another number of columns.
    pub(crate) fn check(&self, width: usize) -> Result<()> {
        let mut depth = 0_usize;
        for term in &self.terms {
            let zero = matches!(term, Term::Constant(_) | Term::White(_) | Term::DotProduct(_));
            term.each().try_for_each(|h| h.check(zero))?;
            let taken = match term {
                Term::Rbf(LengthScale::Each(scales)) | Term::Matern(LengthScale::Each(scales), _)
                    if scales.len() != width =>
                {
                    return Err(Error::shape("length scales of a covariance", width, scales.len()));
                }
                Term::Power(exponent) if !exponent.is_finite() => {
                    return Err(Error::parameter("exponent", exponent, "a finite number"));
                }
                Term::Sum | Term::Product => 2,
                Term::Power(_) => 1,
                _ => 0,
            };
            // Only a forged file can be short of operands.
            depth = match depth.checked_sub(taken) {
                Some(left) => left + 1,
                None => return Err(Error::Persist { what: "a covariance lacks a term".into() }),
            };
        }
        match depth {
            1 => Ok(()),
            _ => Err(Error::Persist { what: "terms of a covariance are not joined".into() }),
        }
    }
}

impl Add for Covariance {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.join(other, Term::Sum)
    }
}
impl Mul for Covariance {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.join(other, Term::Product)
    }
}
impl Mul<Covariance> for f64 {
    type Output = Covariance;
    fn mul(self, other: Covariance) -> Covariance {
        Covariance::constant(self) * other
    }
}
impl Add<Covariance> for f64 {
    type Output = Covariance;
    fn add(self, other: Covariance) -> Covariance {
        Covariance::constant(self) + other
    }
}

impl fmt::Display for Covariance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Text, and whether it is a sum.
        let mut stack: Vec<(String, bool)> = Vec::new();
        let factor = |(text, sum): (String, bool)| if sum { format!("({text})") } else { text };
        for term in &self.terms {
            let name = match term {
                Term::Constant(_) => "constant",
                Term::White(_) => "white",
                Term::Rbf(_) => "rbf",
                Term::Matern(_, Smoothness::Half) => "matern_1/2",
                Term::Matern(_, Smoothness::ThreeHalves) => "matern_3/2",
                Term::Matern(_, Smoothness::FiveHalves) => "matern_5/2",
                Term::Matern(_, Smoothness::Infinite) => "matern_inf",
                Term::RationalQuadratic(..) => "rational_quadratic",
                Term::ExpSineSquared(..) => "exp_sine_squared",
                Term::DotProduct(_) => "dot_product",
                Term::Sum | Term::Product => {
                    let (right, left) = (stack.pop().unwrap_or_default(), stack.pop().unwrap_or_default());
                    stack.push(match term {
                        Term::Sum => (format!("{} + {}", left.0, right.0), true),
                        _ => (format!("{} * {}", factor(left), factor(right)), false),
                    });
                    continue;
                }
                Term::Power(exponent) => {
                    let base = stack.pop().unwrap_or_default();
                    stack.push((format!("({})^{exponent}", base.0), false));
                    continue;
                }
            };
            let values: Vec<String> = term.each().map(|h| format!("{:.4}", h.value)).collect();
            stack.push((format!("{name}({})", values.join(", ")), false));
        }
        f.write_str(&stack.pop().unwrap_or_default().0)
    }
}
