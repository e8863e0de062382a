//! A model that LightGBM saved, served without LightGBM: read, checked, explained, asked row by row, kept as a file of our own.
//!
//! `cargo run --release --example read_a_lightgbm_model`

use estimand::ensemble::boosting::Importance;
use estimand::ensemble::{ClassBooster, formats};
use estimand::prelude::*;
use std::time::Instant;

type Model = Classifier<ClassBooster<f64>, usize>;

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    // 1. What `booster.save_model(…)` has written in Python. It learnt the odd rows of this set; the even ones are new to it.
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../datasets/models/tumours.lightgbm.txt");
    let imported = formats::from_lightgbm(&std::fs::read_to_string(path)?)?;
    println!("{} columns", imported.features().count());

    // 2. The file knows classes by number: here they are given their labels, in the same order.
    let model: Model = imported.into_classifier(vec![0, 1])?;
    let data = datasets::breast_cancer();
    let (x, y) = (data.x.slice(s![..;2, ..]), data.y.slice(s![..;2]));
    println!("{:.1} % of rows that it has not seen are right\n", 100.0 * accuracy(&y, &model.predict(x)?)?);

    // 3. Everything that models of ours can do: which columns matter, and what speaks for one row's answer.
    let shares = model.model().feature_importances(Importance::Gain);
    let values = model.model().shap_values(x)?;
    let mut columns: Vec<usize> = (0..shares.len()).collect();
    columns.sort_by(|a, b| shares[*b].total_cmp(&shares[*a]));
    println!("{:<8}{:>10}{:>26}", "column", "share", "log-odds it adds, row 0");
    for j in columns.into_iter().take(5) {
        println!("{j:<8}{:>9.1}%{:>26.3}", 100.0 * shares[j], values[[0, 0, j]]);
    }

    // 4. One row at a time, as a server is asked: no batch, no allocation.
    let mut scratch = Scratch::default();
    let rows: Vec<Vec<f64>> = x.rows().into_iter().map(|row| row.to_vec()).collect();
    let started = Instant::now();
    for row in &rows {
        model.predict_one(row, &mut scratch)?;
    }
    println!("\n{:.2} µs a row", started.elapsed().as_secs_f64() * 1e6 / rows.len() as f64);

    // 5. Kept as a file of ours: smaller, quicker to load, with the labels.
    let path = std::env::temp_dir().join("tumours.est");
    model.save(&path)?;
    let same = Model::load(&path)?.predict_proba(x)? == model.predict_proba(x)?;
    println!("saved to {} and loaded again: the same answers? {same}", path.display());
    Ok(())
}
