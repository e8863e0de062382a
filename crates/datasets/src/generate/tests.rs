use super::*;
use estimand_core::Dataset;
use ndarray::{ArrayView1, Axis, array, s};

/// Mean and standard deviation.
fn moments(x: ArrayView1<'_, f64>) -> (f64, f64) {
    let mean = x.sum() / x.len() as f64;
    (mean, (x.mapv(|v| (v - mean).powi(2)).sum() / x.len() as f64).sqrt())
}

fn class_counts(y: &Array1<usize>) -> Vec<usize> {
    (0..=y.iter().copied().max().unwrap()).map(|c| y.iter().filter(|v| **v == c).count()).collect()
}

#[test]
fn seeds_repeat_and_differ() {
    let draw = |seed| make_classification(50).seed(seed).generate().unwrap();
    assert_eq!((draw(1).x, draw(1).y), (draw(1).x, draw(1).y));
    assert_ne!(draw(1).x, draw(2).x);
}

#[test]
fn noise_leaves_the_points_as_they_were() {
    let draw = |noise| make_friedman1(30).noise(noise).seed(3).generate().unwrap();
    assert_eq!(draw(0.0).x, draw(2.0).x);
    assert_ne!(draw(0.0).y, draw(2.0).y);
}

#[test]
fn impossible_settings_are_refused() {
    let errors = [
        make_classification(0).generate().unwrap_err(),
        make_classification(10).n_features(3).n_informative(2).n_redundant(2).generate().unwrap_err(),
        make_classification(10).n_informative(1).n_redundant(0).generate().unwrap_err(),
        make_classification(10).n_classes(1 << 40).n_informative(60).n_features(90).generate().unwrap_err(),
        make_classification(10).n_classes(usize::MAX).generate().unwrap_err(),
        make_classification(10).weights(Some(vec![0.5, 0.6])).generate().unwrap_err(),
        make_classification(10).weights(Some(vec![f64::NAN])).generate().unwrap_err(),
        make_classification(usize::MAX).generate().unwrap_err(),
        make_regression(10).noise(-1.0).generate().unwrap_err(),
        make_regression(10).effective_rank(Some(0)).generate().unwrap_err(),
        make_regression(1 << 62).n_features(1 << 62).generate().unwrap_err(),
        make_regression(3).generate_multi_target(0).unwrap_err(),
        make_blobs(10).center_box((1.0, -1.0)).generate().unwrap_err(),
        make_blobs(10).cluster_stds(Some(vec![1.0])).generate().unwrap_err(),
        make_blobs(10).generate_around(Array2::zeros((0, 2)).view()).unwrap_err(),
        make_friedman1(10).n_features(4).generate().unwrap_err(),
        make_sparse_uncorrelated(10).n_features(3).generate().unwrap_err(),
        make_circles(10).factor(1.0).generate().unwrap_err(),
        make_moons(10).noise(f64::NAN).generate().unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, Error::Parameter { .. } | Error::EmptyInput { .. }), "{error}");
    }
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let errors = [
            ("bias", make_regression(10).bias(bad).generate().unwrap_err()),
            ("noise", make_regression(10).noise(bad).generate().unwrap_err()),
            ("noise", make_friedman2(10).noise(bad).generate().unwrap_err()),
            ("noise", make_swiss_roll(10).noise(bad).generate().unwrap_err()),
            ("shift", make_classification(10).shift(Some(bad)).generate().unwrap_err()),
            ("scale", make_classification(10).scale(Some(bad)).generate().unwrap_err()),
            ("class_sep", make_classification(10).class_sep(bad).generate().unwrap_err()),
            ("cluster_std", make_blobs(10).cluster_std(bad).generate().unwrap_err()),
            ("cluster_stds", make_blobs(10).cluster_stds(Some(vec![bad; 3])).generate().unwrap_err()),
            ("center_box", make_blobs(10).center_box((bad, 1.0)).generate().unwrap_err()),
            ("centers", make_blobs(10).generate_around(array![[0.0, bad]].view()).unwrap_err()),
        ];
        for (parameter, error) in errors {
            assert!(matches!(&error, Error::Parameter { name, .. } if name == parameter), "{error}");
        }
    }
}

