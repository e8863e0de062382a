//! Kernels: products of records in a space that is never written out.
//!
//! ```text
//! linear        xᵀz                                polynomial    (γ xᵀz + c₀)^d
//! rbf           exp(−γ ‖x − z‖²)                   sigmoid       tanh(γ xᵀz + c₀)
//! precomputed   given by the caller                custom        a function of two rows
//! ```
//!
//! γ is a number, or follows from the records: `Scale` is 1 / (p · variance of all values of X), `Auto` is 1 / p.
//!
//! Values come in blocks: `Rows` holds records packed for that, and fills rows of eight records at a time against a
//! range of columns. A value has the same bits in whatever block it is computed, and alone. Distances are taken after
//! the records have been moved to their mean, so that records far from zero lose nothing.

mod rows;
#[cfg(test)]
mod tests;

pub(crate) use rows::{GROUP, Rows};

use estimand_core::{Error, Float, MatrixView, Records, Result};
use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};

/// A kernel function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Kernel {
    /// xᵀz
    Linear,
    /// exp(−γ ‖x − z‖²), the Gaussian kernel.
    #[default]
    Rbf,
    /// (γ xᵀz + c₀)^d
    Polynomial,
    /// tanh(γ xᵀz + c₀). It is not positive definite; fits end, but maybe not at a minimum.
    Sigmoid,
    /// The records are themselves kernel values: when fitting n × n between the training rows, later m × n between new
    /// rows and these.
    Precomputed,
    /// A function of two dense rows. Models that use one cannot be saved.
    #[serde(skip)]
    Custom(CustomKernel),
}

/// A kernel that the program brings: a function of two rows, symmetric and positive semidefinite.
///
/// ```
/// use estimand_svm::{CustomKernel, Kernel, Svc};
///
/// let overlap = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a.min(*b)).sum();
/// let settings = Svc::new().kernel(Kernel::Custom(CustomKernel::new("overlap", overlap)));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct CustomKernel {
    name: &'static str,
    function: fn(&[f64], &[f64]) -> f64,
}

impl CustomKernel {
    /// A kernel and its name; kernels are compared by name.
    pub fn new(name: &'static str, function: fn(&[f64], &[f64]) -> f64) -> Self {
        Self { name, function }
    }
}
impl PartialEq for CustomKernel {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The factor γ of a kernel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub enum Gamma {
    /// 1 / (p · v), where v is the variance of all values of X together, weighted as the rows are; 1 where v is 0.
    #[default]
    Scale,
    /// 1 / p
    Auto,
    /// This number, above 0.
    Value(f64),
}
impl From<f64> for Gamma {
    fn from(value: f64) -> Self {
        Self::Value(value)
    }
}

impl Gamma {
    /// γ for these records.
    ///
    /// # Errors
    /// For a value that is not a positive number; where the variance of the records leaves the range of `f64`.
    pub(crate) fn of<F: Float>(self, x: Records<'_, F>, weights: Option<ArrayView1<'_, F>>) -> Result<f64> {
        let gamma = match self {
            Self::Value(value) if value > 0.0 && value.is_finite() => return Ok(value),
            Self::Value(value) => return Err(Error::parameter("gamma", value, "a positive number")),
            Self::Auto => return Ok(1.0 / x.ncols() as f64),
            Self::Scale => variance(x, weights),
        };
        match gamma {
            0.0 => Ok(1.0),
            v if v.is_finite() => Ok((1.0 / v / x.ncols() as f64).min(f64::MAX)),
            _ => Err(Error::numerical(
                "squares of the records leave the range of f64; scale the columns first",
            )),
        }
    }
}

/// The variance of all values together: two passes.
fn variance<F: Float>(x: Records<'_, F>, weights: Option<ArrayView1<'_, F>>) -> f64 {
    let (n, p) = (x.nrows(), x.ncols());
    let weight = |i: usize| weights.map_or(1.0, |w| w[i].f64());
    let total = (0..n).map(weight).sum::<f64>() * p as f64;
    // Σ w f(x) over all values; `rest` stands for the zeros of a sparse row.
    let sum = |f: &dyn Fn(f64) -> f64, rest: f64| -> f64 {
        match x.values() {
            MatrixView::Dense(x) => x
                .rows()
                .into_iter()
                .enumerate()
                .map(|(i, row)| weight(i) * row.iter().map(|v| f(v.f64())).sum::<f64>())
                .sum(),
            MatrixView::Sparse(x) => x
                .outer_iter()
                .enumerate()
                .map(|(i, row)| {
                    let stored: f64 = row.values.iter().map(|v| f(v.f64())).sum();
                    weight(i) * (stored + (p - row.values.len()) as f64 * rest)
                })
                .sum(),
        }
    };
    let mean = sum(&|v| v, 0.0) / total;
    sum(&|v| (v - mean) * (v - mean), mean * mean) / total
}

/// A kernel function whose parameters are all numbers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Function {
    pub(crate) kernel: Kernel,
    pub(crate) gamma: f64,
    pub(crate) degree: u32,
    pub(crate) coef0: f64,
}

impl Function {
    /// The kernel value of two records whose product is given, in place; `squares` are the squared lengths of the
    /// records and `own` that of the other one.
    pub(crate) fn finish(&self, products: &mut [f64], squares: &[f64], own: f64) {
        match self.kernel {
            Kernel::Rbf => estimand_kernels::rbf::<f64>(products, squares, own, self.gamma),
            Kernel::Polynomial => {
                let degree = i32::try_from(self.degree).unwrap_or(i32::MAX);
                products.iter_mut().for_each(|v| *v = (self.gamma * *v + self.coef0).powi(degree));
            }
            Kernel::Sigmoid => {
                products.iter_mut().for_each(|v| *v = self.gamma * *v + self.coef0);
                estimand_kernels::tanh(products);
            }
            Kernel::Linear | Kernel::Precomputed | Kernel::Custom(_) => {}
        }
    }
}
