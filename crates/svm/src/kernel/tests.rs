use super::*;
use crate::testing::{function, gram, records};
use estimand_core::{Csr, Records};
use ndarray::{Array1, Array2, ArrayView1, array};

const KERNELS: [Kernel; 4] = [Kernel::Linear, Kernel::Rbf, Kernel::Polynomial, Kernel::Sigmoid];

/// Values of all of `asked` with all of `rows`.
fn filled(rows: &Rows, asked: &Rows) -> Array2<f64> {
    let stride = rows.len().next_multiple_of(GROUP);
    let mut out = Array2::zeros((asked.len(), rows.len()));
    let (mut queries, mut block) = (asked.queries(), vec![0.0; GROUP * stride]);
    for g in 0..asked.len().div_ceil(GROUP) {
        rows.fill(&mut queries, g, 0..rows.len(), stride, &mut block);
        for (i, line) in (g * GROUP..asked.len()).zip(block.chunks_exact(stride)) {
            out.row_mut(i).assign(&ArrayView1::from(&line[..rows.len()]));
        }
    }
    out
}

fn close(a: &Array2<f64>, b: &Array2<f64>, tolerance: f64) -> bool {
    a.dim() == b.dim() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
}

#[test]
fn blocks_are_their_definition() {
    for p in [1, 3, 8, 20] {
        for (n, m) in [(1, 1), (5, 9), (23, 17), (40, 8)] {
            let (x, z) = (records(n, p, 3), records(m, p, 4));
            for kernel in KERNELS {
                let f = function(kernel);
                let rows = Rows::new((&x).into(), f, false);
                let asked = Rows::shifted((&z).into(), f, rows.shift().to_vec());
                let truth = gram(f, &z, &x);
                let found = filled(&rows, &asked);
                // Twenty products of numbers below 1, cubed.
                assert!(close(&found, &truth, 1e-12 * p as f64), "{kernel:?} {n} {m} {p}");
                // A row alone, and among others that were picked, has the same bits.
                for i in 0..m {
                    let (row, mut out) = (z.row(i).to_vec(), vec![0.0; n.next_multiple_of(GROUP)]);
                    rows.fill_one(&row, rows.own_square(&row), 0..n, &mut out);
                    assert_eq!(out[..n], found.row(i).to_vec()[..]);
                }
                let picked: Vec<usize> = (0..n).rev().step_by(2).collect();
                let some = filled(&rows.select(&picked), &asked);
                assert!(picked.iter().enumerate().all(|(k, i)| some.column(k) == found.column(*i)));
                let diagonal = rows.diagonal();
                assert!((0..n).all(|i| (diagonal[i] - gram(f, &x, &x)[[i, i]]).abs() < 1e-12 * p as f64));
            }
        }
    }
}

#[test]
fn sparse_and_dense_records_meet() {
    let mut x = records(21, 6, 5);
    x.mapv_inplace(|v| if v < 0.2 { 0.0 } else { v });
    let mut z = records(13, 6, 6);
    z.mapv_inplace(|v| if v < 0.2 { 0.0 } else { v });
    let (xs, zs) = (Csr::from_dense(x.view()), Csr::from_dense(z.view()));
    for kernel in KERNELS {
        let (f, truth) = (function(kernel), gram(function(kernel), &z, &x));
        for rows in [Rows::new((&x).into(), f, false), Rows::new((&xs).into(), f, false)] {
            for asked in [
                Rows::shifted((&z).into(), f, rows.shift().to_vec()),
                Rows::shifted((&zs).into(), f, rows.shift().to_vec()),
            ] {
                assert!(close(&filled(&rows, &asked), &truth, 1e-12), "{kernel:?}");
            }
            let row = z.row(4).to_vec();
            let mut out = vec![0.0; 24];
            rows.fill_one(&row, rows.own_square(&row), 0..21, &mut out);
            assert!(out[..21].iter().zip(truth.row(4)).all(|(a, b)| (a - b).abs() < 1e-12));
        }
    }
}

#[test]
fn a_row_is_at_no_distance_from_itself() {
    let mut x = records(21, 9, 5);
    x.mapv_inplace(|v| if v < 0.2 { 0.0 } else { v });
    let sharp = Function { gamma: 1e300, ..function(Kernel::Rbf) };
    for records in [Records::from(&x), (&Csr::from_dense(x.view())).into()] {
        let rows = Rows::new(records, sharp, false);
        assert_eq!(filled(&rows, &rows), Array2::<f64>::eye(21));
    }
}

#[test]
fn given_values_and_functions_are_taken_as_they_are() {
    let x = records(12, 3, 7);
    let all = gram(function(Kernel::Rbf), &x, &x);
    let rows = Rows::new((&all).into(), function(Kernel::Precomputed), false).select(&[3, 0, 7]);
    assert_eq!(
        filled(&rows, &rows),
        Array2::from_shape_fn((3, 3), |(i, j)| all[[[3, 0, 7][i], [3, 0, 7][j]]])
    );
    let custom = CustomKernel::new("product", |a, b| a.iter().zip(b).map(|(a, b)| a * b).sum());
    let rows = Rows::new((&x).into(), function(Kernel::Custom(custom)), false);
    assert!(close(&filled(&rows, &rows), &gram(function(Kernel::Linear), &x, &x), 1e-15));
}

#[test]
fn distances_far_from_zero_keep_their_digits() {
    // Multiples of 2⁻¹⁰, so that nothing is rounded when they are moved.
    let x = records(30, 4, 8).mapv(|v| (v * 1024.0).round() / 1024.0);
    let (near, far) = (Rows::new((&x).into(), function(Kernel::Rbf), false), &x + 1e9);
    let far = Rows::new((&far).into(), function(Kernel::Rbf), false);
    // The mean of numbers around 1e9 is known to 1e-7.
    assert!(close(&filled(&near, &near), &filled(&far, &far), 1e-13));
    assert_eq!(filled(&near, &near), filled(&near, &near).reversed_axes());
    assert!(filled(&far, &far).diag().iter().all(|v| *v == 1.0));
}

#[test]
fn gamma_follows_the_records() {
    let x = array![[1.0, 2.0], [3.0, 6.0], [5.0, 7.0]];
    let of = |gamma: Gamma, w: Option<&Array1<f64>>| gamma.of((&x).into(), w.map(|w| w.view())).unwrap();
    // Mean 4, squares 9 + 4 + 1 + 4 + 1 + 9 = 28.
    assert!((of(Gamma::Scale, None) - 6.0 / 28.0 / 2.0).abs() < 1e-15);
    assert_eq!((of(Gamma::Auto, None), of(Gamma::from(0.3), None)), (0.5, 0.3));
    let twice = array![[1.0, 2.0], [3.0, 6.0], [5.0, 7.0], [5.0, 7.0]];
    let repeated = Gamma::Scale.of((&twice).into(), None).unwrap();
    assert!((of(Gamma::Scale, Some(&array![1.0, 1.0, 2.0])) - repeated).abs() < 1e-15);
    let sparse = Csr::from_dense(x.view());
    assert!((Gamma::Scale.of((&sparse).into(), None).unwrap() - of(Gamma::Scale, None)).abs() < 1e-15);
    assert_eq!(Gamma::Scale.of((&Array2::<f64>::ones((3, 2))).into(), None).unwrap(), 1.0);
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert!(Gamma::from(bad).of((&x).into(), None).unwrap_err().to_string().contains("`gamma`"));
    }
    assert!(
        Gamma::Scale.of((&(&x * 1e200)).into(), None).unwrap_err().to_string().contains("scale the columns")
    );
}
