use crate::{
    Curved, HessianProducts, Objective, Outcome, Reason, Stop, bounded, lbfgs, line_search, newton,
    truncated_newton,
};
use ndarray::{Array2, ArrayView1, ArrayViewMut1, ArrayViewMut2};

/// Functions with known minima, given by value, gradient and Hessian.
struct Function<V> {
    all: V,
    evaluations: usize,
    diagonal: Option<Vec<f64>>,
    hessian: Array2<f64>,
}
impl<V: Fn(&[f64]) -> (f64, Vec<f64>, Array2<f64>)> Function<V> {
    fn new(all: V) -> Self {
        Self { all, evaluations: 0, diagonal: None, hessian: Array2::default((0, 0)) }
    }
    /// By quasi-Newton steps, Newton's, and truncated ones.
    fn each(all: V, x: &[f64], stop: Stop) -> [Outcome; 3]
    where
        V: Clone,
    {
        [
            lbfgs(&mut Self::new(all.clone()), x.to_vec(), stop),
            newton(&mut Self::new(all.clone()), x.to_vec(), stop),
            truncated_newton(&mut Self::new(all), x.to_vec(), stop),
        ]
    }
}
impl<V: Fn(&[f64]) -> (f64, Vec<f64>, Array2<f64>)> Objective for Function<V> {
    fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
        self.evaluations += 1;
        let (value, g, hessian) = (self.all)(x);
        gradient.copy_from_slice(&g);
        self.hessian = hessian;
        value
    }
    fn precondition(&mut self, v: &mut [f64]) -> bool {
        let Some(diagonal) = &self.diagonal else { return false };
        v.iter_mut().zip(diagonal).for_each(|(v, d)| *v /= d);
        true
    }
}
impl<V: Fn(&[f64]) -> (f64, Vec<f64>, Array2<f64>)> Curved for Function<V> {
    fn hessian(&mut self, x: &[f64], gradient: &mut [f64], mut hessian: ArrayViewMut2<'_, f64>) -> f64 {
        hessian.assign(&(self.all)(x).2);
        self.gradient(x, gradient)
    }
}

impl<V: Fn(&[f64]) -> (f64, Vec<f64>, Array2<f64>)> HessianProducts for Function<V> {
    fn hessian_product(&mut self, v: &[f64], out: &mut [f64]) {
        ArrayViewMut1::from(out).assign(&self.hessian.dot(&ArrayView1::from(v)));
    }
}

fn rosenbrock(x: &[f64]) -> (f64, Vec<f64>, Array2<f64>) {
    let (a, b) = (1.0 - x[0], x[1] - x[0] * x[0]);
    let cross = -400.0 * x[0];
    (
        a * a + 100.0 * b * b,
        vec![-2.0 * a - 400.0 * x[0] * b, 200.0 * b],
        ndarray::array![[2.0 - 400.0 * b + 800.0 * x[0] * x[0], cross], [cross, 200.0]],
    )
}

/// ½ Σ cⱼ (xⱼ − 1)² + 3
fn quadratic(c: &[f64], x: &[f64]) -> (f64, Vec<f64>, Array2<f64>) {
    let value = x.iter().zip(c).map(|(x, c)| 0.5 * c * (x - 1.0) * (x - 1.0)).sum::<f64>() + 3.0;
    (value, x.iter().zip(c).map(|(x, c)| c * (x - 1.0)).collect(), Array2::from_diag(&ndarray::aview1(c)))
}

/// Σ ln cosh xⱼ: its Hessian vanishes far from 0, where Newton steps of length 1 diverge.
fn ln_cosh(x: &[f64]) -> (f64, Vec<f64>, Array2<f64>) {
    let value = x.iter().map(|x| x.abs() + (-2.0 * x.abs()).exp().ln_1p() - 2.0_f64.ln()).sum();
    (
        value,
        x.iter().map(|x| x.tanh()).collect(),
        Array2::from_diag(&ndarray::aview1(x).mapv(|x| x.cosh().powi(-2))),
    )
}

