//! Parameters declared once.
//!
//! [`params!`](crate::params) takes a settings struct with documented fields, their defaults and allowed
//! ranges, and writes everything that follows from them: the struct with serde, `new`, `Default`,
//! one chain setter per field, and [`Describe`] with its range check.

use crate::{Error, Result};
use std::borrow::Cow;

/// What an estimator says of itself: its name, its parameters, what it can take.
pub trait Describe {
    /// The estimator's name, as its type is called.
    fn name(&self) -> String;

    /// The parameters with their present values.
    fn parameters(&self) -> Vec<Parameter>;

    /// Refuses values outside their ranges. `fit` calls it once, first.
    fn check(&self) -> Result<()>;

    /// What input the estimator takes.
    fn capabilities(&self) -> Capabilities;
}

/// Writes a [`Describe`] that passes everything on to a field.
///
/// ```
/// use estimand_core::Describe;
///
/// struct Traced<E> {
///     settings: E,
/// }
/// estimand_core::described_by!([E: Describe] Traced<E>, settings);
/// ```
#[macro_export]
macro_rules! described_by {
    ([$($generics:tt)*] $name:ty, $field:tt) => {
        impl<$($generics)*> $crate::Describe for $name {
            fn name(&self) -> String {
                self.$field.name()
            }
            fn parameters(&self) -> Vec<$crate::Parameter> {
                self.$field.parameters()
            }
            fn check(&self) -> $crate::Result<()> {
                self.$field.check()
            }
            fn capabilities(&self) -> $crate::Capabilities {
                self.$field.capabilities()
            }
        }
    };
}

/// One parameter of an estimator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameter {
    /// The name of the field and of its setter; in a pipeline, with the step before it.
    pub name: Cow<'static, str>,
    /// The present value, printed.
    pub value: String,
    /// The default value, as it is written in the source.
    pub default: &'static str,
    /// The allowed range, in words; empty where the type says it all.
    pub allowed: String,
}

/// What input an estimator takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Reads compressed sparse rows.
    pub sparse: bool,
    /// Honours sample weights.
    pub weights: bool,
    /// Reads NaN as *missing*.
    pub missing: bool,
}

/// A range of numbers that a parameter may take; NaN is in none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    low: f64,
    high: f64,
    open_low: bool,
    open_high: bool,
}

/// `low` or more; infinity is refused.
pub const fn at_least(low: f64) -> Range {
    Range { low, high: f64::INFINITY, open_low: false, open_high: true }
}
/// More than `low`; infinity is refused.
pub const fn above(low: f64) -> Range {
    Range { low, high: f64::INFINITY, open_low: true, open_high: true }
}
/// More than `low`, up to and including infinity.
pub const fn above_or_infinite(low: f64) -> Range {
    Range { low, high: f64::INFINITY, open_low: true, open_high: false }
}
/// Any number but infinity.
pub const fn finite() -> Range {
    Range { low: f64::NEG_INFINITY, high: f64::INFINITY, open_low: true, open_high: true }
}
/// From `low` to `high`, both included.
pub const fn between(low: f64, high: f64) -> Range {
    Range { low, high, open_low: false, open_high: false }
}
/// From `low` to `high`, both excluded.
pub const fn inside(low: f64, high: f64) -> Range {
    Range { low, high, open_low: true, open_high: true }
}
/// More than `low`, at most `high`.
pub const fn above_to(low: f64, high: f64) -> Range {
    Range { low, high, open_low: true, open_high: false }
}
/// At least `low`, less than `high`.
pub const fn at_least_below(low: f64, high: f64) -> Range {
    Range { low, high, open_low: false, open_high: true }
}

impl Range {
    /// Whether `x` lies in the range.
    pub fn contains(&self, x: f64) -> bool {
        (if self.open_low { x > self.low } else { x >= self.low })
            && (if self.open_high { x < self.high } else { x <= self.high })
    }

    /// Refuses a parameter outside the range.
    pub fn check(&self, name: &str, value: &impl Number) -> Result<()> {
        match value.number() {
            Some(x) if !self.contains(x) => {
                // Not three hundred zeros.
                let plain = x == 0.0 || !x.is_finite() || (1e-5..1e16).contains(&x.abs());
                let value = if plain { x.to_string() } else { format!("{x:e}") };
                Err(Error::parameter(name, value, self.to_string()))
            }
            _ => Ok(()),
        }
    }
}

