use super::numbers;
use crate::{Leading, SymmetricEigen, matmul};
use estimand_par as par;
use ndarray::{Array2, Axis};

fn symmetric(n: usize, seed: u64) -> Array2<f64> {
    let a = numbers::<f64>(n, n, seed);
    &a + &a.t()
}

#[test]
fn leading_values_are_those_of_all() {
    for (n, k) in [(1, 1), (20, 3), (150, 1), (150, 8), (400, 5)] {
        let a = symmetric(n, n as u64);
        let find = || Leading::new(n, k, |v| matmul(v, a.view()), 1e-10, 100_000, 1).unwrap();
        let found = par::with_threads(1, find).unwrap();
        assert!(found.converged);
        let all = SymmetricEigen::values(a.view()).unwrap();
        for (found, exact) in found.values.iter().zip(all.iter().rev()) {
            assert!((found - exact).abs() < 1e-9 * all[n - 1], "{found} {exact}");
        }
        let residual = matmul(found.vectors.view(), a.view())
            - &found.vectors * &found.values.view().insert_axis(Axis(1));
        assert!(residual.iter().all(|r| r.abs() < 1e-8 * all[n - 1]));
        let gram = matmul(found.vectors.view(), found.vectors.t()) - Array2::<f64>::eye(k);
        assert!(gram.iter().all(|g| g.abs() < 1e-12));
        let again = par::with_threads(3, find).unwrap();
        assert_eq!((again.values, again.vectors), (found.values, found.vectors));
    }
}

#[test]
fn equal_values_are_found_as_often_as_they_are() {
    // Four blocks of ones: 50 four times, else 0.
    let a = Array2::from_shape_fn((200, 200), |(i, j)| f64::from(u8::from(i % 4 == j % 4)));
    let found = Leading::new(200, 5, |v| matmul(v, a.view()), 1e-10, 10_000, 3).unwrap();
    assert!(found.converged);
    for (value, exact) in found.values.iter().zip([50.0, 50.0, 50.0, 50.0, 0.0]) {
        assert!((value - exact).abs() < 1e-9, "{value}");
    }
    assert!(Leading::new(3, 4, |v| v.to_owned(), 1e-10, 10, 0).is_err());
}
