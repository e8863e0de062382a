//! Data: bundled sets, generators of artificial problems, readers of files.
//!
//! | page | what it holds |
//! |---|---|
//! | [`bundled`] | [`iris`], [`wine`], [`breast_cancer`], [`digits`], [`diabetes`], [`linnerud`] |
//! | [`generate`] | [`make_classification`], [`make_regression`], [`make_blobs`], … |
//! | [`read`] | [`read_csv`], [`read_npy`], `read_npz` (feature `npz`), [`read_svmlight`] and writers |
//!
//! ```
//! use estimand_datasets as datasets;
//!
//! let (train, test) = datasets::breast_cancer().split(0.25, 42)?;
//! assert_eq!((train.nrows(), test.nrows()), (426, 143));
//!
//! let blobs = datasets::make_blobs(300).n_features(2).centers(4).seed(7).generate()?;
//! assert_eq!(blobs.x.dim(), (300, 2));
//! # Ok::<(), estimand_core::Error>(())
//! ```

pub mod bundled;
pub mod generate;
pub mod read;

pub use bundled::{breast_cancer, diabetes, diabetes_raw, digits, iris, linnerud, wine};
pub use generate::{
    make_blobs, make_circles, make_classification, make_friedman1, make_friedman2, make_friedman3,
    make_low_rank_matrix, make_moons, make_regression, make_sparse_uncorrelated, make_swiss_roll,
};
#[cfg(feature = "npz")]
pub use read::{Npz, read_npz};
pub use read::{parse_csv, parse_svmlight, read_csv, read_npy, read_svmlight, write_npy, write_svmlight};
