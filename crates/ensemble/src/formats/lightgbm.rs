//! LightGBM's text format.
//!
//! ```text
//! key=value lines of the model, then for each tree such lines, with a list for each array; nodes have numbers from 0, leaf l is −1 − l
//! decision_type     bit 0: categories    bit 1: missing values go left    bits 2–3: what is missing (0 nothing, 1 zero, 2 NaN)
//! ```
//!
//! Where nothing is missing, LightGBM reads NaN as 0, and so does the tree that is read. The constant that boosting begins with
//! is part of the first tree.

use super::{Imported, Kind, Node, OwnTest, foreign, tree};
use crate::boosting::trees::Trees;
use estimand_core::{Features, Result};
use estimand_grow::{Test, Tree};
use estimand_loss::Link;
use std::collections::HashMap;
use std::fmt::{Display, Write};
use std::str::FromStr;

const CATEGORIES: u8 = 1;
const MISSING_LEFT: u8 = 2;
const NAN: u8 = 2;

/// Lines `key=value`.
struct Lines<'a>(HashMap<&'a str, &'a str>);

impl<'a> Lines<'a> {
    fn new(text: &'a str) -> Self {
        Self(text.lines().filter_map(|line| line.trim_end().split_once('=')).collect())
    }

    fn get(&self, key: &str) -> Result<&'a str> {
        self.0.get(key).copied().ok_or_else(|| foreign(format!("`{key}` is missing")))
    }

    fn number<T: FromStr>(&self, key: &str) -> Result<T> {
        self.get(key)?.trim().parse().map_err(|_| foreign(format!("`{key}` is no such number")))
    }

    /// A count, so small that one more is no overflow.
    fn count(&self, key: &str) -> Result<usize> {
        self.number::<u32>(key).map(|count| count as usize)
    }

    fn list<T: FromStr>(&self, key: &str, len: usize) -> Result<Vec<T>> {
        let list: Vec<T> = self.open_list(key)?;
        estimand_core::persist::check_len(key, len, list.len())?;
        Ok(list)
    }

    fn open_list<T: FromStr>(&self, key: &str) -> Result<Vec<T>> {
        let number = |part: &str| part.parse().map_err(|_| foreign(format!("`{key}` holds {part}")));
        self.get(key)?.split_whitespace().map(number).collect()
    }
}

/// Reads a model that LightGBM saved as text, or `to_lightgbm` wrote.
///
/// # Errors
/// [`Error::Persist`](estimand_core::Error::Persist) for what is no such model, or one that is no sum of trees of numbers and
/// categories: linear trees, `zero_as_missing`, random forests, one-versus-all classes.
pub fn from_lightgbm(text: &str) -> Result<Imported> {
    let (head, rest) = text.split_once("\nTree=").ok_or_else(|| foreign("there is no tree"))?;
    if !head.trim_start().starts_with("tree") {
        return Err(foreign("LightGBM's begin with `tree`"));
    }
    if head.lines().any(|line| line.trim() == "average_output") {
        return Err(foreign("a random forest, whose trees are averaged"));
    }
    let head = Lines::new(head);
    let names: Vec<String> = head.get("feature_names")?.split(' ').map(String::from).collect();
    estimand_core::persist::check_len("feature_names", head.count("max_feature_idx")? + 1, names.len())?;
    let features = match names.iter().enumerate().all(|(j, name)| *name == format!("Column_{j}")) {
        true => Features::unnamed(names.len()),
        false => Features::named(names),
    };
    let (kind, factor) = kind(head.get("objective").unwrap_or("regression"))?;
    let outputs = head.count("num_tree_per_iteration")?;
    let trees = rest.split("\nend of trees").next().unwrap_or_default().split("\nTree=");
    let trees: Vec<Tree> = trees.map(|lines| read_tree(&Lines::new(lines), factor)).collect::<Result<_>>()?;
    super::check_outputs(outputs, trees.len())?;
    Imported::new(features, Trees { trees, constants: vec![0.0; outputs] }, kind)
}

