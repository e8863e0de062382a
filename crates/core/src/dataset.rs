//! An owned training set.

use crate::{Float, Label, Records, Result, Samples, Seed, Table, Target, split};
use ndarray::{Array1, Array2, Axis};

/// Records, targets, and what is known about them. `X` is [`Array2`] unless the records are sparse.
///
/// ```
/// use estimand_core::Dataset;
/// use ndarray::array;
///
/// let data = Dataset::new(array![[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]], array![0, 1, 0, 1])
///     .with_names(["height", "width"]);
/// let (train, test) = data.split(0.25, 42)?;
/// assert_eq!((train.nrows(), test.nrows()), (3, 1));
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Dataset<F, Y, X = Array2<F>> {
    /// Records, `n × p`.
    pub x: X,
    /// Targets, `n` rows.
    pub y: Y,
    /// Sample weights.
    pub weights: Option<Array1<F>>,
    /// Group of each row.
    pub groups: Option<Array1<usize>>,
    /// Names of the columns; empty where they have none.
    pub feature_names: Vec<String>,
    /// Names of the classes or outputs, in the order of their codes; empty where they have none.
    pub target_names: Vec<String>,
}

impl<F: Float, Y: Target, X: Table<F>> Dataset<F, Y, X> {
    /// A data set without names, weights or groups.
    pub fn new(x: X, y: Y) -> Self {
        Self { x, y, weights: None, groups: None, feature_names: Vec::new(), target_names: Vec::new() }
    }

    /// The same with column names.
    #[must_use]
    pub fn with_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.feature_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// The same with names of the classes or outputs.
    #[must_use]
    pub fn with_target_names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.target_names = names.into_iter().map(Into::into).collect();
        self
    }

    /// The same with sample weights.
    #[must_use]
    pub fn with_weights(mut self, weights: Array1<F>) -> Self {
        self.weights = Some(weights);
        self
    }

    /// The same with groups.
    #[must_use]
    pub fn with_groups(mut self, groups: Array1<usize>) -> Self {
        self.groups = Some(groups);
        self
    }

    /// Number of rows.
    pub fn nrows(&self) -> usize {
        self.x.records().nrows()
    }

    /// Number of columns.
    pub fn ncols(&self) -> usize {
        self.x.records().ncols()
    }

    /// The records, with their names.
    pub fn records(&self) -> Records<'_, F> {
        let records = self.x.records();
        if self.feature_names.is_empty() { records } else { records.with_names(&self.feature_names) }
    }

    /// Everything, borrowed.
    pub fn samples(&self) -> Samples<'_, F, Y> {
        Samples {
            x: self.records(),
            y: self.y.as_view(),
            weights: self.weights.as_ref().map(|w| w.view()),
            groups: self.groups.as_ref().map(|g| g.view()),
        }
    }

    /// The rows with these numbers, in this order, with everything that belongs to them.
    ///
    /// # Panics
    /// If a row number is out of range.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Self {
            x: X::from_matrix(self.x.records().select(rows)),
            y: Y::select(self.y.as_view(), rows),
            weights: self.weights.as_ref().map(|w| w.select(Axis(0), rows)),
            groups: self.groups.as_ref().map(|g| g.select(Axis(0), rows)),
            feature_names: self.feature_names.clone(),
            target_names: self.target_names.clone(),
        }
    }

    /// Shuffles with `seed` and splits into a training and a test part, the latter with the share
    /// `test` of the rows (rounded up); both keep at least one row.
    pub fn split(&self, test: f64, seed: u64) -> Result<(Self, Self)> {
        self.samples().check()?;
        let fold = split::train_test(self.nrows(), test, &mut Seed(seed).stream(0))?;
        Ok((self.select(&fold.train), self.select(&fold.test)))
    }
}

impl<F: Float, L: Label, X: Table<F>> Dataset<F, Array1<L>, X> {
    /// Like [`split`](Self::split), with every class in the same proportion in both parts.
    pub fn split_stratified(&self, test: f64, seed: u64) -> Result<(Self, Self)> {
        self.samples().check()?;
        let fold = split::train_test_stratified(self.y.view(), test, Seed(seed))?;
        Ok((self.select(&fold.train), self.select(&fold.test)))
    }
}
