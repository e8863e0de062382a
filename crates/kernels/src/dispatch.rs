//! The table of kernels, and the choice among its copies.
//!
//! A kernel is one generic function, always inlined. [`kernels!`] wraps it in functions compiled for
//! AVX-512, for AVX2 with FMA and for the target's baseline; the vectoriser does the rest. The first call
//! asks the processor what it can do and remembers the table to use.

use crate::cuts::{self, CutRules, LeftSums};
use crate::nearest::{self, Nearest};
use crate::sgd::{self, SgdPass, SgdSeen, SgdState};
use crate::{
    classes, isa, logistic, map, math::Real, mixture, near, nodes, panel, reduce, robust, separation,
    similarity, smo, sparse,
};
use estimand_core::Float;
use std::{any::Any, sync::OnceLock};

macro_rules! kernels {
    ($($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)? = $page:ident::$body:ident;)*) => {
        /// One copy of every kernel, for one scalar type.
        struct Table<T> { $($name: unsafe fn($($ty),*) $(-> $out)?,)* }

        kernels!(@copy avx512, target_arch = "x86_64", target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,bmi2"), isa::x86::Avx512,
            $(fn $name($($arg: $ty),*) $(-> $out)? = $page::$body;)*);
        kernels!(@copy avx2, target_arch = "x86_64", target_feature(enable = "avx2,fma,bmi2"), isa::x86::Avx2,
            $(fn $name($($arg: $ty),*) $(-> $out)? = $page::$body;)*);
        kernels!(@copy baseline, all(), inline(never), isa::Baseline,
            $(fn $name($($arg: $ty),*) $(-> $out)? = $page::$body;)*);

        $($(#[$doc])*
        #[inline]
        $vis fn $name<T: Float>($($arg: $ty),*) $(-> $out)? {
            // SAFETY: `table` holds copies compiled for instructions that this processor has.
            unsafe { (table::<T>().$name)($($arg),*) }
        })*
    };
    (@copy $isa:ident, $cfg:meta, $attribute:meta, $isa_type:ty,
     $(fn $name:ident($($arg:ident: $ty:ty),*) $(-> $out:ty)? = $page:ident::$body:ident;)*) => {
        #[cfg($cfg)]
        mod $isa {
            use super::*;
            $(#[$attribute]
            fn $name<T: Real>($($arg: $ty),*) $(-> $out)? {
                $page::$body::<T, $isa_type>($($arg),*)
            })*
            const fn table<T: Real>() -> Table<T> {
                Table { $($name: $name::<T>,)* }
            }
            static SINGLE: Table<f32> = table();
            static DOUBLE: Table<f64> = table();
            pub(super) static TABLES: Tables = (&SINGLE, &DOUBLE);
        }
    };
}

type Tables = (&'static Table<f32>, &'static Table<f64>);

/// The copies that this processor can run, the best one first.
fn candidates() -> impl Iterator<Item = Tables> {
    #[cfg(target_arch = "x86_64")]
    let (avx512, avx2) = {
        let avx2 = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("fma")
            && is_x86_feature_detected!("bmi2");
        let avx512 = avx2
            && is_x86_feature_detected!("avx512f")
            && is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512dq")
            && is_x86_feature_detected!("avx512vl");
        (avx512.then_some(avx512::TABLES), avx2.then_some(avx2::TABLES))
    };
    #[cfg(not(target_arch = "x86_64"))]
    let (avx512, avx2) = (None, None);
    [avx512, avx2].into_iter().flatten().chain([baseline::TABLES])
}

#[inline]
fn table<T: Float>() -> &'static Table<T> {
    static CHOSEN: OnceLock<Tables> = OnceLock::new();
    let (single, double) = *CHOSEN.get_or_init(|| candidates().next().unwrap_or(baseline::TABLES));
    let either = (single as &dyn Any).downcast_ref().or_else(|| (double as &dyn Any).downcast_ref());
    // `Float` is sealed: `T` is one of the two.
    either.unwrap_or_else(|| unreachable!())
}