/// What an objective's raw predictions stand for, and what to multiply them by.
fn kind(objective: &str) -> Result<(Kind, f64)> {
    let mut words = objective.split_whitespace();
    let name = words.next().unwrap_or_default();
    let parameter = |name: &str| {
        let value = words.clone().find_map(|word| word.strip_prefix(name)?.strip_prefix(':'));
        value.map(|value| value.parse::<f64>().map_err(|_| foreign(format!("{name}:{value}")))).transpose()
    };
    match name {
        _ if words.clone().any(|word| word == "sqrt") => Err(foreign("square roots of the target")),
        "regression" | "regression_l1" | "huber" | "fair" | "quantile" | "mape" | "lambdarank"
        | "rank_xendcg" => Ok((Kind::Numbers(Link::Identity), 1.0)),
        "poisson" | "gamma" | "tweedie" => Ok((Kind::Numbers(Link::Log), 1.0)),
        "binary" => Ok((Kind::Classes(2), parameter("sigmoid")?.unwrap_or(1.0))),
        "multiclass" => {
            let classes = parameter("num_class")?.ok_or_else(|| foreign("`num_class` is missing"))?;
            Ok((Kind::Classes(classes as usize), 1.0))
        }
        other => Err(foreign(format!("its objective is `{other}`"))),
    }
}

fn read_tree(lines: &Lines<'_>, factor: f64) -> Result<Tree> {
    let leaves = lines.count("num_leaves")?;
    if lines.number::<u8>("is_linear").unwrap_or(0) != 0 {
        return Err(foreign("leaves are linear"));
    }
    let values: Vec<f64> = lines.list("leaf_value", leaves)?;
    let leaf = |l: usize, weight: f64| Node { test: None, value: factor * values[l], weight, gain: 0.0 };
    match leaves {
        0 => return Err(foreign("a tree has no leaf")),
        1 => return tree(&[leaf(0, 1.0)]),
        _ => {}
    }
    let inner = leaves - 1;
    let columns: Vec<usize> = lines.list("split_feature", inner)?;
    let thresholds: Vec<f64> = lines.list("threshold", inner)?;
    let types: Vec<u8> = lines.list("decision_type", inner)?;
    let children = [lines.list::<i64>("left_child", inner)?, lines.list::<i64>("right_child", inner)?];
    let leaf_weights: Vec<f64> = lines.list("leaf_count", leaves)?;
    let weights: Vec<f64> = lines.list("internal_count", inner)?;
    let means: Vec<f64> = lines.list("internal_value", inner)?;
    let gains: Vec<f64> = lines.list("split_gain", inner)?;
    let (bounds, words) = match lines.count("num_cat")? {
        0 => (Vec::new(), Vec::new()),
        sets => (lines.list::<usize>("cat_boundaries", sets + 1)?, lines.open_list::<u32>("cat_threshold")?),
    };
    let mut nodes = Vec::with_capacity(inner + leaves);
    for i in 0..inner {
        let at = |child: i64| match child {
            0.. => child as usize,
            _ => inner + (-1 - child) as usize,
        };
        let (column, missing_left) = (columns[i], types[i] & MISSING_LEFT != 0);
        let test = match (types[i] & CATEGORIES != 0, types[i] >> 2 & 3) {
            (true, _) => {
                let set = thresholds[i] as usize;
                let range = bounds.windows(2).nth(set).and_then(|ends| words.get(ends[0]..ends[1]));
                let words = range.ok_or_else(|| foreign(format!("there is no set {set}")))?;
                let pair =
                    |pair: &[u32]| u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32;
                OwnTest::In { column, set: words.chunks(2).map(pair).collect(), missing_left: false }
            }
            (false, NAN) => OwnTest::AtMost { column, threshold: thresholds[i], missing_left },
            (false, 0) => {
                let threshold = thresholds[i];
                OwnTest::AtMost { column, threshold, missing_left: 0.0 <= threshold }
            }
            _ => return Err(foreign("zeros are missing values")),
        };
        let test = Some((test, [at(children[0][i]), at(children[1][i])]));
        nodes.push(Node { test, value: factor * means[i], weight: weights[i], gain: gains[i] });
    }
    nodes.extend((0..leaves).map(|l| leaf(l, leaf_weights[l])));
    tree(&nodes)
}

/// What a written model is for, as LightGBM calls it.
pub(crate) enum Task {
    Regression,
    Log,
    Binary,
    Multiclass,
}

