//! What is a square metre worth, and how sure are we? Least squares with standard errors, tests and intervals, on 400
//! house sales that are made up, so that the truth is known and can be compared.
//!
//! `cargo run --release --example price_of_a_house`

use estimand::linear::{Coefficient, Link};
use estimand::prelude::*;

const COLUMNS: [&str; 6] = ["area", "rooms", "age", "distance", "garden", "house_number"];

/// What each unit adds to the price, in thousand euros: a square metre 3.2, a room nothing of its own, a year −0.9, a
/// kilometre from the centre −8, a square metre of garden 0.12, the number on the door nothing.
const TRUTH: [f64; 6] = [3.2, 0.0, -0.9, -8.0, 0.12, 0.0];

fn main() -> Result<()> {
    let houses = sales()?;

    // 1. Least squares. Each line of the table: what a unit adds, how sure that is, and whether it could be nothing.
    let summary = LinearRegression::new().summarize(&houses)?;
    println!("{summary}\n");

    // 2. Read it with care. All else equal, what is one unit more worth?
    println!("{:<14}{:>10}  95 % interval", "", "truth");
    for (name, truth) in COLUMNS.iter().zip(TRUTH) {
        let Some(line) = summary.coefficient(name) else { continue };
        println!("{name:<14}{truth:>10.2}  {}", verdict(line));
    }
    println!(
        "\nThe number on the door may well be worth nothing, as it is. So may a room, but for another reason: bigger\n\
         houses have more rooms, the two columns nearly say the same, and the data cannot tell them apart: compare its\n\
         interval, {:.0} thousand wide, with that of a year. Absence of evidence is not evidence of absence.\n",
        width(&summary, "rooms")
    );

    // 3. The table takes the errors to be equally large for all houses. Are they?
    let model = LinearRegression::new().fit(&houses)?;
    let predicted = model.predict(&houses)?;
    let mut order: Vec<usize> = (0..houses.nrows()).collect();
    order.sort_by(|a, b| predicted[*a].total_cmp(&predicted[*b]));
    let third = order.len() / 3;
    let spread = |rows: &[usize]| {
        let squares: f64 = rows.iter().map(|i| (houses.y[*i] - predicted[*i]).powi(2)).sum();
        (squares / rows.len() as f64).sqrt()
    };
    println!(
        "Typical error of the cheapest third: {:.0} thousand, of the dearest: {:.0}. Least squares believes both alike,\n\
         which wastes what the cheap ones could teach, and its standard errors are an average that suits neither. The\n\
         tests at the foot of the table do not see this: they ask for the shape of the errors, not for their size.\n",
        spread(&order[..third]),
        spread(&order[order.len() - third..]),
    );

    // 4. A model that knows: a gamma variable's spread is proportional to its mean; effects still add up.
    let gamma = TweedieRegressor::new().power(2.0).link(Link::Identity).alpha(0.0).summarize(&houses)?;
    println!("{gamma}\n");
    println!("Width of the intervals, least squares and gamma:");
    for name in COLUMNS {
        let gamma = gamma.coefficient(name).map_or(f64::NAN, |line| line.interval.1 - line.interval.0);
        println!("{name:<14}{:>10.3}{gamma:>10.3}", width(&summary, name));
    }
    Ok(())
}

fn verdict(line: &Coefficient) -> String {
    let (low, high) = line.interval;
    let remark = if low <= 0.0 && high >= 0.0 { "  could be 0" } else { "" };
    format!("{low:>8.2} to {high:>7.2}{remark}")
}

fn width(summary: &estimand::linear::RegressionSummary, name: &str) -> f64 {
    summary.coefficient(name).map_or(f64::NAN, |line| line.interval.1 - line.interval.0)
}

/// 400 sales. The seventh column of draws is luck: 12 % of the price, up or down.
fn sales() -> Result<Dataset<f64, Array1<f64>>> {
    let draws = datasets::make_regression(400).n_features(7).seed(3).generate()?.x;
    let mut x = Array2::zeros((draws.nrows(), COLUMNS.len()));
    for (draw, mut house) in draws.rows().into_iter().zip(x.rows_mut()) {
        let area = (110.0 + 35.0 * draw[0]).max(35.0).round();
        let rooms = (area / 24.0 + 0.4 * draw[1]).round().max(1.0);
        let age = (40.0 * draw[2].abs()).round();
        let distance = (1.2 + 0.5 * draw[3]).exp();
        let garden = (60.0 * distance.sqrt() * draw[4].abs()).round();
        let house_number = (1.0 + 60.0 * draw[5].abs()).round();
        house.assign(&array![area, rooms, age, distance, garden, house_number]);
    }
    let fair = x.dot(&Array1::from(TRUTH.to_vec())) + 120.0;
    let price = fair * (1.0 + 0.12 * &draws.column(6));
    Ok(Dataset::new(x, price).with_names(COLUMNS))
}