#[test]
fn rosenbrock_is_minimised_by_all() {
    // f is quadratic near the minimum: |x − x*|² ≤ f / λmin with λmin = 0.4.
    let stop = Stop { gradient: 1e-8, ..Stop::default() };
    // Directions that are cut short take more of them.
    for (found, most) in Function::each(rosenbrock, &[-1.2, 1.0], stop).iter().zip([80, 80, 100]) {
        assert!(found.converged(), "{found:?}");
        assert!(found.x.iter().all(|x| (x - 1.0).abs() < 1e-7), "{found:?}");
        assert!(found.evaluations <= most, "{found:?}");
    }
}

#[test]
fn a_quadratic_takes_newton_one_step_and_no_scaling_hurts() {
    for scale in [1.0_f64, 1e3, 1e6] {
        let c: Vec<f64> = (0..8).map(|j| scale.powf(f64::from(j) / 7.0)).collect();
        let stop = Stop { gradient: 1e-6, iterations: 500, ..Stop::default() };
        let [quasi, exact, truncated] = Function::each(|x: &[f64]| quadratic(&c, x), &[0.0; 8], stop);
        assert!(quasi.converged() && exact.converged() && truncated.converged());
        assert_eq!(exact.iterations, 1);
        // With the right preconditioner, a quasi-Newton step is a Newton step.
        let mut preconditioned = Function::new(|x: &[f64]| quadratic(&c, x));
        preconditioned.diagonal = Some(c.clone());
        assert_eq!(lbfgs(&mut preconditioned, vec![0.0; 8], stop).iterations, 1);
        assert_eq!(truncated_newton(&mut preconditioned, vec![0.0; 8], stop).iterations, 1);
    }
}

#[test]
fn the_gradient_bound_is_kept() {
    for gradient in [1e-2, 1e-5, 1e-9] {
        for found in
            Function::each(rosenbrock, &[-1.2, 1.0], Stop { gradient, decrease: 1.0, ..Stop::default() })
        {
            let largest = rosenbrock(&found.x).1.iter().fold(0.0_f64, |max, g| max.max(g.abs()));
            assert!(found.converged() && found.gradient_norm == largest && largest <= gradient, "{found:?}");
        }
    }
}

#[test]
fn newton_is_damped_where_full_steps_diverge() {
    for found in Function::each(ln_cosh, &[30.0, -4.0, 0.5], Stop::default()) {
        assert!(found.converged() && found.x.iter().all(|x| x.abs() < 1e-5), "{found:?}");
    }
}

#[test]
fn flat_and_singular_functions_end() {
    let constant = |x: &[f64]| (7.0, vec![0.0; x.len()], Array2::zeros((x.len(), x.len())));
    for found in Function::each(constant, &[1.0, 2.0], Stop::default()) {
        assert!(found.converged() && found.iterations == 0, "{found:?}");
    }
    // ½ (x₀ + x₁ − 2)²: a whole line of minima; the gradient has no part along it, nor may the step.
    let valley = |x: &[f64]| {
        let r = x[0] + x[1] - 2.0;
        (0.5 * r * r + 1.0, vec![r, r], Array2::ones((2, 2)))
    };
    for found in Function::each(valley, &[5.0, 3.0], Stop::default()) {
        assert!(found.converged(), "{found:?}");
        assert!((found.x[0] - 2.0).abs() < 1e-6 && (found.x[1]).abs() < 1e-6, "{found:?}");
    }
}

#[test]
fn what_cannot_be_reached_is_said() {
    let stop = Stop { iterations: 3, ..Stop::default() };
    for found in Function::each(rosenbrock, &[-1.2, 1.0], stop) {
        assert_eq!((found.reason, found.iterations), (Reason::Iterations, 3));
    }
    let never = Stop { gradient: 0.0, decrease: 0.0, ..Stop::default() };
    for found in Function::each(|x: &[f64]| ln_cosh(&[x[0] - 1.0 / 3.0]), &[2.0], never) {
        assert!(found.converged() || found.reason == Reason::Precision, "{found:?}");
        assert!((found.x[0] - 1.0 / 3.0).abs() < 1e-7, "{found:?}");
    }
    // e⁻ˣ has no minimum.
    let falling = |x: &[f64]| ((-x[0]).exp(), vec![-(-x[0]).exp()], ndarray::array![[(-x[0]).exp()]]);
    for found in Function::each(falling, &[0.0], Stop { floor: 1e-3, ..Stop::default() }) {
        assert!(found.reason == Reason::Floor && found.x[0] < 50.0, "{found:?}");
    }
}

