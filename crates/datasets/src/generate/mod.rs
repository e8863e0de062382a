//! Artificial problems whose answer is known.
//!
//! Each generator is a settings value: `make_blobs(300)` and the like take the number of rows, setters
//! have scikit-learn's names and meaning, and `generate` checks and draws.
//!
//! Draws come from the seeded streams of the ground floor, one stream per role (points, model, noise,
//! labels, order). So the same settings give the same data everywhere, and a setting that concerns one
//! role leaves the others as they were: more noise moves `y` and not `x`.
//!
//! Differs from scikit-learn: other random numbers for the same seed; `seed` is 0 unless set; weights
//! of classes that sum to more than one, and fewer rows than clusters, are refused.

mod classification;
mod friedman;
mod regression;
mod shapes;
#[cfg(test)]
mod tests;

pub use classification::{MakeClassification, make_classification};
pub use friedman::{
    MakeFriedman1, MakeFriedman2, MakeFriedman3, make_friedman1, make_friedman2, make_friedman3,
};
pub use regression::{
    MakeLowRankMatrix, MakeRegression, MakeSparseUncorrelated, make_low_rank_matrix, make_regression,
    make_sparse_uncorrelated,
};
pub use shapes::{
    MakeBlobs, MakeCircles, MakeMoons, MakeSwissRoll, make_blobs, make_circles, make_moons, make_swiss_roll,
};

use estimand_core::{Error, Result, Seed, Stream};
use ndarray::{Array1, Array2};
use ndarray_rand::RandomExt;
use rand::distr::StandardUniform;
use rand_distr::StandardNormal;

/// What a stream of random numbers is for.
#[derive(Clone, Copy)]
enum Role {
    Points,
    Model,
    Noise,
    Labels,
    Order,
}

fn stream(seed: u64, role: Role) -> Stream {
    Seed(seed).stream(role as u64)
}

/// Standard normal draws.
fn normals(n: usize, p: usize, stream: &mut Stream) -> Array2<f64> {
    Array2::random_using((n, p), StandardNormal, stream)
}

/// Draws from [0, 1).
fn uniforms(n: usize, p: usize, stream: &mut Stream) -> Array2<f64> {
    Array2::random_using((n, p), StandardUniform, stream)
}

/// Adds `noise` times a standard normal draw to each value.
fn add_noise(y: &mut Array1<f64>, noise: f64, seed: u64) {
    let draws: Array1<f64> = Array1::random_using(y.len(), StandardNormal, &mut stream(seed, Role::Noise));
    y.scaled_add(noise, &draws);
}

/// Refuses a matrix of more bytes than there are addresses.
fn check_size(n: usize, p: usize) -> Result<()> {
    match n.checked_mul(p).and_then(|values| values.checked_mul(size_of::<f64>())) {
        Some(bytes) if bytes <= isize::MAX as usize => Ok(()),
        _ => {
            Err(Error::parameter("n_samples", n, format!("small enough for {p} columns to fit into memory")))
        }
    }
}
