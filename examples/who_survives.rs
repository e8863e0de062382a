//! Who survives? Passengers of a ship that sinks: numbers, categories and gaps side by side, as they come. A small tree
//! is printed and drawn, and a forest says which columns matter.
//!
//! `cargo run --release --example who_survives --features plot`

use estimand::core::random::{below, uniform};
use estimand::core::{Seed, Stream};
use estimand::plot::Bars;
use estimand::prelude::*;

const COLUMNS: [&str; 6] = ["sex", "age", "class", "fare", "relatives", "port"];
/// Sexes and ports are categories: 0, 1, …, which trees split by sets.
const CATEGORIES: [usize; 2] = [0, 5];

/// A passenger who might have been, and whether he or she survives: women and children first, and the better classes.
fn passenger(stream: &mut Stream) -> ([f64; 6], &'static str) {
    let woman = uniform(stream) < 0.36;
    let class = [1.0, 2.0, 3.0, 3.0, 3.0][below(5, stream)];
    let age = (70.0 * uniform(stream) * uniform(stream).sqrt() + 1.0).round();
    let fare = (90.0 / (class * class) * (0.5 + uniform(stream))).round();
    let relatives = [0.0, 0.0, 0.0, 1.0, 1.0, 2.0, 5.0][below(7, stream)];
    let port = [0.0, 0.0, 1.0, 2.0][below(4, stream)];
    let odds = -0.6 + if woman { 2.6 } else { 0.0 } + if age < 13.0 { 1.8 } else { 0.0 }
        - 0.9 * (class - 2.0)
        - if relatives > 4.0 { 1.5 } else { 0.0 };
    let survives = uniform(stream) < 1.0 / (1.0 + (-odds).exp());
    // Of every fifth the age is not known, of some the port.
    let known =
        |value: f64, share: f64, stream: &mut Stream| if uniform(stream) < share { value } else { f64::NAN };
    let (age, port) = (known(age, 0.8, stream), known(port, 0.97, stream));
    (
        [f64::from(u8::from(woman)), age, class, fare, relatives, port],
        if survives { "survives" } else { "dies" },
    )
}

fn main() -> Result<()> {
    let mut stream = Seed(1912).stream(0);
    let (rows, fates): (Vec<[f64; 6]>, Vec<&str>) = (0..900).map(|_| passenger(&mut stream)).unzip();
    let data = Dataset::new(Array2::from(rows), Array1::from(fates)).with_names(COLUMNS.map(String::from));

    // Pruned as cross-validation likes it.
    let tree = DecisionTreeClassifier::new().categorical_features(CATEGORIES.into()).min_samples_leaf(10);
    let path = tree.fit(&data)?.cost_complexity_pruning_path();
    let candidates: Vec<_> =
        path.ccp_alphas.iter().rev().map(|alpha| tree.clone().ccp_alpha(*alpha)).collect();
    let search = GridSearch::new(candidates).cv(StratifiedKFold::new(5)).scoring(accuracy).fit(&data)?;
    let (tree, score) = (search.best(), 100.0 * search.best_score());
    let picture = tree.export().class_names(tree.classes()).impurity("gini");
    println!(
        "a tree of {} leaves is right for {:.1} % of the passengers it has not seen\n",
        tree.n_leaves(),
        score
    );
    println!("{}", picture.clone().show_missing(true).text());

    let forest = RandomForestClassifier::new().categorical_features(CATEGORIES.into()).min_samples_leaf(4);
    let forest = forest.n_trees(300).oob_score(true).seed(7).fit(&data)?;
    let score = forest.out_of_bag().map_or(f64::NAN, |oob| oob.score());
    println!("a forest of 300 trees, asked about rows it has not seen: {:.1} %", 100.0 * score);
    let girl = array![[1.0, 8.0, 3.0, f64::NAN, 1.0, f64::NAN]];
    let odds = forest.predict_proba(&girl)?;
    println!("a girl of eight in third class survives with probability {:.2}", odds[[0, 1]]);

    let folder = std::env::temp_dir();
    let (drawn, bars) = (folder.join("who_survives-tree.svg"), folder.join("who_survives.svg"));
    std::fs::write(&drawn, picture.svg()).map_err(|e| Error::io(&drawn, &e))?;
    Bars::new(COLUMNS, forest.feature_importances())
        .title("Who survives: what the forest's splits go by")
        .x_label("share of the decrease")
        .save(&bars)?;
    println!("pictures: {} and {}", drawn.display(), bars.display());
    Ok(())
}
