//! The one error of the toolkit: what is wrong, where, and what to do.

use thiserror::Error as ThisError;

/// Shorthand for results of this toolkit.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong on user input.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, ThisError)]
pub enum Error {
    /// A setting lies outside its allowed range, or contradicts another one.
    #[error("parameter `{name}` must be {allowed}, got {value}")]
    Parameter {
        /// The parameter's name, as its setter is called.
        name: String,
        /// What was given.
        value: String,
        /// What would be accepted.
        allowed: String,
    },
    /// Two things that must agree in size do not.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// Which quantity, for example `columns of x` or `length of y`.
        what: String,
        /// The size that was needed.
        expected: String,
        /// The size that was found.
        found: String,
    },
    /// NaN or an infinity where numbers are needed.
    #[error("{what} contains {value} at row {row}, column {column}; remove or impute such rows first")]
    NonFinite {
        /// Which array.
        what: String,
        /// The offending value, printed.
        value: String,
        /// Zero-based row.
        row: usize,
        /// Zero-based column.
        column: usize,
    },
    /// No rows or no columns.
    #[error("{what} is empty; at least one row and one column are needed")]
    EmptyInput {
        /// Which array.
        what: String,
    },
    /// Sample weights that cannot be used: negative, not finite, or all zero.
    #[error("sample weights: {what}")]
    Weights {
        /// What is wrong and where.
        what: String,
    },
    /// The target cannot be learnt from: one class only, values outside a loss's domain, ….
    #[error("target: {what}")]
    Target {
        /// What is wrong and what to do.
        what: String,
    },
    /// Columns whose names differ from those of the training data.
    #[error("feature names: {what}")]
    FeatureNames {
        /// Which names are unknown, missing or out of order.
        what: String,
    },
    /// A label or category that was not seen when fitting.
    #[error("unknown label {label}; known are {known}")]
    UnknownLabel {
        /// The label that was found.
        label: String,
        /// Those that are known.
        known: String,
    },
    /// A combination that the estimator does not support.
    #[error("{estimator} does not support {what}")]
    Unsupported {
        /// The estimator's name.
        estimator: String,
        /// What was asked of it, and what to use instead.
        what: String,
    },
    /// The computation broke down: overflow, a matrix that is not positive definite, ….
    #[error("numerical failure: {what}")]
    Numerical {
        /// What happened and what to do.
        what: String,
    },
    /// A search that found nothing: every candidate failed.
    #[error("search: {what}")]
    Search {
        /// How many failed, and why the first of them did.
        what: String,
    },
    /// An estimator of another library failed.
    #[error("{estimator}: {what}")]
    Foreign {
        /// The estimator's name.
        estimator: String,
        /// The other library's message.
        what: String,
    },
    /// A model file that cannot be read or written.
    #[error("model file: {what}")]
    Persist {
        /// What is wrong with the file.
        what: String,
    },
    /// A data file that cannot be understood.
    #[error("{source_name}, line {line}: {what}")]
    Parse {
        /// The file or source.
        source_name: String,
        /// One-based line.
        line: usize,
        /// What was expected and found.
        what: String,
    },
    /// A binary data file that cannot be understood.
    #[error("{source_name}: {what}")]
    Format {
        /// The file or source.
        source_name: String,
        /// What was expected and found.
        what: String,
    },
    /// The operating system refused.
    #[error("{path}: {what}")]
    Io {
        /// The path in question.
        path: String,
        /// The system's message.
        what: String,
    },
}

impl Error {
    /// A parameter outside its range.
    pub fn parameter(name: impl Into<String>, value: impl ToString, allowed: impl Into<String>) -> Self {
        Self::Parameter { name: name.into(), value: value.to_string(), allowed: allowed.into() }
    }

    /// Two sizes that disagree.
    pub fn shape(what: impl Into<String>, expected: impl ToString, found: impl ToString) -> Self {
        Self::Shape { what: what.into(), expected: expected.to_string(), found: found.to_string() }
    }

    /// A combination that is not supported.
    pub fn unsupported(estimator: impl Into<String>, what: impl Into<String>) -> Self {
        Self::Unsupported { estimator: estimator.into(), what: what.into() }
    }

    /// A target that cannot be learnt from.
    pub fn target(what: impl Into<String>) -> Self {
        Self::Target { what: what.into() }
    }

    /// A numerical breakdown.
    pub fn numerical(what: impl Into<String>) -> Self {
        Self::Numerical { what: what.into() }
    }

    /// A refusal by the operating system.
    pub fn io(path: impl AsRef<std::path::Path>, error: &std::io::Error) -> Self {
        Self::Io { path: path.as_ref().display().to_string(), what: error.to_string() }
    }
}
