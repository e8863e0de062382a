//! XGBoost's JSON format.
//!
//! XGBoost rounds values to `f32` and sends those below a threshold t to the left. A value of 64 bits does so if it lies at or
//! below the last one that is rounded to less than t: that is the threshold of the tree that is read, which decides alike for
//! every value. Of categories, those of the set go right there.

use super::{Imported, Kind, Node, OwnTest, foreign, tree};
use crate::boosting::trees::Trees;
use estimand_core::{Features, Result};
use estimand_grow::Tree;
use estimand_loss::Link;
use serde::Deserialize;

#[derive(Deserialize)]
struct File {
    learner: Learner,
}

#[derive(Deserialize)]
struct Learner {
    #[serde(default)]
    feature_names: Vec<String>,
    gradient_booster: Booster,
    learner_model_param: Parameters,
    objective: Objective,
}

#[derive(Deserialize)]
struct Parameters {
    base_score: String,
    num_class: String,
    num_feature: String,
}

#[derive(Deserialize)]
struct Objective {
    name: String,
}

#[derive(Deserialize)]
struct Booster {
    name: String,
    model: Option<Model>,
}

#[derive(Deserialize)]
struct Model {
    tree_info: Vec<usize>,
    trees: Vec<Nodes>,
}

#[derive(Deserialize)]
struct Nodes {
    left_children: Vec<i64>,
    right_children: Vec<i64>,
    split_indices: Vec<usize>,
    split_conditions: Vec<f64>,
    default_left: Vec<u8>,
    base_weights: Vec<f64>,
    sum_hessian: Vec<f64>,
    loss_changes: Vec<f64>,
    #[serde(default)]
    split_type: Vec<u8>,
    #[serde(default)]
    categories: Vec<u32>,
    #[serde(default)]
    categories_nodes: Vec<usize>,
    #[serde(default)]
    categories_segments: Vec<usize>,
    #[serde(default)]
    categories_sizes: Vec<usize>,
}

/// Reads a model that XGBoost saved as JSON.
///
/// A category that the model has not met goes where missing values go, if these go to the side of the set's.
///
/// # Errors
/// [`Error::Persist`](estimand_core::Error::Persist) for what is no such model, or one that is no sum of trees with one value in
/// each leaf: `dart`, `gblinear`, several targets.
pub fn from_xgboost(text: &str) -> Result<Imported> {
    let File { learner } = serde_json::from_str(text).map_err(foreign)?;
    let model = match learner.gradient_booster {
        Booster { name, model: Some(model) } if name == "gbtree" => model,
        Booster { name, .. } => return Err(foreign(format!("its booster is `{name}`"))),
    };
    let parameters = &learner.learner_model_param;
    let number = |text: &str| text.parse::<f64>().map_err(|_| foreign(format!("{text} is no number")));
    let (columns, classes) =
        (number(&parameters.num_feature)? as usize, number(&parameters.num_class)? as usize);
    let scores = parameters.base_score.trim_matches(['[', ']']).split(',').map(|s| number(s.trim()));
    let scores = scores.collect::<Result<Vec<f64>>>()?;
    let (kind, margin): (Kind, fn(f64) -> f64) = match learner.objective.name.as_str() {
        "binary:logistic" => (Kind::Classes(2), |p| (p / (1.0 - p)).ln()),
        "binary:logitraw" => (Kind::Classes(2), |z| z),
        "multi:softprob" | "multi:softmax" => (Kind::Classes(classes), |z| z),
        "count:poisson" | "reg:gamma" | "reg:tweedie" => (Kind::Numbers(Link::Log), f64::ln),
        name if name.starts_with("reg:") && name != "reg:logistic" => (Kind::Numbers(Link::Identity), |z| z),
        name if name.starts_with("rank:") => (Kind::Numbers(Link::Identity), |z| z),
        other => return Err(foreign(format!("its objective is `{other}`"))),
    };
    let outputs = classes.max(1);
    super::check_outputs(outputs, model.trees.len().max(1))?;
    let constants: Vec<f64> = match scores.as_slice() {
        [one] => vec![margin(*one); outputs],
        many if many.len() == outputs => many.iter().map(|score| margin(*score)).collect(),
        _ => return Err(foreign("base scores are not as many as outputs")),
    };
    if !constants.iter().all(|c| c.is_finite()) {
        return Err(foreign("a base score is not finite"));
    }
    let features = match learner.feature_names.len() {
        0 => Features::unnamed(columns),
        _ => Features::named(learner.feature_names),
    };
    estimand_core::persist::check_len("feature_names", columns, features.count())?;
    // In rounds of one tree for each output, whatever order they come in.
    let mut by_output = vec![Vec::new(); outputs];
    estimand_core::persist::check_len("tree_info", model.trees.len(), model.tree_info.len())?;
    for (nodes, output) in model.trees.iter().zip(&model.tree_info) {
        let of = by_output.get_mut(*output).ok_or_else(|| foreign(format!("there is no output {output}")))?;
        of.push(read_tree(nodes)?);
    }
    let rounds = by_output[0].len();
    if by_output.iter().any(|trees| trees.len() != rounds) {
        return Err(foreign("outputs have different numbers of trees"));
    }
    let mut trees = Vec::with_capacity(rounds * outputs);
    for round in 0..rounds {
        trees.extend(by_output.iter_mut().map(|trees| std::mem::replace(&mut trees[round], Tree::new(1))));
    }
    Imported::new(features, Trees { trees, constants }, kind)
}

