//! Known answers: worked out by hand, and those of scikit-learn's own tests.

use crate::*;
use estimand_core::{Error, Fit, Persist, Predict, PredictOne, PredictProba, Scratch};
use estimand_grow::Test;
use ndarray::{Array1, Array2, Axis, array};

fn column<const N: usize>(values: [f64; N]) -> Array2<f64> {
    Array1::from(values.to_vec()).insert_axis(Axis(1))
}

const NAN: f64 = f64::NAN;

#[test]
fn absolute_error_of_two_toys() {
    // Both worked out in scikit-learn's test_mae: impurities and values of root, left and right.
    let x = column([3.0, 5.0, 8.0, 3.0, 5.0]);
    let (y, w) = (array![3.0, 3.0, 4.0, 6.0, 7.0], array![0.1, 0.3, 1.0, 0.6, 0.3]);
    let settings =
        DecisionTreeRegressor::new().criterion(RegressionCriterion::AbsoluteError).max_leaf_nodes(Some(2));
    let seen = |model: &RegressionTree<f64>| -> (Vec<f64>, Vec<f64>) {
        (0..3).map(|i| (model.tree().stat(i).impurity, model.tree().value(i)[0])).unzip()
    };
    let close = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-14);
    let (impurities, values) = seen(&settings.fit((&x, &y, &w)).unwrap());
    assert!(close(&impurities, &[2.5 / 2.3, 0.3 / 0.7, 1.2 / 1.6]), "{impurities:?}");
    assert_eq!(values, [4.0, 6.0, 4.0]);
    let (impurities, values) = seen(&settings.fit((&x, &y)).unwrap());
    assert!(close(&impurities, &[1.4, 1.5, 4.0 / 3.0]), "{impurities:?}");
    assert_eq!(values, [4.0, 4.5, 4.0]);

    let x = column([1.0, 2.0, 3.0, 4.0, 5.0]);
    let (y, w) = (array![1.0, 1.0, 3.0, 1.0, 2.0], array![3.0, 3.0, 2.0, 1.0, 2.0]);
    let (impurities, values) = seen(&settings.fit((&x, &y, &w)).unwrap());
    assert!(close(&impurities, &[6.0 / 11.0, 0.0, 3.0 / 5.0]), "{impurities:?}");
    assert_eq!(values, [1.0, 1.0, 2.0]);
}

