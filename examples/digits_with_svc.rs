//! Handwritten digits with a support vector machine: C and γ by cross-validation, and which digits are taken for one
//! another. A picture is written.
//!
//! `cargo run --release --example digits_with_svc --features plot`

use estimand::plot::HeatMap;
use estimand::prelude::*;

fn main() -> Result<()> {
    let (train, test) = datasets::digits().split(0.4, 1)?;
    // Pixels have one scale already: they are not standardised.
    let candidates = grid!(Svc::new(), c: [1.0, 10.0, 100.0], gamma: [3e-4, 1e-3, 3e-3]);
    let search = GridSearch::new(candidates).cv(StratifiedKFold::new(5)).scoring(accuracy).fit(&train)?;
    println!("{} digits to learn from, {} to be told", train.nrows(), test.nrows());
    println!("best of nine: accuracy {:.4} in cross-validation", search.best_score());

    let model = search.best();
    for (name, value) in search.best_parameters() {
        println!("  {name} = {value}");
    }
    println!("{} of {} rows are support vectors", model.support().len(), train.nrows());
    let predicted = model.predict(&test)?;
    println!("accuracy on the others: {:.4}\n", accuracy(&test.y, &predicted)?);
    println!("{}", classification_report(&test.y, &predicted)?);

    let matrix = confusion_matrix(&test.y, &predicted)?;
    let names: Vec<String> = matrix.labels().iter().map(ToString::to_string).collect();
    let picture = std::env::temp_dir().join("digits_with_svc.svg");
    HeatMap::new(matrix.counts(), names.clone(), names)
        .title("Digits, and what they are taken for")
        .x_label("predicted")
        .y_label("truth")
        .save(&picture)?;
    println!("{}", picture.display());
    Ok(())
}
