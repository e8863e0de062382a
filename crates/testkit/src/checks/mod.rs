//! The checks, by theme. Those in [`COMMON`] are put to every estimator.

use crate::subject::{Outcome, Subject};
use estimand_core::{Error, Result};
use ndarray::Array2;

pub mod classifiers;
pub mod clusterers;
pub mod inputs;
pub mod invariance;
pub mod layouts;
pub mod one_row;
pub mod regressors;
pub mod saved;
pub mod settings;
pub mod transformers;
pub mod weights;

/// A check and its name.
pub type Named = (&'static str, fn(&Subject) -> Outcome);

/// The checks that are put to every estimator.
pub const COMMON: &[Named] = &[
    ("nan_is_refused_when_fitting", inputs::nan_when_fitting),
    ("infinity_is_refused_when_fitting", inputs::infinity_when_fitting),
    ("nan_is_refused_when_asked", inputs::nan_when_asked),
    ("infinity_is_refused_when_asked", inputs::infinity_when_asked),
    ("nan_is_refused_in_single_precision", inputs::nan_in_single_precision),
    ("missing_values_are_learnt_around", inputs::missing),
    ("empty_input_is_refused", inputs::empty),
    ("other_widths_are_refused", inputs::other_widths),
    ("lengths_that_disagree_are_refused", inputs::lengths_that_disagree),
    ("other_names_are_refused", inputs::other_names),
    ("one_row_is_learnt_or_refused", inputs::one_row),
    ("one_column_is_learnt", inputs::one_column),
    ("constant_columns_do_no_harm", inputs::constant_columns),
    ("identical_rows_are_learnt_or_refused", inputs::identical_rows),
    ("more_columns_than_rows_are_learnt", inputs::wide),
    ("collinear_columns_are_learnt", inputs::collinear),
    ("huge_and_tiny_values_are_learnt_or_refused", inputs::huge_and_tiny),
    ("columns_of_very_different_scales_are_learnt", inputs::mixed_scales),
    ("columns_far_from_zero_are_learnt", inputs::far_from_zero),
    ("fitting_twice_gives_the_same_bits", invariance::fit_twice),
    ("input_is_not_written", invariance::input_unchanged),
    ("threads_do_not_change_a_bit", invariance::threads),
    ("rows_are_answered_independently", invariance::rows_independent),
    ("answers_follow_the_order_of_rows", invariance::row_order),
    ("the_order_of_training_rows_does_not_matter", invariance::training_order),
    ("single_precision_agrees", invariance::single_precision),
    ("layouts_agree_when_fitting", layouts::when_fitting),
    ("layouts_agree_when_asked", layouts::when_asked),
    ("sparse_records_agree_or_are_refused", layouts::sparse),
    ("stored_zeros_and_empty_rows_are_zeros", layouts::stored_zeros),
    ("weights_of_sparse_records_agree", layouts::sparse_weights),
    ("weights_are_repetitions", weights::repetitions),
    ("weight_zero_is_absence", weights::zero),
    ("equal_weights_are_no_weights", weights::ones),
    ("bad_weights_are_refused", weights::bad),
];

/// The largest difference between two answers, relative to the larger of 1 and their largest value.
pub(crate) fn difference(a: &Array2<f64>, b: &Array2<f64>) -> Result<f64, String> {
    if a.dim() != b.dim() {
        return Err(format!("answers of {:?} and {:?}", a.dim(), b.dim()));
    }
    let scale = a.iter().chain(b).fold(1.0_f64, |m, v| m.max(v.abs()));
    let worst = a.iter().zip(b).fold(0.0_f64, |m, (x, y)| {
        // NaN in both places agrees; NaN in one never does.
        let d = if x.to_bits() == y.to_bits() || (x.is_nan() && y.is_nan()) { 0.0 } else { (x - y).abs() };
        if d.is_nan() { f64::INFINITY } else { m.max(d) }
    });
    Ok(worst / scale)
}

/// Fails unless two answers agree within `tolerance`.
pub(crate) fn agree(what: &str, a: &Array2<f64>, b: &Array2<f64>, tolerance: f64) -> Outcome {
    let found = difference(a, b).map_err(|e| format!("{what}: {e}"))?;
    if found <= tolerance {
        Ok(())
    } else {
        Err(format!("{what}: answers differ by {found:.1e}, allowed {tolerance:.0e}"))
    }
}

/// Fails unless two answers are the same bits.
pub(crate) fn same_bits(what: &str, a: &Array2<f64>, b: &Array2<f64>) -> Outcome {
    let same = a.dim() == b.dim() && a.iter().zip(b).all(|(x, y)| x.to_bits() == y.to_bits());
    if same { Ok(()) } else { Err(format!("{what}: answers are not the same bits")) }
}

/// Fails unless every number is finite.
pub(crate) fn finite(what: &str, a: &Array2<f64>) -> Outcome {
    match a.iter().find(|v| !v.is_finite()) {
        Some(v) => Err(format!("{what}: an answer is {v}")),
        None => Ok(()),
    }
}

/// Fails unless the outcome is an error whose message has all the words.
pub(crate) fn refused<T>(what: &str, outcome: Result<T>, words: &[&str]) -> Outcome {
    match outcome {
        Ok(_) => Err(format!("{what} is accepted")),
        Err(e) => {
            let message = e.to_string();
            match words.iter().find(|w| !message.contains(**w)) {
                Some(word) => Err(format!("{what}: the message {message:?} does not say {word:?}")),
                None => Ok(()),
            }
        }
    }
}

/// An error of the estimator, as a failure.
pub(crate) fn ok<T>(what: &str, outcome: Result<T>) -> std::result::Result<T, String> {
    outcome.map_err(|e| format!("{what}: {e}"))
}

/// Either finite answers, or an error that is about the data (not a broken shape inside).
pub(crate) fn finite_or_refused(what: &str, outcome: Result<Array2<f64>>) -> Outcome {
    match outcome {
        Ok(answer) => finite(what, &answer),
        Err(
            Error::Numerical { .. }
            | Error::Target { .. }
            | Error::NonFinite { .. }
            | Error::Parameter { .. }
            | Error::Unsupported { .. },
        ) => Ok(()),
        Err(Error::Shape { what: about, .. }) if about.contains("rows") => Ok(()),
        Err(e) => Err(format!("{what}: an unexpected error: {e}")),
    }
}
