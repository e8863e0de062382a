//! The main path on real data: load, split, cross-validate, search, report, save, load, predict.
//!
//! `cargo run --release --example quickstart`

use estimand::prelude::*;

/// The fitted pipeline. A model file says what it holds; loading it as anything else is an error.
type Fitted = Chain<StandardScalerModel<f64>, Classifier<LogisticModel<f64>, usize>>;

fn main() -> Result<()> {
    let (train, test) = datasets::breast_cancer().split_stratified(0.25, 42)?;
    println!(
        "breast cancer: {} rows to learn from, {} held out, {} features\n",
        train.nrows(),
        test.nrows(),
        train.ncols()
    );

    let pipeline = StandardScaler::new().then(LogisticRegression::new());
    let folds = StratifiedKFold::new(5).shuffle(true).seed(7);
    println!("{}\n", cross_validate(&pipeline, &train, &folds, accuracy)?);

    let candidates = grid!(pipeline, last.c: [0.01, 0.1, 0.5, 1.0, 10.0], first.with_std: [true, false]);
    let search = GridSearch::new(candidates).cv(folds).scoring(accuracy).fit(&train)?;
    println!("{}", search.results());

    let model = search.into_best();
    println!("{}\n", model.last().report());
    let predicted = model.predict(&test)?;
    println!("{}", classification_report(&test.y, &predicted)?);
    println!("{}", confusion_matrix(&test.y, &predicted)?);

    let path = std::env::temp_dir().join("breast_cancer.est");
    model.save(&path)?;
    println!("saved to {}", path.display());

    let reloaded = Fitted::load(&path)?;
    println!("the reloaded model predicts the same: {}", reloaded.predict(&test)? == predicted);
    Ok(())
}
