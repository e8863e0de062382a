use super::*;
use crate::testing::{function, gram, records, value};
use crate::{CustomKernel, Kernel};
use estimand_core::{Csr, Decide, Error, Fit, Persist, Predict, Scores};
use ndarray::{Array1, Array2, Axis, array, concatenate};

/// The six rows of scikit-learn's tests.
fn six() -> (Array2<f64>, Array1<usize>) {
    (
        array![[-2.0, -1.0], [-1.0, -1.0], [-1.0, -2.0], [1.0, 1.0], [1.0, 2.0], [2.0, 1.0]],
        array![1, 1, 1, 2, 2, 2],
    )
}

/// Two classes that overlap, told apart by the product of the first columns.
fn crossed(n: usize, seed: u64) -> (Array2<f64>, Array1<usize>) {
    let x = records(n, 3, seed);
    let y = x.rows().into_iter().map(|r| usize::from(r[0] * r[1] + 0.1 * r[2] > 0.0)).collect();
    (x, y)
}

/// (1) less the negated (2): an upper bound of what the model is away from the optimum.
fn duality_gap(model: &SvcModel<f64>, x: &Array2<f64>, y: &Array1<usize>, c: f64) -> f64 {
    let decisions = model.scores(x.into()).unwrap();
    let beta = model.dual_coef().row(0).to_owned();
    let f = model.support().iter().map(|i| decisions[[*i, 0]] - model.intercept()[0]);
    let norm: f64 = beta.iter().zip(f).map(|(b, f)| b * f).sum();
    let loss: f64 =
        decisions.iter().zip(y).map(|(z, y)| (1.0 - if *y == 1 { *z } else { -*z }).max(0.0)).sum();
    let (primal, dual) = (norm / 2.0 + c * loss, beta.iter().map(|b| b.abs()).sum::<f64>() - norm / 2.0);
    assert!((dual + model.report().objective.unwrap()).abs() <= 1e-6 * (1.0 + dual.abs()));
    primal - dual
}

#[test]
fn six_rows_by_hand() {
    let (x, y) = six();
    let model = Svc::new().kernel(Kernel::Linear).fit((&x, &y)).unwrap();
    // The nearest rows of the classes are (−1, −1) and (1, 1): w = (½, ½), half of it from each.
    assert_eq!(model.support(), [1, 3]);
    assert!((model.dual_coef() - &array![[-0.25, 0.25]]).iter().all(|d| d.abs() < 1e-12));
    assert!((model.coef().unwrap() - array![[0.5, 0.5]]).iter().all(|d| d.abs() < 1e-12));
    assert!(model.intercept()[0].abs() < 1e-12);
    assert_eq!((model.predict(&x).unwrap(), model.n_support()), (y.clone(), vec![1, 1]));
    // The same from kernel values, and from a function.
    let values = x.dot(&x.t());
    let given = Svc::new().kernel(Kernel::Precomputed).fit((&values, &y)).unwrap();
    assert!((given.dual_coef() - &array![[-0.25, 0.25]]).iter().all(|d| d.abs() < 1e-12));
    let ask = array![[-1.0, -1.0], [2.0, 2.0], [3.0, 2.0]];
    assert_eq!(given.predict(&ask.dot(&x.t())).unwrap().to_vec(), [1, 2, 2]);
    let product = CustomKernel::new("product", |a, b| a.iter().zip(b).map(|(a, b)| a * b).sum());
    let custom = Svc::new().kernel(Kernel::Custom(product)).fit((&x, &y)).unwrap();
    assert_eq!(custom.predict(&ask).unwrap().to_vec(), [1, 2, 2]);
    assert!(custom.model().to_bytes().is_err());
}

#[test]
fn the_gap_between_primal_and_dual_closes() {
    for (kernel, c) in [
        (Kernel::Rbf, 1.0),
        (Kernel::Rbf, 1e-6),
        (Kernel::Rbf, 1e6),
        (Kernel::Linear, 1.0),
        (Kernel::Polynomial, 10.0),
    ] {
        let (x, y) = crossed(300, 21);
        let model = Svc::new().kernel(kernel).c(c).tol(1e-6).coef0(1.0).fit((&x, &y)).unwrap();
        assert!(model.report().converged, "{kernel:?} {c}");
        let gap = duality_gap(&model, &x, &y, c);
        // Each row may violate the conditions by `tol`, at a cost of C.
        assert!((-1e-9..=1e-6 * c * 300.0).contains(&gap), "{kernel:?} {c}: {gap}");
    }
}