#[test]
fn classification_has_the_columns_it_was_asked_for() {
    let settings = make_classification(400)
        .n_features(12)
        .n_informative(4)
        .n_redundant(3)
        .n_repeated(2)
        .flip_y(0.0)
        .shuffle(false);
    let data = settings.clone().n_classes(3).seed(5).generate().unwrap();
    assert_eq!(data.x.dim(), (400, 12));
    assert_eq!(class_counts(&data.y), [134, 133, 133]);
    // Redundant and repeated columns lie in the span of the four informative ones: Gram–Schmidt leaves
    // nothing of them but rounding, while the useless columns keep their length.
    let columns = orthogonalised(&data.x);
    for j in 0..12 {
        let share = columns.row(j).dot(&columns.row(j)).sqrt() / moments(data.x.column(j)).1 / 20.0;
        assert_eq!(share > 1e-8, !(4..9).contains(&j), "column {j}: {share}");
    }
    for j in 7..9 {
        assert!((0..7).any(|k| data.x.column(j) == data.x.column(k)), "column {j} repeats none");
    }
    // Shuffled, the same numbers stand in other places.
    let shuffled = settings.shuffle(true).n_classes(3).seed(5).generate().unwrap();
    let sorted = |d: &Dataset<f64, Array1<usize>>| {
        let mut all = d.x.iter().copied().collect::<Vec<_>>();
        all.sort_by(f64::total_cmp);
        all
    };
    assert_ne!(shuffled.x, data.x);
    assert_eq!(sorted(&shuffled), sorted(&data));
}

/// Columns, as rows, each without its part along those before it.
fn orthogonalised(x: &Array2<f64>) -> Array2<f64> {
    let mut a = x.t().to_owned();
    for i in 0..a.nrows() {
        for _ in 0..2 {
            for before in 0..i {
                let along = a.row(before).dot(&a.row(i));
                let norm = a.row(before).dot(&a.row(before));
                // What is left of a dependent column is rounding, no direction.
                if norm > 1e-12 {
                    let step = &a.row(before) * (along / norm);
                    let mut row = a.row_mut(i);
                    row -= &step;
                }
            }
        }
    }
    a
}

#[test]
fn classification_clusters_stand_on_different_vertices() {
    let data = make_classification(4000)
        .n_features(3)
        .n_informative(3)
        .n_redundant(0)
        .n_clusters_per_class(1)
        .n_classes(8);
    let data = data.flip_y(0.0).class_sep(50.0).shuffle(false).seed(2).generate().unwrap();
    let mut corners = Vec::new();
    for c in 0..8 {
        let cluster = data.x.slice(s![c * 500..(c + 1) * 500, ..]);
        // A mixed standard normal has a deviation below √3; 500 of them average to well within one.
        let mean = cluster.mean_axis(Axis(0)).unwrap();
        assert!(mean.iter().all(|m| (m.abs() - 50.0).abs() < 1.0), "{mean}");
        corners.push(mean.mapv(|m| m > 0.0).to_vec());
    }
    corners.sort();
    corners.dedup();
    assert_eq!(corners.len(), 8);
}

#[test]
fn classification_weights_and_flips() {
    let count = |flip_y| {
        let settings = make_classification(10_000).weights(Some(vec![0.9])).flip_y(flip_y).seed(4);
        class_counts(&settings.generate().unwrap().y)
    };
    assert_eq!(count(0.0), [9000, 1000]);
    // A fifth of all rows drawn anew, half of them to each class: 0.8 · 1000 + 1000, give or take 5σ = 200.
    assert!(count(0.2)[1].abs_diff(1800) < 200);
}

#[test]
fn classification_random_shift_and_scale() {
    let settings = make_classification(500).shuffle(false).seed(6);
    let plain = settings.clone().generate().unwrap();
    let moved = settings.shift(None).scale(None).class_sep(1.0).generate().unwrap();
    for j in 0..20 {
        let ((m, d), (m2, d2)) = (moments(plain.x.column(j)), moments(moved.x.column(j)));
        let (scale, shift) = (d2 / d, m2 * d / d2 - m);
        assert!((1.0..101.0).contains(&scale) && (-1.0..1.0).contains(&shift), "{scale} {shift}");
    }
}