impl std::fmt::Display for Range {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.high == f64::INFINITY, self.open_high) {
            (true, true) if self.low == f64::NEG_INFINITY => write!(f, "a finite number"),
            (true, true) => write!(
                f,
                "a finite number {} {}",
                if self.open_low { "above" } else { "of at least" },
                self.low
            ),
            _ => write!(
                f,
                "in {}{}, {}{}",
                if self.open_low { '(' } else { '[' },
                self.low,
                self.high,
                if self.open_high { ')' } else { ']' }
            ),
        }
    }
}

/// What a [`Range`] can judge: numbers, and optional numbers (`None` is always allowed).
pub trait Number {
    /// The value as a number.
    fn number(&self) -> Option<f64>;
}
macro_rules! number {
    ($($t:ty),*) => {$(
        impl Number for $t {
            fn number(&self) -> Option<f64> {
                Some(*self as f64)
            }
        }
    )*};
}
number!(f64, f32, usize, u64, u32, i64, i32);
impl<T: Number> Number for Option<T> {
    fn number(&self) -> Option<f64> {
        self.as_ref().and_then(Number::number)
    }
}

/// Declares the settings of an estimator; see [the module](crate::describe).
///
/// ```
/// use estimand_core::describe::at_least;
///
/// estimand_core::params! {
///     /// Ridge regression.
///     pub struct Ridge {
///         /// Strength of the penalty.
///         alpha: f64 = 1.0, at_least(0.0);
///         /// Whether to fit an intercept.
///         fit_intercept: bool = true;
///     }
///     accepts: sparse, weights;
/// }
/// use estimand_core::Describe;
/// assert_eq!(Ridge::new().alpha(2.0).alpha, 2.0);
/// assert!(Ridge::new().alpha(-1.0).check().is_err());
/// ```
///
/// A parameter that has no sensible default is named in front: `pub struct KMeans(n_clusters: usize) { … }`
/// makes `KMeans::new(8)`; it is declared among the fields too, with the default that `Default` uses. A setter
/// that takes whatever converts into its field is written with an arrow: `cv => Folds = KFold::new(5);`.
#[macro_export]
macro_rules! params {
    (@value $value:expr) => { $value };
    (@value $value:expr => $into:ty) => { <$into>::from($value) };
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident $(( $($required:ident : $required_type:ty),+ $(,)? ))? {
            $(
                $(#[$field_meta:meta])*
                $field:ident $(: $type:ty)? $(=> $into:ty)? = $default:expr $(, $allowed:expr)? ;
            )*
        }
        accepts: $($capability:ident),* $(,)? ;
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, $crate::serde::Serialize, $crate::serde::Deserialize)]
        #[serde(crate = "estimand_core::serde", default, deny_unknown_fields)]
        #[must_use = "settings do nothing until they are used"]
        #[non_exhaustive]
        $vis struct $name {
            $( $(#[$field_meta])* pub $field: $($type)? $($into)?, )*
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $( $field: $crate::params!(@value $default $(=> $into)?), )* }
            }
        }

        impl $name {
            /// The default settings.
            #[allow(clippy::needless_update, reason = "all fields may be required ones")]
            pub fn new($($( $required: $required_type ),+)?) -> Self {
                Self { $($( $required, )+)? ..Self::default() }
            }
            $(
                $(#[$field_meta])*
                ///
                #[doc = concat!("Default: `", stringify!($default), "`" $(, "; allowed: `", stringify!($allowed), "`")?, ".")]
                pub fn $field(mut self, $field: $($type)? $(impl Into<$into>)?) -> Self {
                    $( let $field: $into = $field.into(); )?
                    self.$field = $field;
                    self
                }
            )*
        }

        impl $crate::Describe for $name {
            fn name(&self) -> String {
                stringify!($name).into()
            }
            fn parameters(&self) -> Vec<$crate::Parameter> {
                vec![$( $crate::Parameter {
                    name: stringify!($field).into(),
                    value: format!("{:?}", self.$field),
                    default: stringify!($default),
                    allowed: String::new() $( + &$allowed.to_string() )?,
                }, )*]
            }
            fn check(&self) -> $crate::Result<()> {
                $($( $allowed.check(stringify!($field), &self.$field)?; )?)*
                Ok(())
            }
            #[allow(clippy::needless_update, reason = "an estimator may have all capabilities")]
            fn capabilities(&self) -> $crate::Capabilities {
                $crate::Capabilities { $( $capability: true, )* ..Default::default() }
            }
        }
    };
}