#[test]
fn hard_data_are_learnt() {
    let (x, y) = crossed(200, 22);
    // Every row twice, under both labels.
    let both = concatenate![Axis(0), x, x];
    let labels: Array1<usize> = y.iter().copied().chain(y.iter().map(|y| 1 - y)).collect();
    for c in [1.0, 1e6] {
        let model = Svc::new().c(c).fit((&both, &labels)).unwrap();
        assert!(model.report().converged);
        // Nothing can be said of them: all decisions are 0.
        assert!(model.decision_function(&both).unwrap().iter().all(|z| z.abs() < 2e-3), "{c}");
    }
    // One row of a thousand.
    let rare: Array1<usize> = (0..1001).map(|i| usize::from(i == 500)).collect();
    let mut apart = records(1001, 3, 23);
    apart.row_mut(500).fill(3.0);
    let model = Svc::new().fit((&apart, &rare)).unwrap();
    assert_eq!(model.predict(&apart).unwrap()[500], 1);
    assert!((0.0..1e-3 * 1001.0).contains(&duality_gap(&model, &apart, &rare, 1.0)));
    // The same column three times; a constant one.
    let column = x.column(0).insert_axis(Axis(1));
    let collinear = concatenate![Axis(1), column, column, column, Array2::<f64>::ones((200, 1))];
    let model = Svc::new().kernel(Kernel::Linear).fit((&collinear, &y)).unwrap();
    assert!(model.report().converged && duality_gap(&model, &collinear, &y, 1.0) < 1e-3 * 200.0);
    // Rows that are all alike.
    let model = Svc::new().fit((&Array2::<f64>::ones((20, 2)), &y.slice(ndarray::s![..20]))).unwrap();
    assert!(model.report().converged);
}

#[test]
fn a_matrix_that_is_not_definite_ends_and_is_reported() {
    let (x, y) = crossed(80, 24);
    let distances = Array2::from_shape_fn((80, 80), |(i, j)| (&x.row(i) - &x.row(j)).mapv(|d| d * d).sum());
    let model = Svc::new().kernel(Kernel::Precomputed).max_iter(Some(100_000)).fit((&distances, &y)).unwrap();
    assert!(model.decision_function(&distances).unwrap().iter().all(|z| z.is_finite()));
    assert!(model.report().iterations <= 100_000);
    let few = Svc::new().max_iter(Some(3)).fit((&x, &y)).unwrap();
    assert!(!few.report().converged && few.report().iterations == 3);
}

/// Three classes around three centres.
fn three(n: usize, seed: u64) -> (Array2<f64>, Array1<usize>) {
    let mut x = records(n, 2, seed);
    let y = Array1::from_shape_fn(n, |i| i % 3);
    for (mut row, y) in x.rows_mut().into_iter().zip(&y) {
        row += &ndarray::aview1(&[[0.0, 0.0], [1.2, 0.3], [0.4, 1.1]][*y]);
    }
    (x, y)
}

#[test]
fn pairs_vote() {
    let (x, y) = three(120, 25);
    let model = Svc::new().tol(1e-8).fit((&x, &y)).unwrap();
    let (pairs, scores) = (model.pair_decisions(&x).unwrap(), model.decision_function(&x).unwrap());
    for (pair, score) in pairs.rows().into_iter().zip(scores.rows()) {
        // scikit-learn's formula.
        let (mut votes, mut sums) = ([0.0; 3], [0.0; 3]);
        for (m, (i, j)) in [(0, 1), (0, 2), (1, 2)].into_iter().enumerate() {
            votes[if pair[m] < 0.0 { j } else { i }] += 1.0;
            (sums[i], sums[j]) = (sums[i] + pair[m], sums[j] - pair[m]);
        }
        for c in 0..3 {
            assert!((score[c] - (votes[c] + sums[c] / (3.0 * (sums[c].abs() + 1.0)))).abs() < 1e-12);
        }
    }
    // Each pair is the machine of its two classes alone.
    let rows: Vec<usize> = (0..120).filter(|i| y[*i] != 1).collect();
    let (some, labels) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
    let two = Svc::new().tol(1e-8).gamma(model.gamma()).fit((&some, &labels)).unwrap();
    let alone = two.decision_function(&x).unwrap();
    assert!(alone.column(0).iter().zip(pairs.column(1)).all(|(a, b)| (a + b).abs() < 1e-6));
    // Coefficients stand by class; those of a class are of its pairs, in order.
    let f = model.support().iter().zip(model.dual_coef().columns()).map(|(i, beta)| {
        let k = value(
            crate::kernel::Function { gamma: model.gamma(), ..function(Kernel::Rbf) },
            x.row(*i),
            x.row(0),
        );
        k * match y[*i] {
            0 => beta[0],
            1 => beta[0],
            _ => 0.0,
        }
    });
    assert!((f.sum::<f64>() + model.intercept()[0] - pairs[[0, 0]]).abs() < 1e-9);
    assert!(model.support().windows(2).all(|w| (y[w[0]], w[0]) < (y[w[1]], w[1])));
}

