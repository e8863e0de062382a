//! A smooth curve through noisy points, with a band that says how sure it is: a Gaussian process whose length scale and
//! noise are those under which the points are most probable. A picture is written.
//!
//! `cargo run --release --example smooth_curve_with_gp --features plot`

use estimand::gaussian_process::Hyperparameter;
use estimand::plot::Chart;
use estimand::prelude::*;

fn main() -> Result<()> {
    // Forty points with a gap between 6 and 8, and noise that is made of sines.
    let place = |i: usize| if i < 26 { i as f64 * 0.23 } else { 8.0 + (i - 26) as f64 * 0.3 };
    let x = Array2::from_shape_fn((40, 1), |(i, _)| place(i));
    let noise = |i: usize| 0.3 * (12.9898 * i as f64).sin() + 0.2 * (78.233 * i as f64).sin();
    let y: Array1<f64> = (0..40).map(|i| place(i).sin() + 0.15 * place(i) + noise(i)).collect();

    let signal = Covariance::constant(1.0) * Covariance::rbf(Hyperparameter::new(1.0).bounds(0.1, 10.0));
    let settings = GaussianProcessRegressor::new()
        .kernel(signal + Covariance::white(0.1))
        .normalize_y(true)
        .n_restarts_optimizer(4);
    let model = settings.fit((&x, &y))?;
    println!("{}", model.kernel());
    println!("log marginal likelihood {:.3}", model.log_marginal_likelihood());
    println!("{}", model.report());

    let new = Array2::from_shape_fn((300, 1), |(i, _)| i as f64 * 13.0 / 299.0);
    let (mean, deviation) = model.predict_std(&new)?;
    let widest = deviation.iter().fold(0.0_f64, |m, d| m.max(*d));
    println!(
        "standard deviation of a new point: {:.2} among the rows, up to {widest:.2} away from them",
        deviation[100]
    );

    let places = new.column(0);
    let picture = std::env::temp_dir().join("smooth_curve_with_gp.svg");
    Chart::new()
        .title("A curve, and where it may be")
        .x_label("x")
        .y_label("y")
        .mean_band(places, &mean, &(&deviation * 1.96), "mean, 95 % of new points")
        .line(places, places.mapv(|x| x.sin() + 0.15 * x), "truth")
        .points(x.column(0), &y, "rows")
        .save(&picture)?;
    println!("{}", picture.display());
    Ok(())
}
