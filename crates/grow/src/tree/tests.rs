use super::*;

/// x₀ ≤ 1.5 (NaN left) ? (x₁ in {0, 65} (others right) ? a : b) : c
fn small() -> Tree {
    let mut tree = Tree::new(2);
    let left = tree.split(0, Test::AtMost { column: 0, threshold: 1.5, missing_left: true });
    let inner = tree.split(left, Test::In { column: 1, set: &[1, 2], missing_left: false });
    for (node, value) in [(inner, 1.0), (inner + 1, 2.0), (left + 1, 3.0)] {
        tree.value_mut(node).copy_from_slice(&[value, -value]);
        *tree.stat_mut(node) = Stat { rows: 2, weight: 2.5, impurity: 0.25 };
    }
    tree.finished()
}

#[test]
fn rows_go_where_the_tests_say() {
    let tree = small();
    assert_eq!((tree.n_nodes(), tree.n_leaves(), tree.depth(), tree.width()), (5, 3, 2, 2));
    assert!(size_of::<Node>() <= 24);
    let nan = f64::NAN;
    let value = |row: [f64; 2]| tree.value(crate::walk::leaf(&tree, &row))[0];
    assert_eq!([value([1.5, 0.0]), value([nan, 65.0]), value([1.5000001, 0.0])], [1.0, 1.0, 3.0]);
    // Not in the set: other categories, none, halves, negative numbers, beyond every word.
    for other in [1.0, 64.0, nan, 0.5, -1.0, 128.0, 1e300, f64::NEG_INFINITY] {
        assert_eq!(value([0.0, other]), 2.0, "{other}");
    }
}

#[test]
fn a_tree_comes_back_from_its_file() {
    let tree = small();
    let text = serde_json::to_string(&tree).unwrap();
    assert_eq!(serde_json::from_str::<Tree>(&text).unwrap(), tree);
    assert_eq!(tree.test(1), Some(Test::In { column: 1, set: &[1, 2], missing_left: false }));
    assert!(tree.check_loaded(2, 2).is_ok());
    assert!(tree.check_loaded(1, 2).is_err() && tree.check_loaded(2, 1).is_err());
}

#[test]
fn what_is_no_tree_is_refused() {
    let good = serde_json::to_value(small()).unwrap();
    let with = |field: &str, value: serde_json::Value| {
        let mut bad = good.clone();
        bad[field] = value;
        serde_json::from_value::<Tree>(bad)
    };
    assert!(with("left", serde_json::json!([1, 3, 0, 0, 0])).is_ok());
    for left in
        [[0, 3, 0, 0, 0], [1, 1, 0, 0, 0], [1, 4, 0, 0, 0], [1, 3, 3, 0, 0], [2, 3, 0, 0, 0], [1, 0, 0, 0, 0]]
    {
        assert!(with("left", serde_json::json!(left)).is_err(), "{left:?}");
    }
    assert!(with("values", serde_json::json!([1.0])).is_err());
    assert!(with("width", serde_json::json!(0)).is_err());
    assert!(with("column", serde_json::json!([0, 1, 0, 0, u32::MAX])).is_ok()); // of a leaf: not read
    assert!(with("column", serde_json::json!([u32::MAX, 1, 0, 0, 0])).is_err());
    assert!(with("sets", serde_json::json!([[3, [1]]])).is_err());
}

#[test]
fn a_grafted_tree_answers_as_it_did() {
    let (mut tree, other) = (small(), small());
    let first = tree.graft(2, &other);
    let tree = tree.finished();
    assert_eq!((first, tree.n_nodes(), tree.depth()), (5, 9, 3));
    // Beyond 1.5 the other tree answers.
    let mut other = Tree::new(2);
    let left = other.split(0, Test::AtMost { column: 1, threshold: 0.5, missing_left: false });
    other.value_mut(left).copy_from_slice(&[5.0, 6.0]);
    *other.stat_mut(0) = Stat { rows: 3, weight: 3.0, impurity: 1.0 };
    let mut tree = small();
    tree.graft(2, &other);
    let tree = tree.finished();
    assert_eq!(tree.value(crate::walk::leaf(&tree, &[2.0, 0.0])), [5.0, 6.0]);
    assert_eq!(tree.value(crate::walk::leaf(&tree, &[0.0, 65.0])), [1.0, -1.0]);
    assert_eq!(tree.stat(2).rows, 3);
}