#[test]
fn regression_obeys_its_equation() {
    let settings = make_regression(60).n_features(12).n_informative(5).bias(3.0).seed(8);
    let (data, coef) = settings.clone().generate_with_coef().unwrap();
    assert_eq!(coef.iter().filter(|c| **c > 0.0 && **c < 100.0).count(), 5);
    assert_eq!(coef.iter().filter(|c| **c == 0.0).count(), 7);
    let residual = &data.y - &(data.x.dot(&coef) + 3.0);
    // Sums of five products below 1e3.
    assert!(residual.iter().all(|r| r.abs() < 1e-11));

    let (noisy, same) = settings.noise(2.0).generate_with_coef().unwrap();
    assert_eq!((&noisy.x, &same), (&data.x, &coef));
    let (_, deviation) = moments((&noisy.y - &data.y).view());
    // 60 draws: the deviation is known to 2/√120 = 0.18; three times that.
    assert!((deviation - 2.0).abs() < 0.55, "{deviation}");

    let (multi, coefs) = make_regression(30).n_features(6).n_informative(4).generate_multi_target(3).unwrap();
    assert!((&multi.y - &multi.x.dot(&coefs)).iter().all(|r| r.abs() < 1e-11));
    assert_eq!(coefs.dim(), (6, 3));
    assert_eq!(make_regression(5).n_features(2).generate().unwrap().x.dim(), (5, 2));
}

#[test]
fn low_rank_matrices_have_their_singular_values() {
    for (n, p) in [(30, 12), (9, 20), (1, 5), (4, 1)] {
        let x = make_low_rank_matrix(n)
            .n_features(p)
            .effective_rank(3)
            .tail_strength(0.2)
            .seed(9)
            .generate()
            .unwrap();
        let s: Array1<f64> = (0..n.min(p))
            .map(|i| i as f64 / 3.0)
            .map(|i| 0.8 * (-i * i).exp() + 0.2 * (-0.1 * i).exp())
            .collect();
        // tr(XᵀX) and tr((XᵀX)²) are sums of powers of the singular values.
        let gram = if n > p { x.t().dot(&x) } else { x.dot(&x.t()) };
        assert!((gram.diag().sum() - s.mapv(|v| v.powi(2)).sum()).abs() < 1e-12);
        assert!((gram.mapv(|v| v * v).sum() - s.mapv(|v| v.powi(4)).sum()).abs() < 1e-12);
    }
    let data =
        make_regression(40).n_features(15).effective_rank(Some(2)).tail_strength(0.0).generate().unwrap();
    let s: f64 = (0..15).map(|i| (-2.0 * (f64::from(i) / 2.0).powi(2)).exp()).sum();
    assert!((data.x.mapv(|v| v * v).sum() - s).abs() < 1e-12);
}

#[test]
fn sparse_uncorrelated_obeys_its_equation() {
    let data = make_sparse_uncorrelated(5000).n_features(6).seed(1).generate().unwrap();
    let noise = &data.y - &data.x.slice(s![.., ..4]).dot(&array![1.0, 2.0, -2.0, -1.5]);
    let (mean, deviation) = moments(noise.view());
    // 5000 draws: 1/√5000 = 0.014 and 0.01; five times that.
    assert!(mean.abs() < 0.07 && (deviation - 1.0).abs() < 0.05, "{mean} {deviation}");
}

#[test]
fn friedman_problems_obey_their_equations() {
    let pi = std::f64::consts::PI;
    let one = make_friedman1(200).seed(1).generate().unwrap();
    assert_eq!(one.x.dim(), (200, 10));
    for (x, y) in one.x.rows().into_iter().zip(&one.y) {
        assert!(x.iter().all(|v| (0.0..1.0).contains(v)));
        let expected =
            10.0 * (pi * x[0] * x[1]).sin() + 20.0 * (x[2] - 0.5) * (x[2] - 0.5) + 10.0 * x[3] + 5.0 * x[4];
        assert!((y - expected).abs() < 1e-12);
    }
    let (two, three) =
        (make_friedman2(200).seed(2).generate().unwrap(), make_friedman3(200).seed(2).generate().unwrap());
    assert_eq!(two.x, three.x);
    for (i, x) in two.x.rows().into_iter().enumerate() {
        let ranges = [(0.0, 100.0), (40.0 * pi, 560.0 * pi), (0.0, 1.0), (1.0, 11.0)];
        assert!(x.iter().zip(ranges).all(|(v, (low, high))| (low..high).contains(v)), "{x}");
        let reactance = x[1] * x[2] - 1.0 / (x[1] * x[3]);
        assert!((two.y[i] - (x[0] * x[0] + reactance * reactance).sqrt()).abs() < 1e-9);
        assert!((three.y[i].tan() * x[0] - reactance).abs() < 1e-6 * (1.0 + reactance.abs()), "{x}");
    }
}

