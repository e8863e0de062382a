//! The one error of the toolkit: what is wrong, where, and what to do.

/// Shorthand for results of this toolkit.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Everything that can go wrong on user input.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq)]
pub enum Error {
    /// A setting lies outside its allowed range, or contradicts another one.
    Parameter {
        /// The parameter's name, as its setter is called.
        name: String,
        /// What was given.
        value: String,
        /// What would be accepted.
        allowed: String,
    },
    /// Two things that must agree in size do not.
    Shape {
        /// Which quantity, for example `columns of x` or `length of y`.
        what: String,
        /// The size that was needed.
        expected: String,
        /// The size that was found.
        found: String,
    },
    /// NaN or an infinity where numbers are needed.
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
    EmptyInput {
        /// Which array.
        what: String,
    },
    /// Sample weights that cannot be used: negative, not finite, or all zero.
    Weights {
        /// What is wrong and where.
        what: String,
    },
    /// The target cannot be learnt from: one class only, values outside a loss's domain, ….
    Target {
        /// What is wrong and what to do.
        what: String,
    },
    /// Columns whose names differ from those of the training data.
    FeatureNames {
        /// Which names are unknown, missing or out of order.
        what: String,
    },
    /// A label or category that was not seen when fitting.
    UnknownLabel {
        /// The label that was found.
        label: String,
        /// Those that are known.
        known: String,
    },
    /// A combination that the estimator does not support.
    Unsupported {
        /// The estimator's name.
        estimator: String,
        /// What was asked of it, and what to use instead.
        what: String,
    },
    /// The computation broke down: overflow, a matrix that is not positive definite, ….
    Numerical {
        /// What happened and what to do.
        what: String,
    },
    /// A search that found nothing: every candidate failed.
    Search {
        /// How many failed, and why the first of them did.
        what: String,
    },
    /// An estimator of another library failed.
    Foreign {
        /// The estimator's name.
        estimator: String,
        /// The other library's message.
        what: String,
    },
    /// A model file that cannot be read or written.
    Persist {
        /// What is wrong with the file.
        what: String,
    },
    /// A data file that cannot be understood.
    Parse {
        /// The file or source.
        source_name: String,
        /// One-based line.
        line: usize,
        /// What was expected and found.
        what: String,
    },
    /// A binary data file that cannot be understood.
    Format {
        /// The file or source.
        source_name: String,
        /// What was expected and found.
        what: String,
    },
    /// The operating system refused.
    Io {
        /// The path in question.
        path: String,
        /// The system's message.
        what: String,
    },
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Parameter { name, value, allowed } => {
                write!(f, "parameter `{name}` must be {allowed}, got {value}")
            }
            Self::Shape { what, expected, found } => write!(f, "{what}: expected {expected}, found {found}"),
            Self::NonFinite { what, value, row, column } => write!(
                f,
                "{what} contains {value} at row {row}, column {column}; remove or impute such rows first"
            ),
            Self::EmptyInput { what } => {
                write!(f, "{what} is empty; at least one row and one column are needed")
            }
            Self::Weights { what } => write!(f, "sample weights: {what}"),
            Self::Target { what } => write!(f, "target: {what}"),
            Self::FeatureNames { what } => write!(f, "feature names: {what}"),
            Self::UnknownLabel { label, known } => write!(f, "unknown label {label}; known are {known}"),
            Self::Unsupported { estimator, what } => write!(f, "{estimator} does not support {what}"),
            Self::Numerical { what } => write!(f, "numerical failure: {what}"),
            Self::Search { what } => write!(f, "search: {what}"),
            Self::Foreign { estimator, what } => write!(f, "{estimator}: {what}"),
            Self::Persist { what } => write!(f, "model file: {what}"),
            Self::Parse { source_name, line, what } => write!(f, "{source_name}, line {line}: {what}"),
            Self::Format { source_name, what } => write!(f, "{source_name}: {what}"),
            Self::Io { path, what } => write!(f, "{path}: {what}"),
        }
    }
}

impl std::error::Error for Error {}

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
