//! By definition, finite differences, weights, starts, threads, files, errors.

use super::*;
use estimand_core::Persist;
use estimand_core::random::uniform;
use estimand_optim::Objective;
use ndarray::array;

fn noise(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    Array2::from_shape_simple_fn((n, p), || uniform(&mut stream) - 0.5)
}

/// Three classes that the first column tells apart, not quite; the last is large and tells nothing.
fn classes(n: usize) -> (Array2<f64>, Array1<u32>) {
    let mut x = noise(n, 4, 1);
    x.column_mut(0).iter_mut().enumerate().for_each(|(i, v)| *v = *v * 1.4 + (i % 3) as f64);
    x.column_mut(3).mapv_inplace(|v| v * 12.0);
    (x, (0..n as u32).map(|i| i % 3).collect())
}

/// (1) and (2) as they stand.
fn twin(x: &Array2<f64>, y: &Array1<u32>, w: &Array1<f64>, a: &Array2<f64>) -> f64 {
    let z = x.dot(&a.t());
    let n = x.nrows();
    let p = |i: usize| {
        let (mut sum, mut same) = (0.0, 0.0);
        let weight = |j: usize| if i == j { (w[i] - 1.0).max(0.0) } else { w[j] };
        let square = |j: usize| (&z.row(i) - &z.row(j)).mapv(|v| v * v).sum();
        // Of a row that is far from all others, the exponentials themselves would vanish.
        let nearest = (0..n).filter(|j| weight(*j) > 0.0).map(square).fold(f64::INFINITY, f64::min);
        for j in 0..n {
            let s = weight(j) * (nearest - square(j)).min(0.0).exp();
            sum += s;
            same += if y[i] == y[j] { s } else { 0.0 };
        }
        same / sum
    };
    (0..n).map(|i| w[i] * p(i)).sum::<f64>() / w.sum()
}

#[test]
fn value_and_gradient_are_their_definition() {
    let (x, y) = classes(150);
    for weights in [Array1::ones(150), Array1::from_shape_fn(150, |i| 0.5 + (i % 4) as f64)] {
        let a = noise(2, 4, 3);
        let mut problem = Problem::new(x.clone(), y.clone(), Some(weights.clone()), 2);
        let mut gradient = vec![0.0; 8];
        let value = problem.gradient(a.as_slice().unwrap(), &mut gradient);
        let truth = |a: &Array2<f64>| -twin(&x, &y, &weights, a);
        assert!((value - truth(&a)).abs() < 1e-12);
        for (j, slope) in gradient.iter().enumerate() {
            let at = |step: f64| {
                let mut a = a.clone();
                a.as_slice_mut().unwrap()[j] += step;
                truth(&a)
            };
            // Central differences lose half of the digits.
            let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((slope - difference).abs() < 1e-8, "{j}: {slope} instead of {difference}");
        }
    }
}

#[test]
fn it_finds_the_column_that_tells() {
    let (x, y) = classes(240);
    let settings = NeighborhoodComponentsAnalysis::new().n_components(1).max_iter(200);
    for init in [ComponentsInit::Auto, ComponentsInit::Discriminants, ComponentsInit::Identity] {
        let model: NeighborhoodComponentsModel<f64> = settings.clone().init(init).fit((&x, &y)).unwrap();
        let a = model.components().row(0).mapv(f64::abs);
        assert!(a[0] > 10.0 * a[3], "{a}");
        let f = model.report().objective.unwrap();
        assert!(f > 0.7, "{f}");
    }
    let start = NeighborhoodComponentsAnalysis::new().max_iter(1).init(ComponentsInit::Identity);
    let early: NeighborhoodComponentsModel<f64> = start.fit((&x, &y)).unwrap();
    let late: NeighborhoodComponentsModel<f64> = start.max_iter(60).fit((&x, &y)).unwrap();
    assert!(!early.report().converged && late.report().objective > early.report().objective);
    let truth = twin(&x, &y, &Array1::ones(240), &early.components().to_owned());
    assert!((early.report().objective.unwrap() - truth).abs() < 1e-9);
}

