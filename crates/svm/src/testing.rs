//! Data and checks that the tests of this crate share.

use crate::kernel::{Function, Kernel};
use estimand_core::Seed;
use estimand_core::random::below;
use ndarray::{Array2, ArrayView1};

/// Numbers in [−1, 1), the same for the same seed.
pub(crate) fn uniform(seed: u64) -> impl FnMut() -> f64 {
    let mut stream = Seed(seed).stream(0);
    move || below(1 << 32, &mut stream) as f64 / 2_147_483_648.0 - 1.0
}

/// n × p numbers in [−1, 1).
pub(crate) fn records(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut number = uniform(seed);
    Array2::from_shape_simple_fn((n, p), &mut number)
}

/// A kernel function with γ = 0.7, c₀ = 0.5 and degree 3.
pub(crate) fn function(kernel: Kernel) -> Function {
    Function { kernel, gamma: 0.7, degree: 3, coef0: 0.5 }
}

/// The kernels as they are defined, one pair of rows at a time.
pub(crate) fn value(f: Function, a: ArrayView1<'_, f64>, b: ArrayView1<'_, f64>) -> f64 {
    let product: f64 = a.iter().zip(b).map(|(a, b)| a * b).sum();
    let distance: f64 = a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum();
    match f.kernel {
        Kernel::Rbf => (-f.gamma * distance).exp(),
        Kernel::Polynomial => (f.gamma * product + f.coef0).powi(f.degree as i32),
        Kernel::Sigmoid => (f.gamma * product + f.coef0).tanh(),
        _ => product,
    }
}

/// All values between the rows of two matrices.
pub(crate) fn gram(f: Function, a: &Array2<f64>, b: &Array2<f64>) -> Array2<f64> {
    Array2::from_shape_fn((a.nrows(), b.nrows()), |(i, j)| value(f, a.row(i), b.row(j)))
}
