//! Quick checks.
use super::*;
use ndarray::{Array1, Array2, array};

fn numbers(n: usize, p: usize, seed: u64) -> Array2<f64> {
    use rand::{Rng, SeedableRng};
    let mut rng = rand_xoshiro::Xoshiro256PlusPlus::seed_from_u64(seed);
    Array2::from_shape_fn((n, p), |_| rng.random_range(-1.0..1.0))
}

#[test]
fn smoke() {
    let (a, b) = (numbers(70, 30, 1), numbers(30, 20, 2));
    approx::assert_abs_diff_eq!(matmul(a.view(), b.view()), a.dot(&b), epsilon = 1e-12);
    let v = Array1::linspace(-1.0, 1.0, 30);
    approx::assert_abs_diff_eq!(matvec(a.view(), v.view()), a.dot(&v), epsilon = 1e-12);
    let u = Array1::linspace(-1.0, 1.0, 70);
    approx::assert_abs_diff_eq!(matvec_t(a.view(), u.view()), a.t().dot(&u), epsilon = 1e-12);
    let y = numbers(70, 2, 4);
    let m = Moments::new(a.view(), y.view(), None);
    let centred = &a - &m.mean;
    let g = centred.t().dot(&centred);
    approx::assert_abs_diff_eq!(m.gram, g, epsilon = 1e-12);
    let c = Cholesky::new(g.view()).unwrap();
    approx::assert_abs_diff_eq!(c.inverse().dot(&g), Array2::eye(30), epsilon = 1e-9);
    let e = SymmetricEigen::new(g.view()).unwrap();
    approx::assert_abs_diff_eq!(e.vectors.dot(&Array2::from_diag(&e.values)).dot(&e.vectors.t()), g, epsilon = 1e-10);
    let s = Svd::thin(a.view()).unwrap();
    approx::assert_abs_diff_eq!(s.u.dot(&Array2::from_diag(&s.s)).dot(&s.vt), a, epsilon = 1e-10);
    let q = Qr::new(a.view());
    approx::assert_abs_diff_eq!(q.q().dot(&q.r()), a, epsilon = 1e-10);
    let w = lstsq(a.view(), y.view(), None, None, None).unwrap();
    approx::assert_abs_diff_eq!(w.coef, q.solve(y.view()), epsilon = 1e-10);
    approx::assert_abs_diff_eq!(w.coef, Cholesky::new(m.clone().uncentred().gram.view()).unwrap().solve(m.uncentred().cross.view()), epsilon = 1e-8);
    let mut z = array![1.0, f64::INFINITY, f64::NEG_INFINITY, 0.0, -745.0, f64::NAN, 709.7].to_vec();
    estimand_kernels::exp(&mut z);
    println!("{z:?}");
    estimand_kernels::ln(&mut z);
    println!("{z:?}");
}
