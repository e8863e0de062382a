//! Splitters as plain values, for settings that keep one.

use super::{
    Fold, GroupKFold, GroupShuffleSplit, KFold, LeaveOneGroupOut, LeaveOneOut, Predefined, RepeatedKFold,
    RepeatedStratifiedKFold, ShuffleSplit, Splitter, StratifiedGroupKFold, StratifiedKFold,
    StratifiedShuffleSplit, TimeSeriesSplit,
};
use crate::{Float, Label, Result, Samples, Target};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

/// Writes an enum of splitters, the conversions into it, and its [`Splitter`] for targets of type `$target`.
macro_rules! any_of {
    ($(#[$meta:meta])* $name:ident<$($bound:ident: $of:path),*> for $target:ty {
        $($(#[$doc:meta])* $splitter:ident),* $(,)?
    }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
        #[non_exhaustive]
        pub enum $name {
            $(#[doc = concat!("[`", stringify!($splitter), "`](super::", stringify!($splitter), ").")] $splitter($splitter)),*
        }
        $(impl From<$splitter> for $name {
            fn from(splitter: $splitter) -> Self {
                Self::$splitter(splitter)
            }
        })*
        impl<F: Float, $($bound: $of),*> Splitter<F, $target> for $name {
            fn split(&self, samples: &Samples<'_, F, $target>) -> Result<Vec<Fold>> {
                match self {
                    $(Self::$splitter(splitter) => splitter.split(samples)),*
                }
            }
        }
    };
}

any_of! {
    /// Any splitter that needs no labels: what regressors that choose a parameter by cross-validation keep among
    /// their settings.
    Folds<Y: Target> for Y {
        KFold, RepeatedKFold, ShuffleSplit, LeaveOneOut, GroupKFold, GroupShuffleSplit, LeaveOneGroupOut,
        TimeSeriesSplit, Predefined,
    }
}

any_of! {
    /// Any splitter: what classifiers that choose a parameter by cross-validation keep among their settings.
    ClassFolds<L: Label> for Array1<L> {
        StratifiedKFold, RepeatedStratifiedKFold, StratifiedShuffleSplit, StratifiedGroupKFold, Folds,
    }
}

macro_rules! folds_for_classes {
    ($($splitter:ident),*) => {$(
        impl From<$splitter> for ClassFolds {
            fn from(splitter: $splitter) -> Self {
                Self::Folds(splitter.into())
            }
        }
    )*};
}
folds_for_classes!(
    KFold,
    RepeatedKFold,
    ShuffleSplit,
    LeaveOneOut,
    GroupKFold,
    GroupShuffleSplit,
    LeaveOneGroupOut,
    TimeSeriesSplit,
    Predefined
);
