//! Linear algebra: products, moments, factorisations and least squares for dense arrays of any layout, and
//! products and moments for compressed sparse rows.
//!
//! | page | what it holds |
//! |---|---|
//! | [`product`] | [`matmul`], [`matvec`], [`matvec_t`], and their forms that write into given memory |
//! | [`moments`] | [`Moments`]: means, centred Gram matrix and cross products in one pass over X |
//! | [`classes`] | [`ClassMoments`]: means and variances by class in one pass, Gram matrices within classes |
//! | [`cholesky`] | [`Cholesky`] of a positive definite matrix |
//! | [`definite`] | [`solve_definite`]: one system with such a matrix |
//! | [`eigen`] | [`SymmetricEigen`] |
//! | [`leading`] | [`Leading`]: the largest eigenvalues of a symmetric operator |
//! | [`svd`] | [`Svd`] |
//! | [`qr`] | [`Qr`], [`lstsq`]: minimum-norm least squares |
//! | [`transposed`] | [`products_t`]: XᵀV for a few columns V, in `f64` |
//! | [`rows`] | [`Forms`]: functions of single rows, such as the scores of classes |
//! | [`triangular`] | [`solve_triangular`] |
//! | [`sparse`] | products and moments of compressed sparse rows |
//!
//! The dense backend is faer. It is named in `backend` alone, is given views without copying
//! (`bridge`), and always runs on the calling thread: work is cut here, by the size of the problem and never
//! by the number of threads, so that results have the same bits on any number of them. `f32` and `f64` are
//! compiled once, in this crate. It reserves address space, not memory, of about twice the processor's cache
//! for each thread: a limit of 2 GB on the address space is too tight.

mod backend;
mod bridge;
pub mod cholesky;
pub mod classes;
pub mod definite;
pub mod eigen;
pub mod leading;
mod lines;
pub mod moments;
pub mod product;
pub mod qr;
pub mod rows;
mod scale;
pub mod sparse;
pub mod svd;
pub mod transposed;
pub mod triangular;

pub use cholesky::Cholesky;
pub use classes::ClassMoments;
pub use definite::solve_definite;
pub use eigen::SymmetricEigen;
pub use leading::Leading;
pub use moments::Moments;
pub use product::{matmul, matmul_add, matmul_into, matvec, matvec_into, matvec_t, matvec_t_into};
pub use qr::{LeastSquares, Qr, lstsq};
pub use rows::Forms;
pub use svd::Svd;
pub use transposed::products_t;
pub use triangular::{Triangle, solve_triangular};

#[cfg(test)]
mod tests;
