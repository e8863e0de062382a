//! Boosting that stops by itself: progress as it goes, the learning curve as SVG, and what was learnt.
//!
//! `cargo run --release --features plot --example boosting_with_early_stopping`

use estimand::ensemble::boosting::{Importance, Watch};
use estimand::ndarray::{Array1, Array2};
use estimand::plot::Chart;
use estimand::prelude::*;
use std::ops::ControlFlow;

fn main() -> Result<()> {
    // 1. Bicycles hired in an hour, made up: by the hour of the day and the day of the week, by weather, and by chance.
    let data = hires()?;
    let (rest, test) = data.split(0.25, 1)?;
    let (train, validation_rows) = rest.split(0.25, 2)?;

    // 2. Counts want the Poisson loss. Rounds end when the validation rows have not gained for sixty of them: more patience
    // than is needed, to see on the curve what it is that ends.
    let settings = HistGradientBoostingRegressor::new()
        .loss(estimand::ensemble::RegressionLoss::Poisson)
        .learning_rate(0.2)
        .min_samples_leaf(5.0)
        .max_iter(2000)
        .n_iter_no_change(60);
    let watch = Watch::new().validation(&validation_rows).on_round(|round| {
        if round.number % 20 == 0 {
            let loss = round.validation_loss.unwrap_or(f64::NAN);
            println!(
                "round {:4}   loss {:.4} on the rows learnt from, {loss:.4} on others",
                round.number, round.train_loss
            );
        }
        ControlFlow::Continue(())
    });
    let model = settings.fit_watched(&train, watch)?;
    println!("\n{}\n", model.report());

    // 3. The learning curve: the rows learnt from gain for ever, the others lose what was learnt of chance. The loss of
    // counts that are known is no zero; what is above it is half the deviance. The first rounds would dwarf the rest.
    let path = std::env::temp_dir().join("learning_curve.svg");
    let history = model.history();
    let known = |y: &Array1<f64>| y.mapv(|y| if y > 0.0 { y - y * y.ln() } else { 0.0 }).mean();
    let above = |losses: &[f64], y| -> Vec<f64> {
        losses[FIRST..].iter().map(|loss| loss - known(y).unwrap_or(0.0)).collect()
    };
    let rounds = FIRST..history.train.len();
    let validation = &history.validation;
    let best = (0..validation.len()).fold(0, |a, b| if validation[b] < validation[a] { b } else { a });
    Chart::new()
        .title("Learning, and learning by heart")
        .x_label("rounds")
        .y_label("half the mean Poisson deviance")
        .line(rounds.clone(), above(&history.train, &train.y), "learnt from")
        .line(rounds.clone(), above(validation, &validation_rows.y), "held out")
        .mark_x(best, "best")
        .mark_x(rounds.end - 1, "stopped")
        .save(&path)?;
    println!("{} shows where it stopped, and why.\n", path.display());

    // 4. What it has learnt. The day matters through the hour alone: working days have two peaks.
    println!("{:<14}{:>8}", "column", "share");
    let shares = model.feature_importances(Importance::Gain);
    for (name, share) in COLUMNS.iter().zip(&shares) {
        println!("{name:<14}{:>7.1}%", 100.0 * share);
    }
    let pairs = model.shap_interactions(test.x.slice(estimand::ndarray::s![..50, ..]))?;
    let strength = |a: usize, b: usize| pairs.outer_iter().map(|row| row[[a, b]].abs()).sum::<f64>() / 50.0;
    println!(
        "\nhour and working day together move the logarithm of the count by {:.2} on average, temperature and rain by {:.2}.",
        2.0 * strength(0, 1),
        2.0 * strength(2, 3)
    );
    println!("Explained of rows not seen: {:.1} %.", 100.0 * r2(&test.y, &model.predict(&test)?)?);
    Ok(())
}

/// The first round on the picture.
const FIRST: usize = 8;

const COLUMNS: [&str; 4] = ["hour", "working_day", "temperature", "rain"];

fn hires() -> Result<Dataset<f64, Array1<f64>>> {
    let n = 4000;
    // A generator of our own, so that the example needs nothing else: fractions of multiples of irrational numbers.
    let uniform = |i: usize, k: u32| (i as f64 * 0.754_877_666_246_69 * f64::from(k).sqrt()).fract();
    let x = Array2::from_shape_fn((n, 4), |(i, j)| match j {
        0 => (uniform(i, 2) * 24.0).floor(),
        1 => f64::from(u8::from(uniform(i, 3) < 5.0 / 7.0)),
        2 => 30.0 * uniform(i, 5) - 3.0,
        // The gauge was out of order for a while.
        _ if i % 9 == 4 => f64::NAN,
        _ => (uniform(i, 7) - 0.7).max(0.0) * 20.0,
    });
    let peak = |hour: f64, at: f64, width: f64| (-(hour - at).powi(2) / width).exp();
    let y = Array1::from_iter(x.rows().into_iter().enumerate().map(|(i, row)| {
        let (hour, rain) = (row[0], if row[3].is_nan() { 1.0 } else { row[3] });
        let shape = match row[1] == 1.0 {
            true => 2.0 * peak(hour, 8.0, 3.0) + 2.2 * peak(hour, 17.5, 5.0),
            false => 1.8 * peak(hour, 14.0, 20.0),
        };
        let mean = (2.5 + shape + 0.05 * row[2] - 0.15 * rain).exp();
        (mean + mean.sqrt() * 10.0 * (uniform(i, 11) + uniform(i, 13) - 1.0)).max(0.0).round()
    }));
    Ok(Dataset::new(x, y).with_names(COLUMNS))
}