fn read_tree(file: &Nodes) -> Result<Tree> {
    let n = file.left_children.len();
    let lengths = [
        ("right_children", file.right_children.len()),
        ("split_indices", file.split_indices.len()),
        ("split_conditions", file.split_conditions.len()),
        ("default_left", file.default_left.len()),
        ("base_weights", file.base_weights.len()),
        ("sum_hessian", file.sum_hessian.len()),
        ("loss_changes", file.loss_changes.len()),
    ];
    lengths.iter().try_for_each(|(what, len)| estimand_core::persist::check_len(what, n, *len))?;
    let mut nodes = Vec::with_capacity(n);
    for i in 0..n {
        let (weight, missing_left) = (file.sum_hessian[i], file.default_left[i] != 0);
        if file.left_children[i] < 0 {
            nodes.push(Node { test: None, value: file.split_conditions[i], weight, gain: 0.0 });
            continue;
        }
        let children = [file.left_children[i] as usize, file.right_children[i] as usize];
        let column = file.split_indices[i];
        let test = match file.split_type.get(i) {
            Some(1) => {
                let set = set(file, i)?;
                (OwnTest::In { column, set, missing_left: !missing_left }, [children[1], children[0]])
            }
            _ => {
                let threshold = below(file.split_conditions[i] as f32);
                (OwnTest::AtMost { column, threshold, missing_left }, children)
            }
        };
        let (value, gain) = (file.base_weights[i], file.loss_changes[i]);
        nodes.push(Node { test: Some(test), value, weight, gain });
    }
    tree(&nodes)
}

/// The largest number that is rounded to an `f32` below t.
pub(super) fn below(t: f32) -> f64 {
    let (last, t) = (f64::from(t.next_down()), f64::from(t));
    let middle = last / 2.0 + t / 2.0;
    // Halfway, the one whose last bit is 0 is taken.
    if f64::from(middle as f32) < t { middle } else { middle.next_down() }
}

/// The categories of a node's set, as bits.
fn set(file: &Nodes, node: usize) -> Result<Vec<u64>> {
    let damaged = || foreign(format!("node {node} has no categories"));
    let at = file.categories_nodes.iter().position(|n| *n == node).ok_or_else(damaged)?;
    let (from, len) = (file.categories_segments.get(at), file.categories_sizes.get(at));
    let (from, len) = from.zip(len).ok_or_else(damaged)?;
    let codes = from.checked_add(*len).and_then(|end| file.categories.get(*from..end)).ok_or_else(damaged)?;
    let most = codes.iter().max().copied().unwrap_or(0);
    if most > 1 << 20 {
        return Err(foreign(format!("category {most}")));
    }
    let mut set = vec![0; most as usize / 64 + 1];
    codes.iter().for_each(|code| set[*code as usize / 64] |= 1_u64 << (code % 64));
    Ok(set)
}