#[test]
fn a_linear_kernel_has_coefficients() {
    for (x, y) in [three(90, 26), crossed(90, 27)] {
        let model = Svc::new().kernel(Kernel::Linear).fit((&x, &y)).unwrap();
        let pairs = model.pair_decisions(&x).unwrap();
        let product = x.dot(&model.coef().unwrap().t()) + &Array1::from(model.intercept().to_vec());
        assert!((&pairs - &product).iter().all(|d| d.abs() < 1e-12));
        assert!(Svc::new().fit((&x, &y)).unwrap().coef().is_none());
    }
}

#[test]
fn records_of_any_kind_give_one_model() {
    let (x, y) = three(100, 28);
    let x = x.mapv(|v| if v < 0.3 { 0.0 } else { v });
    let sparse = Csr::from_dense(x.view());
    for kernel in [Kernel::Linear, Kernel::Rbf, Kernel::Polynomial] {
        let settings = Svc::new().kernel(kernel).tol(1e-9);
        let (a, b) = (settings.fit((&x, &y)).unwrap(), settings.fit((&sparse, &y)).unwrap());
        let decide = |m: &estimand_core::Classifier<SvcModel<f64>, usize>| {
            [m.decision_function(&x).unwrap(), m.decision_function(&sparse).unwrap()]
        };
        let [truth, _] = decide(&a);
        for other in decide(&a).iter().chain(&decide(&b)) {
            assert!((&truth - other).iter().all(|d| d.abs() < 1e-6), "{kernel:?}");
        }
        let saved = SvcModel::<f64>::from_bytes(&b.model().to_bytes().unwrap()).unwrap();
        assert_eq!(&saved, b.model());
    }
    // Given values of a Gaussian kernel are a Gaussian kernel.
    let rbf = Svc::new().tol(1e-9).fit((&x, &y)).unwrap();
    let values = gram(crate::kernel::Function { gamma: rbf.gamma(), ..function(Kernel::Rbf) }, &x, &x);
    let given = Svc::new().tol(1e-9).kernel(Kernel::Precomputed).fit((&values, &y)).unwrap();
    let (a, b) = (rbf.decision_function(&x).unwrap(), given.decision_function(&values).unwrap());
    assert!((&a - &b).iter().all(|d| d.abs() < 1e-6));
    let saved = SvcModel::<f64>::from_bytes(&given.model().to_bytes().unwrap()).unwrap();
    assert_eq!(saved.scores((&values).into()).unwrap(), b);
}

#[test]
fn what_cannot_be_learnt_is_said() {
    let (x, y) = crossed(30, 29);
    let message = |settings: Svc| settings.fit((&x, &y)).map(drop).unwrap_err().to_string();
    assert!(message(Svc::new().c(0.0)).contains("`c`"));
    assert!(message(Svc::new().gamma(-1.0)).contains("`gamma`"));
    assert!(message(Svc::new().kernel(Kernel::Precomputed)).contains("precomputed"));
    assert!(
        message(Svc::new().kernel(Kernel::Polynomial).degree(4000).gamma(1e9)).contains("scale the columns")
    );
    let sparse = Csr::from_dense(x.view());
    let outcome = Svc::new().kernel(Kernel::Precomputed).fit((&sparse, &y)).map(drop);
    assert!(matches!(outcome, Err(Error::Unsupported { .. })));
}

#[test]
fn one_support_vector_of_each_class() {
    // w = 2 (x₁ − x₀) / ‖x₁ − x₀‖² of the two nearest rows, whose a are 2 / ‖x₁ − x₀‖².
    let (x, y) = (array![[-1.0], [-2.0], [1.0], [30.0]], [0, 0, 1, 1]);
    for c in [1.0, 1e6] {
        let model = Svc::new().kernel(Kernel::Linear).c(c).tol(1e-9).fit((&x, &y)).unwrap();
        assert_eq!((model.support(), model.n_support()), (&[0, 2][..], vec![1, 1]));
        assert!(model.dual_coef().iter().all(|a| (a.abs() - 0.5).abs() < 1e-9));
    }
}
