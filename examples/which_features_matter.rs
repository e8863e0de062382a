//! Which features matter? The lasso drops features as its penalty grows; the last ones to go matter most, and
//! cross-validation says how many are worth keeping. Two pictures are written.
//!
//! `cargo run --release --example which_features_matter --features plot`

use estimand::linear::{LassoCv, PathOptions, lasso_path};
use estimand::plot::Chart;
use estimand::prelude::*;

/// The horizontal axis of both pictures.
const WEAKER: &str = "−log₁₀ α: a weaker penalty to the right";

fn main() -> Result<()> {
    // One penalty for all coefficients is fair only where columns have one scale.
    let data = datasets::diabetes();
    let scaled = StandardScaler::new().fit(&data)?.transform(&data.x)?;
    let data = Dataset::new(scaled, data.y).with_names(data.feature_names);

    let path = lasso_path(&data, &PathOptions::new())?;
    let chosen = LassoCv::new().cv(KFold::new(10).shuffle(true).seed(1)).fit(&data)?;
    println!("progression of diabetes in {} patients, {} features", data.nrows(), data.ncols());
    println!("cross-validation chooses α = {:.3}, which keeps these:\n", chosen.alpha());
    println!("  feature  enters at α  coefficient");
    for j in path.order_of_entry() {
        let entry = path.coefs().row(j).iter().position(|w| *w != 0.0).unwrap_or(0);
        let words = match chosen.coef()[j] {
            0.0 => "dropped".into(),
            w => format!("{w:.2}"),
        };
        println!("  {:7}  {:11.3}  {words:>11}", data.feature_names[j], path.alphas()[entry]);
    }

    let folder = std::env::temp_dir();
    let coefficients = folder.join("which_features_matter.svg");
    Chart::new()
        .title("Which features matter: the lasso path of the diabetes data")
        .x_label(WEAKER)
        .y_label("coefficient")
        .lines(path.alphas().mapv(|alpha| -alpha.log10()), path.coefs().t(), path.feature_names())
        .label_ends(true)
        .mark_x(-chosen.alpha().log10(), "chosen by cross-validation")
        .save(&coefficients)?;

    let errors = chosen.mse_path().index_axis(Axis(0), 0);
    let folds = errors.ncols() as f64;
    let mean = errors.mapv(|e| e / folds).sum_axis(Axis(1));
    let curves = folder.join("which_features_matter-error.svg");
    Chart::new()
        .title("Mean squared error on held-out rows, ten folds")
        .x_label(WEAKER)
        .y_label("mean squared error ± standard error")
        .mean_band(
            chosen.alphas().row(0).mapv(|alpha| -alpha.log10()),
            &mean,
            errors.std_axis(Axis(1), 1.0) / folds.sqrt(),
            "",
        )
        .mark_x(-chosen.alpha().log10(), "chosen")
        .save(&curves)?;

    println!("\nthe path:  {}", coefficients.display());
    println!("the error: {}", curves.display());
    Ok(())
}