kernels! {
    /// xᵢ ← exp xᵢ, within 1 ulp; exp(−∞) = 0, and the subnormal range is reached gradually.
    pub fn exp(x: &mut [T]) = map::exp;
    /// xᵢ ← ln xᵢ, within 1 ulp; ln 0 = −∞, and NaN below 0.
    pub fn ln(x: &mut [T]) = map::ln;
    /// xᵢ ← 1 / (1 + exp(−xᵢ)), within 2 ulp, also where it is tiny.
    pub fn sigmoid(x: &mut [T]) = map::sigmoid;
    /// xᵢ ← ln(1 + exp xᵢ), without overflow: within 2 ulp.
    pub fn log1p_exp(x: &mut [T]) = map::log1p_exp;
    /// xᵢ ← tanh xᵢ, within 3 ulp.
    pub fn tanh(x: &mut [T]) = map::tanh;

    /// Σ aᵢbᵢ
    pub fn dot(a: &[T], b: &[T]) -> f64 = reduce::dot;
    /// Σ xᵢ
    pub fn sum(x: &[T]) -> f64 = reduce::sum;
    /// Σ xᵢ²
    pub fn sum_squares(x: &[T]) -> f64 = reduce::sum_squares;
    /// Σ (aᵢ − bᵢ)²
    pub fn squared_distance(a: &[T], b: &[T]) -> f64 = reduce::squared_distance;
    /// Whether no value is NaN or infinite.
    pub fn all_finite(x: &[T]) -> bool = reduce::all_finite;
    /// y ← αx + y
    pub fn axpy(alpha: T, x: &[T], y: &mut [T]) = reduce::axpy;
    /// y ← αx + y, where y is `f64` for both scalar types.
    pub fn axpy_f64(alpha: f64, x: &[T], y: &mut [f64]) = reduce::axpy_f64;
    /// outᵢ ← Σⱼ xᵢⱼ vⱼ
    pub fn rows_dot(rows: &[&[T]], v: &[T], out: &mut [T]) = reduce::rows_dot;
    /// sⱼ ← sⱼ + Σᵢ rᵢ xᵢⱼ, for rows at least as long as `s`.
    pub fn rows_axpy(rows: &[&[T]], r: &[T], s: &mut [f64]) = reduce::rows_axpy;
    /// [`rows_axpy`] for rows that are not in the cache: asks for each ahead of its turn, which halves the time.
    pub fn rows_axpy_ahead(rows: &[&[T]], r: &[T], s: &mut [f64]) = reduce::rows_axpy_ahead;

    /// out ← out + Σₖ valuesₖ bⱼ, j = indicesₖ, for rows bⱼ of `b` as wide as `out`: a sparse row times a dense
    /// matrix.
    pub fn gather_rows(indices: &[u32], values: &[T], b: &[T], out: &mut [T]) = reduce::gather_rows;
    /// Row j of `sums` ← itself + valuesₖ b, j = indicesₖ, for each k: a sparse row, transposed, times a row.
    pub fn scatter_rows(indices: &[u32], values: &[T], b: &[T], sums: &mut [f64]) = reduce::scatter_rows;
    /// Σₖ valuesₖ vⱼ, j = indicesₖ: a sparse row times a vector.
    ///
    /// # Panics
    /// If there is no such place in `v`.
    pub fn sparse_dot(indices: &[u32], values: &[T], v: &[f64]) -> f64 = sparse::sparse_dot;
    /// yⱼ ← yⱼ + α valuesₖ, j = indicesₖ, for each k.
    ///
    /// # Panics
    /// If there is no such place in `y`.
    pub fn sparse_axpy(alpha: f64, indices: &[u32], values: &[T], y: &mut [f64]) = sparse::sparse_axpy;
    /// yᵢ ← yᵢ + α v (v − 2cᵢ) for each place i of `indices` and the value v beside it, c being `centre`: α ((v − cᵢ)² − cᵢ²).
    ///
    /// # Panics
    /// If there is no such place in `y` or `centre`.
    pub fn sparse_squares(alpha: f64, indices: &[u32], values: &[T], centre: &[f64], y: &mut [f64]) = sparse::sparse_squares;

    /// T ← T + AᵀB for panels A and B with equally many rows and an 8 × 8 tile T, all row-major. Of T the
    /// first `rows` rows are right; the others may be left alone. Meanwhile asks for `ahead` to be brought
    /// near.
    ///
    /// # Panics
    /// If the tile does not hold 64 values.
    pub fn add_tile(a: &[f64], b: &[f64], tile: &mut [f64], rows: usize, ahead: &[T]) = panel::add_tile;
    /// (xᵢⱼ − shiftⱼ) · factorᵢ into panels of eight columns with room for `capacity` rows each, for rows at
    /// least as long as `shift`. Lanes beyond that length are left alone.
    pub fn pack_rows(rows: &[&[T]], shift: &[f64], factors: &[f64], panels: &mut [f64], capacity: usize) = panel::pack_rows;
    /// Like [`pack_rows`], from columns.
    pub fn pack_columns(columns: &[&[T]], shift: &[f64], factors: &[f64], panels: &mut [f64], capacity: usize) = panel::pack_columns;

    /// Each row of `x`, as wide as `shift` and `factor`: xⱼ ← (xⱼ − shiftⱼ) · factorⱼ
    pub fn standardise_rows(x: &mut [T], shift: &[T], factor: &[T]) = reduce::standardise_rows;
    /// Like [`standardise_rows`], from `x` into `out`.
    pub fn standardise_rows_into(x: &[T], shift: &[T], factor: &[T], out: &mut [T]) = reduce::standardise_rows_into;

    /// Sums by class for rows of one width, p: with d = x − shift of the row's class, adds w d to the class's row of
    /// `first` and w d² to that of `second`. `shift`, `first` and `second` are k × p; codes are below k.
    pub fn class_sums(rows: &[&[T]], codes: &[u32], weights: Option<&[T]>, shift: &[f64], first: &mut [f64], second: &mut [f64]) = classes::class_sums;
    /// outᵢₗ ← outᵢₗ + Σⱼ (xᵢⱼ − shiftⱼ) weightsⱼₗ, for rows as long as `shift` and `weights`. A row has the same
    /// bits alone and among others.
    pub fn linear_eight(rows: &[&[T]], shift: &[f64], weights: &[[f64; 8]], out: &mut [[f64; 8]]) = classes::linear_eight;
    /// outᵢₗ ← outᵢₗ + Σⱼ ((xᵢⱼ − centresⱼₗ) factorsⱼₗ)², as [`linear_eight`].
    pub fn gaussian_eight(rows: &[&[T]], centres: &[[f64; 8]], factors: &[[f64; 8]], out: &mut [[f64; 8]]) = classes::gaussian_eight;
    /// outᵢₗ ← outᵢₗ + Σⱼ (xᵢⱼ − centresⱼₗ)², as [`linear_eight`].
    pub fn distance_eight(rows: &[&[T]], centres: &[[f64; 8]], out: &mut [[f64; 8]]) = classes::distance_eight;

    /// Rows as long as `shift` less that, side by side: at most eight of them, and zeros where there are fewer.
    pub fn pack_eight(rows: &[&[T]], shift: &[f64], panel: &mut [[f64; 8]]) = nearest::pack_eight;
    /// Looks at further centres, numbers `first` and on, for the eight rows of a panel: `centres` has a row as long as
    /// the panel for each value of `start`. With s = start − x·c, leaves in `found` the two least s of all centres so far.
    pub fn nearest_eight(panel: &[[f64; 8]], centres: &[f64], start: &[f64], first: usize, found: &mut Nearest) = nearest::nearest_eight;
    /// Squared distances of rows, less `shift`, to the centres that `which` names for each.
    pub fn centre_distances(rows: &[&[T]], which: &[u32], shift: &[f64], centres: &[f64], out: &mut [f64]) = nearest::centre_distances;

    /// Of residuals r: Σ wᵢrᵢ² where |rᵢ| is at most `limit`, and where it is not, Σ wᵢ|rᵢ| and Σ wᵢ. Without weights, w = 1.
    pub fn huber_sums(r: &[T], weights: Option<&[T]>, limit: f64) -> [f64; 3] = robust::huber_sums;
    /// yⱼₗ ← Σᵢ≤ⱼ Aⱼᵢ (xᵢₗ − shiftᵢ) for the eight rows of a panel and a lower triangular A, packed row by row; returns Σⱼ yⱼₗ².
    ///
    /// # Panics
    /// If A has too few values.
    pub fn triangle_eight(panel: &[[f64; 8]], shift: &[f64], factor: &[f64], y: &mut [[f64; 8]]) -> [f64; 8] = mixture::triangle_eight;
    /// Σⱼ ((xⱼₗ − shiftⱼ) factorⱼ)² for the eight rows of a panel.
    pub fn scaled_eight(panel: &[[f64; 8]], shift: &[f64], factor: &[f64]) -> [f64; 8] = mixture::scaled_eight;
    /// With d = x − shift: adds rₗ dⱼₗ to `first` and rₗ dⱼₗ² to `second`, lane by lane.
    pub fn moments_eight(panel: &[[f64; 8]], shift: &[f64], r: &[f64; 8], first: &mut [[f64; 8]], second: &mut [[f64; 8]]) = mixture::moments_eight;
    /// Each group of k scores, eight rows side by side: s ← exp(s − L), L = ln Σ exp s, which goes to `logs`.
    pub fn responsibilities(scores: &mut [[f64; 8]], k: usize, logs: &mut [[f64; 8]]) = mixture::responsibilities;

    /// The logistic loss of margins `z` for labels `y` in {0, 1}: returns Σ wᵢ (ln(1 + exp zᵢ) − yᵢzᵢ) and
    /// leaves in `z` the residuals wᵢ (σ(zᵢ) − yᵢ). Without weights, w = 1.
    pub fn logistic_loss(z: &mut [T], y: &[T], weights: Option<&[T]>) -> f64 = logistic::loss;
    /// Like [`logistic_loss`], and leaves in `h` the second derivatives wᵢ σ(zᵢ) (1 − σ(zᵢ)).
    pub fn logistic_loss_curvature(z: &mut [T], y: &[T], weights: Option<&[T]>, h: &mut [T]) -> f64 = logistic::loss_curvature;
    /// Each row of `width` values becomes exp(zⱼ − max z) / Σ exp(zₖ − max z).
    pub fn softmax_rows(z: &mut [T], width: usize) = logistic::softmax_rows;
    /// The multinomial loss of scores `z`, rows of `width` classes, for class codes `y`: returns
    /// Σ wᵢ (ln Σₖ exp zᵢₖ − zᵢ,yᵢ), leaves in `z` the probabilities pᵢₖ.
    pub fn softmax_loss(z: &mut [T], width: usize, y: &[u32], weights: Option<&[T]>) -> f64 = logistic::softmax_loss;

    /// The largest gain among the first `places` of a row of sums, and where it is; the first of equals. −∞ where no
    /// place is allowed. See [`CutRules`].
    pub fn best_cut(left: &LeftSums, places: usize, rules: &CutRules) -> (f64, usize) = cuts::best_cut;
    /// Products of the eight rows of panel `a` with those of the panels in `b`, as wide as `a`: the product of row k of
    /// `a`, k < `rows`, with row l of panel c is written to place k · `stride` + 8c + l of `out`. Each is a chain of
    /// its own in the order of the features.
    pub fn row_products(a: &[f64], b: &[f64], rows: usize, stride: usize, out: &mut [f64]) = similarity::row_products;
    /// Products of (row − shift) with the rows of the panels in `b`, with the bits of [`row_products`].
    pub fn one_row_products(row: &[T], shift: &[f64], b: &[f64], out: &mut [f64]) = similarity::one_row_products;
    /// ‖row − shift‖², with the bits of [`row_products`].
    pub fn shifted_square(row: &[T], shift: &[f64]) -> f64 = similarity::shifted_square;
    /// [`row_products`] with compressed sparse rows, i of which stands at place k · `stride` + i of `out`.
    ///
    /// # Panics
    /// If a column is beyond the panel.
    pub fn sparse_row_products(indptr: &[usize], indices: &[u32], values: &[f64], a: &[f64], rows: usize, stride: usize, out: &mut [f64]) = similarity::sparse_row_products;
    /// Products of one dense row with sparse rows, to the last bit those of [`sparse_row_products`].
    ///
    /// # Panics
    /// If a column is beyond the row.
    pub fn sparse_one_row_products(indptr: &[usize], indices: &[u32], values: &[f64], row: &[T], out: &mut [f64]) = similarity::sparse_one_row_products;
    /// vᵢ ← exp(−γ max(0, own + squaresᵢ − 2vᵢ)): Gaussian kernels from products and squared lengths.
    pub fn rbf(products: &mut [f64], squares: &[f64], own: f64, gamma: f64) = similarity::rbf;
    /// out_c ← Σⱼ factorsⱼ (rowⱼ − z_cⱼ)², where value j of record c stands at j · `stride` + c of `columns`.
    pub fn separations(row: &[f64], columns: &[f64], stride: usize, factors: &[f64], out: &mut [f64]) = separation::separations;
    /// sumsⱼ ← sumsⱼ + Σ_c weights_c (rowⱼ − z_cⱼ)², with `columns` as in [`separations`].
    pub fn separation_sums(row: &[f64], columns: &[f64], stride: usize, weights: &[f64], sums: &mut [f64]) = separation::separation_sums;

    /// up and low ← themselves + step · (rising − falling); returns the least of `up` and its place, the first of
    /// equals, or (∞, …).
    pub fn smo_move(step: f64, rising: &[f64], falling: &[f64], up: &mut [f64], low: &mut [f64]) -> (f64, usize) = smo::smo_move;
    /// The largest gain (low − gradient)² / max(own + diagonal − 2 row, least) where low > gradient, its place, and the
    /// largest of `low`. A gain of 0 has no place.
    pub fn smo_partner(gradient: f64, own: f64, row: &[f64], diagonal: &[f64], low: &[f64], least_curvature: f64) -> (f64, usize, f64) = smo::smo_partner;
    /// Distances Σⱼ (qⱼ − xⱼ)² from `query` to points in blocks of eight (see `near`), and the bits of those among the
    /// first 64 that are at most `bound`. The last block may hold padding: its bits are the caller's to mask.
    pub fn near_squared(query: &[T], blocks: &[T], bound: f64, out: &mut [[f64; 8]]) -> u64 = near::near_squared;
    /// Like [`near_squared`], Σⱼ |qⱼ − xⱼ|.
    pub fn near_manhattan(query: &[T], blocks: &[T], bound: f64, out: &mut [[f64; 8]]) -> u64 = near::near_manhattan;
    /// Like [`near_squared`], maxⱼ |qⱼ − xⱼ|.
    pub fn near_chebyshev(query: &[T], blocks: &[T], bound: f64, out: &mut [[f64; 8]]) -> u64 = near::near_chebyshev;
    /// Like [`near_squared`], Σⱼ |qⱼ − xⱼ|ᵖ.
    pub fn near_power(query: &[T], blocks: &[T], bound: f64, out: &mut [[f64; 8]], power: f64) -> u64 = near::near_power;
    /// Like [`near_squared`], the number of columns in which q and x differ.
    pub fn near_hamming(query: &[T], blocks: &[T], bound: f64, out: &mut [[f64; 8]]) -> u64 = near::near_hamming;
    /// Like [`near_squared`], Σⱼ |qⱼ − xⱼ| / (|qⱼ| + |xⱼ|), where 0/0 counts as 0.
    pub fn near_canberra(query: &[T], blocks: &[T], bound: f64, out: &mut [[f64; 8]]) -> u64 = near::near_canberra;
    /// Like [`near_squared`], Σⱼ |qⱼ − xⱼ| / Σⱼ |qⱼ + xⱼ|; 0 between equals.
    pub fn near_bray_curtis(query: &[T], blocks: &[T], bound: f64, out: &mut [[f64; 8]]) -> u64 = near::near_bray_curtis;
    /// Like [`near_squared`] over the columns in which neither is NaN, times the share of all columns that these are; NaN
    /// where there are none.
    pub fn near_missing(query: &[T], blocks: &[T], bound: f64, out: &mut [[f64; 8]]) -> u64 = near::near_missing;
    /// Σⱼ qⱼxⱼ for points in blocks of eight.
    pub fn near_common(query: &[T], blocks: &[T], out: &mut [[f64; 8]]) = near::near_common;
    /// Lower bounds of [`near_squared`] for the points in eight boxes, and the bits of those that are at most `bound`.
    pub fn box_squared(query: &[T], boxes: &[T], bound: f64, out: &mut [f64; 8]) -> u8 = near::box_squared;
    /// Lower bounds of [`near_manhattan`], as [`box_squared`].
    pub fn box_manhattan(query: &[T], boxes: &[T], bound: f64, out: &mut [f64; 8]) -> u8 = near::box_manhattan;
    /// Lower bounds of [`near_chebyshev`], as [`box_squared`].
    pub fn box_chebyshev(query: &[T], boxes: &[T], bound: f64, out: &mut [f64; 8]) -> u8 = near::box_chebyshev;
    /// Lower bounds of [`near_power`], as [`box_squared`]; exact for whole powers to 16, else up to the rounding of `powf`.
    pub fn box_power(query: &[T], boxes: &[T], bound: f64, out: &mut [f64; 8], power: f64) -> u8 = near::box_power;
    /// The distances of [`near_squared`], to the last bit, for rows at least as long as `query`.
    pub fn rows_squared(query: &[T], rows: &[&[T]], out: &mut [f64]) = near::rows_squared;
    /// Appends the places where offsetsᵢ − 2 productsᵢ ≤ bound.
    pub fn closer(products: &[T], offsets: &[T], bound: T, hits: &mut Vec<u32>) = near::closer;

    /// Stochastic gradient steps over rows, in a given order: see `sgd`.
    ///
    /// # Panics
    /// If a row number is beyond the records, targets or weights, or if a vector of the state that the rule needs is
    /// shorter than the rows.
    pub fn sgd_pass(task: &SgdPass<'_, T>, state: &mut SgdState) -> SgdSeen = sgd::pass;

    pub(crate) fn sort_parts_of(keys: &mut [u32], ends: &[u32]) = nodes::sort_parts;
    /// The smallest and the largest value, NaN passed over; ∞ and −∞ where there is none.
    pub fn extent(x: &[T]) -> [T; 2] = nodes::extent;
    /// How many xᵢ are at most `threshold`, and the sum of their terms.
    pub fn sum_at_most(x: &[T], threshold: T, terms: &[f64]) -> [f64; 2] = nodes::sum_at_most;
}

#[cfg(test)]
mod class_tests;
#[cfg(test)]
mod kernel_tests;
#[cfg(test)]
mod mixture_tests;
#[cfg(test)]
mod near_tests;
#[cfg(test)]
mod tests;
