//! Writes one picture of every kind: `cargo run -p estimand-plot --example gallery -- FOLDER`.

use estimand_core::Result;
use estimand_plot::{Bars, Chart, HeatMap, Scale};
use ndarray::Array2;

fn wave(i: usize, k: usize) -> f64 {
    ((i * (k + 3)) as f64 * 0.13).sin()
}

fn main() -> Result<()> {
    let folder = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".into()));
    let save = |name: &str| folder.join(name);
    let t: Vec<f64> = (0..60).map(|i| f64::from(i) / 20.0).collect();

    let names = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"];
    let path = Array2::from_shape_fn((60, 10), |(i, j)| {
        let enters = 0.25 * j as f64;
        (t[i] - enters).max(0.0).powf(0.7) * 260.0 * (j as f64 * 2.3).cos()
    });
    Chart::new()
        .title("Which features matter: the lasso path of the diabetes data")
        .x_label("−log₁₀ α")
        .y_label("coefficient")
        .lines(&t, &path, names)
        .label_ends(true)
        .mark_x(1.3, "chosen by cross-validation")
        .save(save("lines.svg"))?;

    let alpha: Vec<f64> = (-12..=12).map(|k| 10_f64.powf(f64::from(k) / 4.0)).collect();
    let mean: Vec<f64> = alpha.iter().map(|a| 0.47 - 0.03 * (a.log10() - 0.3).powi(2)).collect();
    Chart::new()
        .title("Ridge on the diabetes data, ten folds")
        .x_label("α")
        .y_label("R²")
        .x_scale(Scale::Log)
        .mean_band(&alpha, &mean, mean.iter().map(|m| 0.05 - 0.04 * m), "test folds")
        .line(&alpha, mean.iter().map(|m| m + 0.06), "training folds")
        .mark_x(2.0, "best")
        .save(save("band.svg"))?;

    let points = |k: usize| {
        (0..50)
            .map(move |i| (2.2 * k as f64 + wave(i, k) * wave(i, 7), wave(i * 5 + 1, k + 1) + k as f64 * 0.8))
    };
    let all: Vec<(f64, f64)> = (0..3).flat_map(points).collect();
    let classes = (0..150).map(|i| ["setosa", "versicolor", "virginica"][i / 50]);
    Chart::new()
        .title("Iris")
        .x_label("petal length (cm)")
        .y_label("petal width (cm)")
        .scatter(all.iter().map(|p| p.0), all.iter().map(|p| p.1), classes)
        .save(save("scatter.svg"))?;

    Chart::new()
        .title("Receiver operating characteristic")
        .x_label("false positive rate")
        .y_label("true positive rate")
        .step(
            [0.0, 0.0, 0.02, 0.1, 0.1, 0.35, 1.0],
            [0.0, 0.6, 0.8, 0.8, 0.93, 0.98, 1.0],
            "logistic (AUC 0.97)",
        )
        .line([0.0, 1.0], [0.0, 1.0], "chance")
        .size(480, 460)
        .save(save("step.svg"))?;

    Bars::new(
        ["bmi", "serum triglycerides (s5)", "blood pressure", "age", "sex"],
        [0.31, 0.27, 0.11, -0.01, 0.02],
    )
    .errors([0.03, 0.04, 0.02, 0.015, 0.01])
    .title("Permutation importance")
    .x_label("loss of R²")
    .save(save("bars.svg"))?;

    let digits: Vec<String> = (0..10).map(|d| d.to_string()).collect();
    let counts =
        Array2::from_shape_fn(
            (10, 10),
            |(i, j)| if i == j { 40 + i as i32 } else { i32::from((i * j) % 7 == 3) },
        );
    HeatMap::new(&counts, digits.clone(), digits)
        .title("Digits: truth and prediction")
        .x_label("predicted")
        .y_label("truth")
        .save(save("confusion.svg"))?;
    let correlation =
        Array2::from_shape_fn((10, 10), |(i, j)| if i == j { 1.0 } else { wave(i + j, 3) * 0.8 });
    HeatMap::new(&correlation, names, names.map(|n| format!("feature {n}")))
        .title("Correlations")
        .save(save("correlation.svg"))?;
    let many = Array2::from_shape_fn((40, 60), |(i, j)| wave(i, 2) + wave(j, 1) + 2.0);
    HeatMap::new(&many, (0..40).map(|i| format!("row {i}")), (0..60).map(|i| format!("c{i}")))
        .size(700, 460)
        .title("A table too fine for numbers")
        .save(save("fine.svg"))?;
    println!("eight pictures in {}", folder.display());
    Ok(())
}