/// A model as LightGBM's text.
pub(crate) fn write(features: &Features, trees: &Trees, task: &Task) -> String {
    let (k, p) = (trees.outputs(), features.count());
    let objective = match task {
        Task::Regression => "regression".into(),
        Task::Log => "poisson".into(),
        Task::Binary => "binary sigmoid:1".into(),
        Task::Multiclass => format!("multiclass num_class:{k}"),
    };
    let alone: Vec<Tree> = trees.constants.iter().map(|_| Tree::new(1).finished()).collect();
    // A model without a round is its constants.
    let all = if trees.trees.is_empty() { &alone } else { &trees.trees };
    let bodies: Vec<String> = all
        .iter()
        .enumerate()
        .map(|(t, tree)| {
            let constant = if t < k { trees.constants[t] } else { 0.0 };
            format!("Tree={t}\n{}\n", write_tree(tree, constant))
        })
        .collect();
    let names = list((0..p).map(|j| match features.names() {
        // Names of LightGBM hold no space.
        Some(names) => names[j].replace(char::is_whitespace, "_"),
        None => format!("Column_{j}"),
    }));
    format!(
        "tree\nversion=v4\nnum_class={k}\nnum_tree_per_iteration={k}\nlabel_index=0\nmax_feature_idx={}\nobjective={objective}\n\
         feature_names={names}\nfeature_infos={}\ntree_sizes={}\n\n{}end of trees\n\nparameters:\nend of parameters\n\npandas_categorical:null\n",
        p.saturating_sub(1),
        list((0..p).map(|_| "none")),
        list(bodies.iter().map(String::len)),
        bodies.concat(),
    )
}

fn list(values: impl IntoIterator<Item = impl Display>) -> String {
    values.into_iter().map(|v| v.to_string()).collect::<Vec<_>>().join(" ")
}

fn write_tree(tree: &Tree, constant: f64) -> String {
    let (leaves, inner): (Vec<usize>, Vec<usize>) = (0..tree.n_nodes()).partition(|node| tree.is_leaf(*node));
    let mut numbers = vec![0_i64; tree.n_nodes()];
    leaves.iter().enumerate().for_each(|(l, node)| numbers[*node] = -1 - l as i64);
    inner.iter().enumerate().for_each(|(i, node)| numbers[*node] = i as i64);
    let (mut types, mut thresholds, mut bounds, mut words) = (Vec::new(), Vec::new(), vec![0], Vec::new());
    for test in inner.iter().filter_map(|node| tree.test(*node)) {
        match test {
            Test::AtMost { threshold, missing_left, .. } => {
                types.push(if missing_left { MISSING_LEFT } else { 0 } | NAN << 2);
                thresholds.push(threshold.min(f64::MAX).to_string());
            }
            Test::In { set, .. } => {
                types.push(CATEGORIES | NAN << 2);
                thresholds.push((bounds.len() - 1).to_string());
                words.extend(set.iter().flat_map(|word| [*word as u32, (*word >> 32) as u32]));
                bounds.push(words.len());
            }
        }
    }
    let value = |node: &usize| tree.value(*node)[0] + constant;
    let weights = |nodes: &[usize]| list(nodes.iter().map(|node| tree.stat(*node).weight));
    let counts = |nodes: &[usize]| list(nodes.iter().map(|node| tree.stat(*node).weight.round().max(1.0)));
    let child =
        |side: usize| list(inner.iter().filter_map(|node| Some(numbers[tree.children(*node)?[side]])));
    let impurity = |node: usize| tree.stat(node).impurity * tree.stat(node).weight;
    let gains = inner.iter().filter_map(|node| {
        let [left, right] = tree.children(*node)?;
        Some(impurity(*node) - impurity(left) - impurity(right))
    });
    let mut out = String::new();
    let mut line = |key: &str, value: String| {
        // Writing to a string does not fail.
        let _ = writeln!(out, "{key}={value}");
    };
    line("num_leaves", leaves.len().to_string());
    line("num_cat", (bounds.len() - 1).to_string());
    line("split_feature", list(tree.columns()));
    line("split_gain", list(gains));
    line("threshold", thresholds.join(" "));
    line("decision_type", list(types));
    line("left_child", child(0));
    line("right_child", child(1));
    line("leaf_value", list(leaves.iter().map(value)));
    line("leaf_weight", weights(&leaves));
    line("leaf_count", counts(&leaves));
    line("internal_value", list(inner.iter().map(value)));
    line("internal_weight", weights(&inner));
    line("internal_count", counts(&inner));
    if bounds.len() > 1 {
        line("cat_boundaries", list(bounds));
        line("cat_threshold", list(words));
    }
    line("is_linear", "0".into());
    line("shrinkage", "1".into());
    out + "\n"
}
