//! Metrics, with and without sample weights.

use crate::inputs::weights_of;
use estimand::core::Label;
use estimand::metrics::{self, Average, Multiclass, Normalise};
use estimand::ndarray::Dimension;
use estimand::prelude::*;
use estimand_parity::{Case, Data, Outcome, hold};

/// A metric of these arguments, with the weights of the case if it has any.
macro_rules! metric {
    ($weights:expr, $name:ident($($arg:expr),+)) => {
        match &$weights {
            None => metrics::$name($($arg),+)?,
            Some(w) => metrics::weighted::$name($($arg,)+ w)?,
        }
    };
}

#[test]
fn of_labels() {
    hold(
        "metrics",
        |s| s == "classification",
        |case| {
            let (truth, predicted) = (case.input("y_true")?, case.input("y_pred")?);
            match (truth.read::<Vec<i64>>(), predicted.read::<Vec<i64>>()) {
                (Ok(truth), Ok(predicted)) => labels(case, &truth.into(), &predicted.into()),
                _ => labels::<String>(
                    case,
                    &truth.read::<Vec<_>>()?.into(),
                    &predicted.read::<Vec<_>>()?.into(),
                ),
            }
        },
    );
}

fn labels<L: Label + serde::Serialize>(case: &Case, truth: &Array1<L>, predicted: &Array1<L>) -> Outcome {
    let w = weights_of(case)?;
    case.close("accuracy", [&metric!(w, accuracy(truth, predicted))]);
    case.close("zero_one_loss", [&metric!(w, zero_one_loss(truth, predicted))]);
    case.close("balanced_accuracy", [&metric!(w, balanced_accuracy(truth, predicted))]);
    case.close("matthews", [&metric!(w, matthews_correlation(truth, predicted))]);
    case.close("cohen_kappa", [&metric!(w, cohen_kappa(truth, predicted))]);

    let scores = metric!(w, precision_recall_f1(truth, predicted));
    case.same("labels", &scores.labels);
    case.close("precision_per_class", &scores.precision);
    case.close("recall_per_class", &scores.recall);
    case.close("f1_per_class", &scores.f1);
    let jaccard = |class: &L| -> Result<f64> {
        Ok(metric!(w, jaccard(truth, predicted, Average::Binary { positive: class.clone() })))
    };
    case.close("jaccard_per_class", &scores.labels.iter().map(jaccard).collect::<Result<Vec<f64>>>()?);

    let mut averages =
        vec![("micro", Average::Micro), ("macro", Average::Macro), ("weighted", Average::Weighted)];
    if let [_, positive] = &scores.labels[..] {
        averages.push(("binary", Average::Binary { positive: positive.clone() }));
    }
    for (name, average) in averages {
        case.close(&format!("precision_{name}"), [&metric!(w, precision(truth, predicted, average.clone()))]);
        case.close(&format!("recall_{name}"), [&metric!(w, recall(truth, predicted, average.clone()))]);
        case.close(&format!("f1_{name}"), [&metric!(w, f1(truth, predicted, average.clone()))]);
        case.close(&format!("jaccard_{name}"), [&metric!(w, jaccard(truth, predicted, average.clone()))]);
    }
    case.close("fbeta_2_macro", [&metric!(w, fbeta(truth, predicted, 2.0, Average::Macro))]);

    let matrix = metric!(w, confusion_matrix(truth, predicted));
    case.close("confusion_counts", matrix.counts());
    for (name, by) in [("true", Normalise::Truth), ("pred", Normalise::Predicted), ("all", Normalise::All)] {
        case.close(&format!("confusion_{name}"), matrix.normalise(by).counts());
    }
    if case.expects("report") {
        case.same_words("report", &classification_report(truth, predicted)?.to_string());
    }
    Ok(())
}

#[test]
fn of_probabilities() {
    hold(
        "metrics",
        |s| s == "probabilities",
        |case| {
            let truth = Array1::from(case.input("y_true")?.read::<Vec<i64>>()?);
            let (proba, w) = (case.input("proba")?.matrix()?, weights_of(case)?);
            let classes: Vec<i64> = (0..proba.ncols() as i64).collect();
            case.close("log_loss", [&metric!(w, log_loss(&truth, &proba, &classes))]);
            case.close("brier", [&metric!(w, brier_score(&truth, &proba, &classes))]);
            if case.expects("roc_auc") {
                let scores = proba.column(1);
                case.close("roc_auc", [&metric!(w, roc_auc(&truth, &scores))]);
                case.close("average_precision", [&metric!(w, average_precision(&truth, &scores))]);
            }
            for (name, compare, average) in [
                ("roc_auc_ovr_macro", Multiclass::OneVersusRest, Average::Macro),
                ("roc_auc_ovr_weighted", Multiclass::OneVersusRest, Average::Weighted),
                ("roc_auc_ovo_macro", Multiclass::OneVersusOne, Average::Macro),
                ("roc_auc_ovo_weighted", Multiclass::OneVersusOne, Average::Weighted),
            ] {
                if case.expects(name) {
                    case.close(
                        name,
                        [&metric!(w, roc_auc_multiclass(&truth, &proba, &classes, compare, average))],
                    );
                }
            }
            Ok(())
        },
    );
}

#[test]
fn of_numbers() {
    hold(
        "metrics",
        |s| s == "regression",
        |case| {
            let (truth, predicted) = (case.input("y_true")?, case.input("y_pred")?);
            if truth.is_matrix() {
                several_outputs(case, truth, predicted)
            } else {
                numbers(case, &truth.vector()?, &predicted.vector()?)
            }
        },
    );
}

fn several_outputs(case: &Case, truth: Data<'_>, predicted: Data<'_>) -> Outcome {
    let (truth, predicted, w) = (truth.matrix()?, predicted.matrix()?, weights_of(case)?);
    numbers(case, &truth, &predicted)?;
    let (mut r2, mut mse, mut mae, mut explained) = (vec![], vec![], vec![], vec![]);
    for (t, p) in truth.columns().into_iter().zip(predicted.columns()) {
        r2.push(metric!(w, r2(&t, &p)));
        mse.push(metric!(w, mean_squared_error(&t, &p)));
        mae.push(metric!(w, mean_absolute_error(&t, &p)));
        explained.push(metric!(w, explained_variance(&t, &p)));
    }
    case.close("r2_per_output", &r2);
    case.close("mse_per_output", &mse);
    case.close("mae_per_output", &mae);
    case.close("explained_variance_per_output", &explained);
    Ok(())
}

fn numbers<D: Dimension>(
    case: &Case,
    truth: &ndarray::Array<f64, D>,
    predicted: &ndarray::Array<f64, D>,
) -> Outcome {
    let w = weights_of(case)?;
    case.close("r2", [&metric!(w, r2(truth, predicted))]);
    case.close("explained_variance", [&metric!(w, explained_variance(truth, predicted))]);
    case.close("mse", [&metric!(w, mean_squared_error(truth, predicted))]);
    case.close("rmse", [&metric!(w, root_mean_squared_error(truth, predicted))]);
    case.close("mae", [&metric!(w, mean_absolute_error(truth, predicted))]);
    case.close("medae", [&metric!(w, median_absolute_error(truth, predicted))]);
    case.close("d2_absolute_error", [&metric!(w, d2_absolute_error(truth, predicted))]);
    if case.expects("max_error") {
        case.close("max_error", [&metrics::max_error(truth, predicted)?]);
        case.close("mape", [&metric!(w, mean_absolute_percentage_error(truth, predicted))]);
    }
    Ok(())
}
