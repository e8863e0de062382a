//! Friedman's three nonlinear regression problems (J. Friedman, *Multivariate adaptive regression
//! splines*, Annals of Statistics 19 (1991) 1–67).

use super::{Role, add_noise, check_size, stream, uniforms};
use estimand_core::describe::at_least;
use estimand_core::{Dataset, Describe, Result};
use ndarray::{Array1, Array2, ArrayView1, Axis};
use std::f64::consts::PI;

estimand_core::params! {
    /// Friedman's first problem; see [`make_friedman1`].
    pub struct MakeFriedman1(n_samples: usize) {
        /// Number of rows.
        n_samples: usize = 100, at_least(1.0);
        /// Number of columns, of which five matter.
        n_features: usize = 10, at_least(5.0);
        /// Standard deviation of the noise added to the target.
        noise: f64 = 0.0, at_least(0.0);
        /// Seed of all draws.
        seed: u64 = 0;
    }
    accepts: ;
}
estimand_core::params! {
    /// Friedman's second problem; see [`make_friedman2`].
    pub struct MakeFriedman2(n_samples: usize) {
        /// Number of rows.
        n_samples: usize = 100, at_least(1.0);
        /// Standard deviation of the noise added to the target.
        noise: f64 = 0.0, at_least(0.0);
        /// Seed of all draws.
        seed: u64 = 0;
    }
    accepts: ;
}
estimand_core::params! {
    /// Friedman's third problem; see [`make_friedman3`].
    pub struct MakeFriedman3(n_samples: usize) {
        /// Number of rows.
        n_samples: usize = 100, at_least(1.0);
        /// Standard deviation of the noise added to the target.
        noise: f64 = 0.0, at_least(0.0);
        /// Seed of all draws.
        seed: u64 = 0;
    }
    accepts: ;
}

/// Columns uniform on 0 to 1; `y = 10 sin(π x₀x₁) + 20 (x₂ − ½)² + 10 x₃ + 5 x₄ + noise`.
pub fn make_friedman1(n_samples: usize) -> MakeFriedman1 {
    MakeFriedman1::new(n_samples)
}

/// Four columns, uniform on 0–100, 40π–560π, 0–1 and 1–11;
/// `y = √(x₀² + (x₁x₂ − 1/(x₁x₃))²) + noise`: the impedance of a circuit.
pub fn make_friedman2(n_samples: usize) -> MakeFriedman2 {
    MakeFriedman2::new(n_samples)
}

/// The columns of [`make_friedman2`]; `y = arctan((x₁x₂ − 1/(x₁x₃)) / x₀) + noise`: the phase of a circuit.
pub fn make_friedman3(n_samples: usize) -> MakeFriedman3 {
    MakeFriedman3::new(n_samples)
}

impl MakeFriedman1 {
    /// Draws the problem.
    pub fn generate(&self) -> Result<Dataset<f64, Array1<f64>>> {
        self.check()?;
        check_size(self.n_samples, self.n_features)?;
        let x = uniforms(self.n_samples, self.n_features, &mut stream(self.seed, Role::Points));
        let target = |x: ArrayView1<'_, f64>| {
            10.0 * (PI * x[0] * x[1]).sin() + 20.0 * (x[2] - 0.5).powi(2) + 10.0 * x[3] + 5.0 * x[4]
        };
        Ok(problem(x, target, self.noise, self.seed))
    }
}

impl MakeFriedman2 {
    /// Draws the problem.
    pub fn generate(&self) -> Result<Dataset<f64, Array1<f64>>> {
        self.check()?;
        let target = |x: ArrayView1<'_, f64>| x[0].hypot(reactance(x));
        Ok(problem(circuits(self.n_samples, self.seed)?, target, self.noise, self.seed))
    }
}

impl MakeFriedman3 {
    /// Draws the problem.
    pub fn generate(&self) -> Result<Dataset<f64, Array1<f64>>> {
        self.check()?;
        let target = |x: ArrayView1<'_, f64>| (reactance(x) / x[0]).atan();
        Ok(problem(circuits(self.n_samples, self.seed)?, target, self.noise, self.seed))
    }
}

/// `x₁x₂ − 1/(x₁x₃)`.
fn reactance(x: ArrayView1<'_, f64>) -> f64 {
    x[1] * x[2] - 1.0 / (x[1] * x[3])
}

fn circuits(n: usize, seed: u64) -> Result<Array2<f64>> {
    check_size(n, 4)?;
    let mut x = uniforms(n, 4, &mut stream(seed, Role::Points));
    for mut row in x.rows_mut() {
        row[0] *= 100.0;
        row[1] = PI * (40.0 + 520.0 * row[1]);
        row[3] = 1.0 + 10.0 * row[3];
    }
    Ok(x)
}

fn problem(
    x: Array2<f64>,
    target: impl Fn(ArrayView1<'_, f64>) -> f64,
    noise: f64,
    seed: u64,
) -> Dataset<f64, Array1<f64>> {
    let mut y = x.map_axis(Axis(1), target);
    add_noise(&mut y, noise, seed);
    Dataset::new(x, y)
}