#[test]
fn values_that_are_not_finite_are_said_at_the_start_and_avoided_later() {
    for bad in [f64::NAN, f64::INFINITY] {
        for found in Function::each(rosenbrock, &[bad, 1.0], Stop::default()) {
            assert_eq!((found.reason, found.iterations), (Reason::NonFinite, 0));
        }
    }
    // x − ln x: long steps from the right leave the domain.
    let barrier =
        |x: &[f64]| (x[0] - x[0].ln(), vec![1.0 - 1.0 / x[0]], ndarray::array![[1.0 / (x[0] * x[0])]]);
    for found in Function::each(barrier, &[40.0], Stop::default()) {
        assert!(found.converged() && (found.x[0] - 1.0).abs() < 1e-5, "{found:?}");
    }
}

#[test]
fn newton_leaves_out_the_hessian_of_the_last_point() {
    struct Counting(usize);
    impl Objective for Counting {
        fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
            let (value, g, _) = ln_cosh(x);
            gradient.copy_from_slice(&g);
            value + 1.0
        }
    }
    impl Curved for Counting {
        fn hessian(&mut self, x: &[f64], gradient: &mut [f64], mut hessian: ArrayViewMut2<'_, f64>) -> f64 {
            self.0 += 1;
            hessian.assign(&ln_cosh(x).2);
            self.gradient(x, gradient)
        }
    }
    let mut counting = Counting(0);
    let found = newton(&mut counting, vec![0.8, -0.5], Stop::default());
    assert!(found.converged() && counting.0 < found.evaluations, "{} Hessians, {found:?}", counting.0);
}

#[test]
fn the_least_curvature_tells_the_end() {
    /// ½ Σ (1 + j / 10) (xⱼ − 1)² + 3 with j from 0 to 29: products so far, and what is said of the least curvature.
    struct Counting(usize, f64);
    impl Objective for Counting {
        fn gradient(&mut self, x: &[f64], gradient: &mut [f64]) -> f64 {
            let c: Vec<f64> = (0..x.len()).map(|j| 1.0 + j as f64 / 10.0).collect();
            let (value, g, _) = quadratic(&c, x);
            gradient.copy_from_slice(&g);
            value
        }
    }
    impl HessianProducts for Counting {
        fn hessian_product(&mut self, v: &[f64], out: &mut [f64]) {
            self.0 += 1;
            out.iter_mut().zip(v).zip(0..).for_each(|((out, v), j)| *out = (1.0 + f64::from(j) / 10.0) * v);
        }
        fn least_curvature(&self) -> f64 {
            self.1
        }
    }
    let stop = Stop { gradient: 1e-2, ..Stop::default() };
    let products = |least: f64| {
        let mut counting = Counting(0, least);
        let found = truncated_newton(&mut counting, vec![0.0; 30], stop);
        assert!(found.converged() && found.value - 3.0 <= stop.decrease * found.value, "{found:?}");
        counting.0
    };
    assert!(products(1.0) < products(0.0));
}

#[test]
fn line_search_meets_the_wolfe_conditions() {
    // Steps far too short and far too long, on a curve with a kink-like bend and on one with a wall.
    let bend = |t: f64| (-t / (t * t + 2.0), (t * t - 2.0) / (t * t + 2.0).powi(2));
    let wall =
        |t: f64| if t < 3.0 { (-t - (3.0 - t).ln(), -1.0 + 1.0 / (3.0 - t)) } else { (f64::NAN, f64::NAN) };
    for first in [1e-3, 0.1, 1.0, 50.0, 1e3] {
        for curve in [&bend as &dyn Fn(f64) -> (f64, f64), &wall] {
            let ((f0, s0), mut at) = (curve(0.0), 0.0);
            let found = line_search::search(f0, s0, first, |t| {
                at = t;
                curve(t)
            });
            let (f, s) = curve(at);
            assert_eq!(found, Some(f));
            assert!(
                f <= f0 + 1e-4 * at * s0 && s.abs() <= 0.9 * s0.abs(),
                "first {first}: t {at}, φ {f}, φ′ {s}"
            );
        }
    }
    assert_eq!(line_search::search(1.0, 0.5, 1.0, |t| (t, 1.0)), None);
    assert_eq!(line_search::search(1.0, f64::NAN, 1.0, |t| (t, 1.0)), None);
}

