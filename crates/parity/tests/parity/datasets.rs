//! The bundled data sets are scikit-learn's.

use estimand::core::Target;
use estimand::prelude::*;
use estimand_parity::{Case, Outcome, hold};

#[test]
fn bundled_sets() {
    hold("datasets", |_| true, check);
}

fn check(case: &Case) -> Outcome {
    match case.input("dataset")?.read()? {
        "iris" => classes(case, &datasets::iris()),
        "wine" => classes(case, &datasets::wine()),
        "breast_cancer" => classes(case, &datasets::breast_cancer()),
        "digits" => classes(case, &datasets::digits()),
        "diabetes" => {
            let data = datasets::diabetes();
            columns(case, &data);
            targets(case, &data.y.insert_axis(Axis(1)));
        }
        "linnerud" => {
            let data = datasets::linnerud();
            columns(case, &data);
            targets(case, &data.y);
        }
        other => return Err(other.into()),
    }
    Ok(())
}

fn classes(case: &Case, data: &Dataset<f64, Array1<usize>>) {
    columns(case, data);
    case.same("class_names", &data.target_names);
    let count = |c: usize| data.y.iter().filter(|y| **y == c).count();
    case.same("class_counts", (0..data.target_names.len()).map(count).collect::<Vec<_>>());
    targets(case, &data.y.mapv(|c| c as f64).insert_axis(Axis(1)));
}

fn columns<Y: Target>(case: &Case, data: &Dataset<f64, Y>) {
    case.same("shape", data.x.dim());
    case.same("feature_names", &data.feature_names);
    case.close("rows", &sample(&data.x));
    let means = mean(&data.x);
    case.close("column_means", &means);
    case.close("column_stds", &mean(&(&data.x - &means).mapv(|v| v * v)).mapv(f64::sqrt));
}

fn targets(case: &Case, y: &Array2<f64>) {
    case.close("target_rows", &sample(y));
    case.close("target_mean", &mean(y));
}

fn sample(x: &Array2<f64>) -> Array2<f64> {
    x.select(Axis(0), &[0, 7, x.nrows() - 1])
}

fn mean(x: &Array2<f64>) -> Array1<f64> {
    x.sum_axis(Axis(0)) / x.nrows() as f64
}