#[test]
fn blobs_lie_around_their_centers() {
    let settings = make_blobs(3001).centers(3).n_features(4).cluster_stds(Some(vec![0.1, 1.0, 2.0])).seed(5);
    let (data, centers) = (settings.generate().unwrap(), settings.draw_centers().unwrap());
    assert!(centers.iter().all(|c| (-10.0..10.0).contains(c)));
    assert_eq!(class_counts(&data.y), [1001, 1000, 1000]);
    for (c, std) in [0.1, 1.0, 2.0].into_iter().enumerate() {
        let members: Vec<usize> =
            data.y.iter().enumerate().filter(|(_, y)| **y == c).map(|(i, _)| i).collect();
        let cluster = data.x.select(Axis(0), &members);
        for j in 0..4 {
            let (mean, deviation) = moments(cluster.column(j));
            // 1000 draws: std/√1000 = 0.032 std; five times that.
            assert!((mean - centers[[c, j]]).abs() < 0.16 * std && (deviation - std).abs() < 0.12 * std);
        }
    }
    let around = make_blobs(4)
        .cluster_std(0.0)
        .shuffle(false)
        .generate_around(array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]].view())
        .unwrap();
    assert_eq!(around.x, array![[1.0, 2.0, 3.0], [1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [4.0, 5.0, 6.0]]);
}

#[test]
fn moons_and_circles_lie_on_their_curves() {
    let moons = make_moons(101).generate().unwrap();
    assert_eq!(class_counts(&moons.y), [50, 51]);
    for (x, y) in moons.x.rows().into_iter().zip(&moons.y) {
        let (cx, cy, up) = if *y == 0 { (0.0, 0.0, 1.0) } else { (1.0, 0.5, -1.0) };
        assert!(((x[0] - cx).hypot(x[1] - cy) - 1.0).abs() < 1e-12 && up * (x[1] - cy) >= -1e-12);
    }
    let circles = make_circles(101).factor(0.3).generate().unwrap();
    assert_eq!(class_counts(&circles.y), [50, 51]);
    for (x, y) in circles.x.rows().into_iter().zip(&circles.y) {
        assert!((x[0].hypot(x[1]) - if *y == 0 { 1.0 } else { 0.3 }).abs() < 1e-12);
    }
    let ordered = make_moons(3).shuffle(false).generate().unwrap();
    assert_eq!(ordered.y, array![0, 1, 1]);
    assert!((&ordered.x - &array![[1.0, 0.0], [0.0, 0.5], [2.0, 0.5]]).iter().all(|d| d.abs() < 1e-12));
    let noisy = make_circles(2000).noise(0.1).shuffle(false).seed(1).generate().unwrap();
    let clean = make_circles(2000).shuffle(false).generate().unwrap();
    let (mean, deviation) = moments((&noisy.x - &clean.x).flatten().view());
    assert!(mean.abs() < 0.01 && (deviation - 0.1).abs() < 0.01);
}

#[test]
fn swiss_roll_lies_on_its_sheet() {
    let pi = std::f64::consts::PI;
    for hole in [false, true] {
        let data = make_swiss_roll(2000).hole(hole).seed(3).generate().unwrap();
        let mut in_the_hole = 0;
        for (x, t) in data.x.rows().into_iter().zip(&data.y) {
            assert!((1.5 * pi..4.5 * pi).contains(t) && (0.0..21.0).contains(&x[1]));
            assert!((x[0] - t * t.cos()).abs() < 1e-12 && (x[2] - t * t.sin()).abs() < 1e-12);
            in_the_hole += usize::from((2.5 * pi..3.5 * pi).contains(t) && (7.0..14.0).contains(&x[1]));
        }
        // A ninth of 2000 is 222, with a deviation of 14.
        assert!(if hole { in_the_hole == 0 } else { in_the_hole.abs_diff(222) < 70 }, "{hole} {in_the_hole}");
    }
}

#[test]
fn draws_do_not_change_between_releases() {
    // Whoever writes down a seed counts on the data behind it. No product of matrices takes part here, whose
    // last digits depend on the machine; sine and cosine may differ in theirs, hence 1e-12.
    let data = make_blobs(5).seed(42).generate().unwrap();
    assert_eq!(data.y, array![0, 0, 1, 2, 1]);
    let expected = array![
        [9.558853193233228, -8.838725126023817],
        [10.607911977083354, -8.719396382369746],
        [-7.673603410478105, 0.9013341613286796],
        [0.6982271452944897, 5.304609879163046],
        [-8.089913041918038, 0.549504171422086]
    ];
    assert!((data.x - expected).iter().all(|d| d.abs() < 1e-12));
    let roll = make_swiss_roll(2).hole(true).seed(42).generate().unwrap();
    assert!((roll.y - array![7.59947308711371, 6.135386188906245]).iter().all(|d| d.abs() < 1e-12));
}