/// The part of the gradient that bounds let a variable follow.
fn pushed(x: &[f64], gradient: &[f64], bounds: &[(f64, f64)]) -> f64 {
    (0..x.len())
        .map(|j| ((x[j] - gradient[j]).max(bounds[j].0).min(bounds[j].1) - x[j]).abs())
        .fold(0.0, f64::max)
}

#[test]
fn bounds_hold_and_stop_the_gradient() {
    let stop = Stop { gradient: 1e-7, decrease: 0.0, ..Stop::default() };
    let free = (f64::NEG_INFINITY, f64::INFINITY);
    for (bounds, expected) in [
        ([free, free], Some([1.0, 1.0])),
        ([(-2.0, 0.5), free], Some([0.5, 0.25])),
        ([free, (-1.0, 0.25)], None),
        ([(-2.0, -1.0), (3.0, 4.0)], None),
        ([(0.7, 0.7), (-1.0, 0.2)], Some([0.7, 0.2])),
        ([(-2.0, 3.0), (2.0, 2.0)], None),
    ] {
        for start in [[-1.2, 1.0], [9.0, -9.0], [0.0, 0.0]] {
            let mut function = Function::new(rosenbrock);
            let found = bounded(&mut function, start.to_vec(), &bounds, stop);
            let (_, gradient, _) = rosenbrock(&found.x);
            for (x, (low, high)) in found.x.iter().zip(bounds) {
                assert!(*x >= low && *x <= high, "{found:?}");
            }
            assert!(pushed(&found.x, &gradient, &bounds) < 1e-6, "{found:?}");
            if let Some(expected) = expected {
                assert!(found.x.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-5), "{found:?}");
            }
            assert!(found.iterations <= 100 && function.evaluations == found.evaluations, "{found:?}");
        }
    }
}

#[test]
fn bounded_runs_end() {
    let bounds = [(-1.0, 3.0); 4];
    let ill = |x: &[f64]| quadratic(&[1e-6, 1.0, 1e3, 1e6], x);
    let found = bounded(&mut Function::new(ill), vec![2.0; 4], &bounds, Stop::default());
    assert!(found.converged() && (found.value - 3.0).abs() < 1e-6, "{found:?}");
    let exact = Stop { gradient: 1e-12, decrease: 0.0, ..Stop::default() };
    let corner = bounded(&mut Function::new(ill), vec![3.0; 4], &[(2.0, 3.0); 4], exact);
    assert_eq!(corner.x, [2.0; 4]);
    let nan = |_: &[f64]| (f64::NAN, vec![0.0; 4], Array2::zeros((4, 4)));
    assert_eq!(
        bounded(&mut Function::new(nan), vec![0.0; 4], &bounds, Stop::default()).reason,
        Reason::NonFinite
    );
    // Beyond 2 there is no value: the search keeps away from there.
    let partial = |x: &[f64]| {
        let (value, gradient, hessian) = quadratic(&[1.0; 4], x);
        (if x[0] < -0.5 { f64::INFINITY } else { value - x[0] * 3.0 }, gradient, hessian)
    };
    let found = bounded(&mut Function::new(partial), vec![2.5; 4], &bounds, Stop::default());
    assert!(found.evaluations < 500);
    let few = Stop { iterations: 1, decrease: 0.0, gradient: 0.0, ..Stop::default() };
    assert_eq!(
        bounded(&mut Function::new(rosenbrock), vec![0.0; 2], &[(-5.0, 5.0); 2], few).reason,
        Reason::Iterations
    );
}