#[test]
fn weights_are_repetitions() {
    let (x, y) = classes(90);
    let weights = Array1::from_shape_fn(90, |i| (i / 3 % 3) as f64);
    let rows: Vec<usize> = (0..90).flat_map(|i| std::iter::repeat_n(i, i / 3 % 3)).collect();
    for init in [ComponentsInit::Discriminants, ComponentsInit::Principal] {
        let settings = NeighborhoodComponentsAnalysis::new().n_components(2).init(init).max_iter(5);
        let weighted: NeighborhoodComponentsModel<f64> = settings.fit((&x, &y, &weights)).unwrap();
        let (x, y) = (x.select(Axis(0), &rows), y.select(Axis(0), &rows));
        let repeated: NeighborhoodComponentsModel<f64> = settings.fit((&x, &y)).unwrap();
        // Up to signs, which the start has from an eigenvector; sums in another order grow over the steps.
        let gram = |model: &NeighborhoodComponentsModel<f64>| model.components().t().dot(&model.components());
        let (a, b) = (gram(&weighted), gram(&repeated));
        approx::assert_abs_diff_eq!(a, b, epsilon = 1e-7 * b.iter().fold(0.0, |m: f64, v| m.max(v.abs())));
    }
}

#[test]
fn threads_layouts_and_files_do_not_matter() {
    let (x, y) = classes(300);
    let settings = NeighborhoodComponentsAnalysis::new().n_components(2).max_iter(10);
    let fit = || -> NeighborhoodComponentsModel<f64> { settings.fit((&x, &y)).unwrap() };
    let model = estimand_par::with_threads(1, fit).unwrap();
    assert_eq!(model, estimand_par::with_threads(5, fit).unwrap());
    let columns = x.t().as_standard_layout().into_owned();
    assert_eq!(model, settings.fit((columns.t(), &y)).unwrap());
    let loaded = NeighborhoodComponentsModel::from_bytes(&model.to_bytes().unwrap()).unwrap();
    assert_eq!(loaded, model);
    let z: Array2<f64> = loaded.transform(&x).unwrap();
    approx::assert_abs_diff_eq!(z, x.dot(&model.components().t()), epsilon = 1e-12);
    let mut one = Vec::new();
    loaded.transform_one(&x.row(7).to_vec(), &mut one, &mut Scratch::new()).unwrap();
    assert_eq!(one, z.row(7).to_vec());
    let singles = x.mapv(|v| v as f32);
    let narrow: NeighborhoodComponentsModel<f32> = settings.max_iter(2).fit((&singles, &y)).unwrap();
    assert!(narrow.transform(&singles).unwrap().iter().all(|v| v.is_finite()));
}

#[test]
fn impossible_settings_are_refused() {
    let (x, y) = classes(30);
    let said = |settings: NeighborhoodComponentsAnalysis| {
        let fit: Result<NeighborhoodComponentsModel<f64>> = settings.fit((&x, &y));
        fit.unwrap_err().to_string()
    };
    let settings = NeighborhoodComponentsAnalysis::new();
    assert!(said(settings.clone().n_components(5)).contains("number of columns"));
    assert!(said(settings.clone().n_components(3).init(ComponentsInit::Discriminants)).contains("classes"));
    assert!(said(settings.clone().init(ComponentsInit::Given(noise(2, 4, 1)))).contains("the first map"));
    let fit: Result<NeighborhoodComponentsModel<f64>> = settings.fit((&x, &Array1::from_elem(30, "a")));
    assert!(fit.unwrap_err().to_string().contains("one class"));
    let mut bad = x.clone();
    bad[[4, 1]] = f64::NAN;
    let fit: Result<NeighborhoodComponentsModel<f64>> = settings.fit((&bad, &y));
    assert!(fit.unwrap_err().to_string().contains("row 4"));
    let model: NeighborhoodComponentsModel<f64> = settings.max_iter(1).fit((&x, &y)).unwrap();
    assert!(model.transform(&array![[1.0]]).is_err());
}