#[test]
fn missing_values_go_where_they_were_seen() {
    let entropy = DecisionTreeClassifier::new().criterion(ClassCriterion::Entropy);
    for settings in [DecisionTreeClassifier::new(), entropy] {
        let predict = |x: [f64; 10], y: [i32; 10], ask: [f64; 3]| {
            let settings = settings.clone().max_depth(Some(2));
            settings.fit((&column(x), &y)).unwrap().predict(&column(ask)).unwrap().to_vec()
        };
        // Missing values have a class of their own.
        let x = column([NAN, NAN, NAN, NAN, 0.0, 1.0, 2.0, 3.0, 8.0, 9.0, 11.0, 12.0]);
        let y = [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2];
        let model = settings.clone().max_depth(Some(2)).fit((&x, &y)).unwrap();
        assert_eq!(model.predict(&column([NAN, 3.0, 12.0])).unwrap().to_vec(), [0, 1, 2]);
        // One class; the same one as that of the largest values; both classes alike, when the right is tried first.
        let x = [NAN, NAN, NAN, NAN, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(predict(x, [0, 0, 0, 0, 1, 1, 1, 1, 1, 1], [NAN, 5.0, NAN]), [0, 1, 0]);
        assert_eq!(predict(x, [1, 1, 1, 1, 0, 0, 0, 0, 1, 1], [NAN, 1.2, 4.8]), [1, 0, 1]);
        let x = [1.0, 2.0, 3.0, 5.0, NAN, 10.0, 20.0, 30.0, 60.0, NAN];
        let once = settings.clone().max_depth(Some(1));
        let model = once.fit((&column(x), &[0, 0, 0, 0, 0, 1, 1, 1, 1, 1])).unwrap();
        assert_eq!(model.predict(&column([NAN, 2.3, 34.2])).unwrap().to_vec(), [1, 0, 1]);
    }
    // Without an example they go where most rows go, and right where both sides have as many.
    let x = column([0.0, 1.0, 2.0, 3.0, 8.0, 9.0, 11.0, 12.0, 15.0]);
    let y = array![0.1, 0.2, 0.3, 0.2, 1.4, 1.4, 1.5, 1.6, 2.6];
    let settings = DecisionTreeRegressor::new().max_depth(Some(1));
    let ask = |rows: usize| {
        let (x, y) = (x.slice(ndarray::s![..rows, ..]), y.slice(ndarray::s![..rows]));
        settings.fit((x, y)).unwrap().predict(&column([NAN])).unwrap()[0]
    };
    assert!((ask(9) - 8.5 / 5.0).abs() < 1e-15 && (ask(8) - 5.9 / 4.0).abs() < 1e-15);
}

#[test]
fn thresholds_lie_between_neighbours_and_mean_the_same_when_asked() {
    // Neighbouring numbers: half way is one of them.
    let (low, high) = (1.0_f64, 1.0 + f64::EPSILON);
    let model = DecisionTreeClassifier::new().fit((&column([low, high]), &[0, 1])).unwrap();
    assert_eq!(model.predict(&column([low, high])).unwrap().to_vec(), [0, 1]);
    let f32s = Array2::from_shape_vec((2, 1), vec![1.0_f32, 1.0 + f32::EPSILON]).unwrap();
    let model = DecisionTreeClassifier::new().fit((&f32s, &[0, 1])).unwrap();
    assert_eq!(model.predict(&f32s).unwrap().to_vec(), [0, 1]);
    let Some(Test::AtMost { threshold, .. }) = model.tree().test(0) else { panic!("no split") };
    assert_eq!(threshold, 1.0 + f64::from(f32::EPSILON) / 2.0);
    // Huge numbers, whose sum is none.
    let x = column([-f64::MAX, f64::MAX]);
    let model = DecisionTreeRegressor::new().fit((&x, &array![1.0, 2.0])).unwrap();
    assert_eq!(model.predict(&x).unwrap(), array![1.0, 2.0]);
    assert!(DecisionTreeRegressor::new().fit((&x, &array![1e200, 2.0])).is_err());
}

#[test]
fn paths_leaves_and_importances_are_those_of_the_nodes() {
    let x = array![[0.0, 5.0], [1.0, 5.0], [1.0, 7.0], [0.0, 7.0], [0.0, 6.0]];
    let y = array![0.0, 2.0, 10.0, 10.0, 0.0];
    let model = DecisionTreeRegressor::new().fit((&x, &y)).unwrap();
    // Column 1 first (x₁ ≤ 6.5), then column 0.
    assert_eq!((model.n_leaves(), model.depth()), (3, 2));
    assert_eq!(model.apply(&x).unwrap().to_vec(), [3, 4, 2, 2, 3]);
    let path = model.decision_path(&x).unwrap().to_dense();
    assert_eq!(path.row(0).to_vec(), [1.0, 1.0, 0.0, 1.0, 0.0]);
    assert_eq!(path.row(2).to_vec(), [1.0, 0.0, 1.0, 0.0, 0.0]);
    // Sums of squares: 107.2 at the root, 8/3 below.
    let importances = model.feature_importances();
    assert!((importances[0] - 8.0 / 3.0 / 107.2).abs() < 1e-15 && (importances.sum() - 1.0).abs() < 1e-15);
    // One leaf has no importances to share.
    let leaf = DecisionTreeRegressor::new().fit((&x, &Array1::ones(5))).unwrap();
    assert_eq!((leaf.n_leaves(), leaf.feature_importances()), (1, array![0.0, 0.0]));
}

#[test]
fn pruning_while_fitting_is_pruning_afterwards() {
    let x = Array2::from_shape_fn((90, 2), |(i, j)| ((i * (5 + 8 * j)) % 23) as f64);
    let y = Array1::from_shape_fn(90, |i| x[[i, 0]].sin() * 3.0 + (i % 5) as f64);
    let whole = DecisionTreeRegressor::new().fit((&x, &y)).unwrap();
    let path = whole.cost_complexity_pruning_path();
    assert!(path.ccp_alphas.is_sorted() && path.ccp_alphas.len() > 5);
    let mut leaves = whole.n_leaves();
    for alpha in path.ccp_alphas.iter().skip(1).step_by(7) {
        let pruned = DecisionTreeRegressor::new().ccp_alpha(*alpha).fit((&x, &y)).unwrap();
        assert_eq!(pruned, whole.pruned(*alpha));
        assert!(pruned.n_leaves() < leaves);
        leaves = pruned.n_leaves();
    }
}

#[test]
fn a_wanted_decrease_is_kept_to() {
    let x = Array2::from_shape_fn((60, 3), |(i, j)| ((i * (7 + 4 * j)) % 19) as f64);
    let y: Vec<usize> = (0..60).map(|i| if i % 7 == 0 { 2 } else { x[[i, 0]] as usize / 7 }).collect();
    let model = DecisionTreeClassifier::new().min_impurity_decrease(0.03).fit((&x, &y)).unwrap();
    let tree = model.tree();
    let whole = |i: usize| tree.stat(i).weight * tree.stat(i).impurity / tree.stat(0).weight;
    for node in 0..tree.n_nodes() {
        if let Some([left, right]) = tree.children(node) {
            assert!(whole(node) - whole(left) - whole(right) >= 0.03 - 1e-12);
        }
    }
    assert!(
        tree.n_leaves() > 1
            && tree.n_leaves() < DecisionTreeClassifier::new().fit((&x, &y)).unwrap().n_leaves()
    );
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    let (x, y) = (array![[1.0, 2.0], [2.0, 1.0], [3.0, 5.0]], array![1.0, 2.0, -3.0]);
    let both = array![[1.0, 2.0], [0.0, 1.0], [2.0, 2.0]];
    let tree = DecisionTreeRegressor::new;
    let message = |e: Error| e.to_string();
    let refuse = |settings: DecisionTreeRegressor| message(settings.fit((&x, &y)).unwrap_err());
    assert!(refuse(tree().criterion(RegressionCriterion::Poisson)).contains("row 2 is -3"));
    assert!(refuse(tree().criterion(RegressionCriterion::Quantile(1.0))).contains("level in (0, 1)"));
    assert!(refuse(tree().monotonic_cst(vec![1])).contains("monotonic_cst"));
    assert!(refuse(tree().monotonic_cst(vec![1, 2])).contains("monotonic_cst"));
    assert!(refuse(tree().monotonic_cst(vec![1, 0]).categorical_features(vec![0])).contains("categories"));
    assert!(refuse(tree().categorical_features(vec![2])).contains("below 2"));
    assert!(refuse(tree().min_samples_split(1)).contains("min_samples_split"));
    assert!(refuse(tree().min_samples_leaf(1.5)).contains("min_samples_leaf"));
    assert!(refuse(tree().max_features(0)).contains("max_features"));
    let absolute = tree().criterion(RegressionCriterion::AbsoluteError);
    assert!(message(absolute.fit((&x, &both)).unwrap_err()).contains("several targets"));
    assert!(
        message(tree().monotonic_cst(vec![1, 0]).fit((&x, &both)).unwrap_err()).contains("several targets")
    );
    let three = DecisionTreeClassifier::new().monotonic_cst(vec![1, 0]);
    assert!(message(three.fit((&x, &[0, 1, 2])).unwrap_err()).contains("two classes"));
}

#[test]
fn several_targets_come_back_from_a_file_and_row_by_row() {
    let x = Array2::from_shape_fn((40, 2), |(i, j)| ((i * (3 + 4 * j)) % 11) as f64);
    let y = Array2::from_shape_fn((40, 2), |(i, t)| (x[[i, t]] - 5.0).abs() + i as f64 / 10.0);
    let model = DecisionTreeRegressor::new().min_samples_leaf(3).fit((&x, &y)).unwrap();
    let loaded = MultiRegressionTree::<f64>::from_bytes(&model.to_bytes().unwrap()).unwrap();
    let predicted = loaded.predict(&x).unwrap();
    for (row, expected) in x.rows().into_iter().zip(predicted.rows()) {
        assert_eq!(model.predict_one(&row.to_vec(), &mut Scratch::new()).unwrap(), expected.to_vec());
    }
    // A file whose tree asks for a column that there is not.
    let json = model.to_json().unwrap().replace("\"count\":2", "\"count\":1");
    assert!(MultiRegressionTree::<f64>::from_json(&json).is_err());
}

#[test]
fn shares_of_rows_round_up() {
    let x = Array2::from_shape_fn((50, 1), |(i, _)| i as f64);
    let y: Vec<usize> = (0..50).map(|i| i % 2).collect();
    let model = DecisionTreeClassifier::new().min_samples_leaf(0.09).fit((&x, &y)).unwrap();
    let tree = model.tree();
    let least = (0..tree.n_nodes()).map(|i| tree.stat(i).rows).min().unwrap();
    assert_eq!(least, 5);
    let proba = model.predict_proba(&x).unwrap();
    assert!(proba.sum_axis(Axis(1)).iter().all(|s| (s - 1.0).abs() < 1e-15));
}

/// The records and labels of scikit-learn's export tests.
fn toy() -> (Array2<f64>, [i32; 6]) {
    (
        array![[-2.0, -1.0], [-1.0, -1.0], [-1.0, -2.0], [1.0, 1.0], [1.0, 2.0], [2.0, 1.0]],
        [-1, -1, -1, 1, 1, 1],
    )
}

#[test]
fn text_is_laid_out_as_scikit_learn_does() {
    let (x, y) = toy();
    let names: Vec<String> = ["feature_0", "feature_1"].map(String::from).to_vec();
    let names_of = |x: &Array2<f64>, y: &[i32]| {
        let samples =
            estimand_core::Samples::new(estimand_core::Records::from(x).with_names(&names), y.into());
        Fit::<f64, Array1<i32>>::fit_samples(&DecisionTreeClassifier::new(), samples).unwrap()
    };
    let model = names_of(&x, &y);
    let export = || model.export().class_names(model.classes());
    let expected = "|--- feature_0 <= 0.00\n|   |--- class: -1\n|--- feature_0 >  0.00\n|   |--- class: 1\n";
    assert_eq!(export().text(), expected);
    assert_eq!(export().max_depth(0).text(), expected);
    let weights = "|--- feature_0 <= 0.00\n|   |--- weights: [3.00, 0.00] class: -1\n\
                   |--- feature_0 >  0.00\n|   |--- weights: [0.00, 3.00] class: 1\n";
    assert_eq!(export().show_weights(true).text(), weights);

    // Columns the other way around, so that the first split is on the second of scikit-learn's.
    let x = array![[-1.0, -2.0], [-1.0, -1.0], [-2.0, -1.0], [1.0, 1.0], [2.0, 1.0], [1.0, 2.0], [1.0, -1.0]];
    let model = names_of(&x, &[-1, -1, -1, 1, 1, 1, 2]);
    let truncated = "|--- feature_0 <= 0.00\n|   |--- class: -1\n|--- feature_0 >  0.00\n|   |--- truncated branch of depth 1\n";
    assert_eq!(model.export().class_names(model.classes()).max_depth(0).text(), truncated);

    let (x, both) =
        (toy().0, array![[-1.0, -1.0], [-1.0, -1.0], [-1.0, -1.0], [1.0, 1.0], [1.0, 1.0], [1.0, 1.0]]);
    let model = DecisionTreeRegressor::new().fit((&x, &both)).unwrap();
    let values = "|--- x0 <= 0.0\n|   |--- value: [-1.0, -1.0]\n|--- x0 >  0.0\n|   |--- value: [1.0, 1.0]\n";
    assert_eq!(model.export().decimals(1).text(), values);
}

#[test]
fn graphviz_is_written_as_scikit_learn_does() {
    let (x, y) = toy();
    let model = DecisionTreeClassifier::new().fit((&x, &y)).unwrap();
    let expected = "digraph Tree {\nnode [shape=box, fontname=\"helvetica\"] ;\nedge [fontname=\"helvetica\"] ;\n\
        0 [label=\"x0 <= 0.0\\ngini = 0.5\\nsamples = 6\\nvalue = [3.0, 3.0]\\nclass = yes\"] ;\n\
        1 [label=\"gini = 0.0\\nsamples = 3\\nvalue = [3.0, 0.0]\\nclass = yes\"] ;\n\
        0 -> 1 [labeldistance=2.5, labelangle=45, headlabel=\"True\"] ;\n\
        2 [label=\"gini = 0.0\\nsamples = 3\\nvalue = [0.0, 3.0]\\nclass = no\\\"\"] ;\n\
        0 -> 2 [labeldistance=2.5, labelangle=-45, headlabel=\"False\"] ;\n}";
    let export = model.export().impurity("gini").decimals(1).class_names(["yes", "no\""]);
    assert_eq!(export.graphviz(), expected);
    let svg = export.svg();
    assert!(svg.starts_with("<svg") && svg.ends_with("</svg>\n") && svg.matches("<rect").count() == 3);
    assert!(svg.contains("x0 &lt;= 0.0") && svg.contains(">no<"));
}

#[test]
fn sets_and_missing_values_are_named() {
    let x = array![[0.0, NAN], [2.0, 1.0], [1.0, 1.0], [3.0, NAN], [0.0, 1.0]];
    let model =
        DecisionTreeClassifier::new().categorical_features(vec![0]).fit((&x, &[0, 1, 0, 0, 1])).unwrap();
    let text = model.export().class_names(["no", "yes"]).show_missing(true).text();
    assert!(text.contains("x1 is known") && text.contains("x1 is missing"), "{text}");
    assert!(text.contains("x0 in {1, 3}") && text.contains("x0 not in {1, 3} or missing"), "{text}");
}
