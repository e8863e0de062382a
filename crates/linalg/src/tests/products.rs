use super::{assert_close, layouts, numbers, same_on_any_threads, slow_product};
use crate::product::{matmul_add, matmul_into, matvec_into, matvec_t_into};
use crate::{matmul, matvec, matvec_t};
use estimand_core::Float;
use ndarray::{Array1, Array2, Axis, s};

fn products_of<F: Float>(sizes: &[(usize, usize, usize)]) {
    for &(m, k, n) in sizes {
        let (a, b) = (numbers::<F>(m, k, 1), numbers::<F>(k, n, 2));
        let truth = slow_product(a.view(), b.view());
        let tolerance = 2.0 * k as f64 * F::epsilon().f64();
        layouts(&a, |_, a| layouts(&b, |_, b| assert_close(matmul(a, b).view(), truth.view(), tolerance)));
        // Into any layout, over what stood there, and on top of it.
        let mut wide = Array2::from_elem((2 * m, n + 1), F::nan());
        matmul_into(a.view(), b.view(), wide.slice_mut(s![..;-2, 1..]));
        assert_close(wide.slice(s![..;-2, 1..]), truth.view(), tolerance);
        let mut sum = Array2::from_elem((n, m), F::one());
        matmul_add(F::of(-2.0), a.view(), b.view(), sum.view_mut().reversed_axes());
        assert_close(sum.t(), truth.mapv(|v| 1.0 - 2.0 * v).view(), 3.0 * tolerance + F::epsilon().f64());
    }
}

#[test]
fn products_are_their_definition() {
    let sizes = [
        (0, 3, 2),
        (3, 0, 2),
        (2, 3, 0),
        (1, 1, 1),
        (1, 5, 1),
        (4, 1, 3),
        (7, 64, 9),
        (65, 33, 17),
        (33, 40, 130),
    ];
    products_of::<f64>(&sizes);
    products_of::<f32>(&sizes);
}

#[test]
fn products_cut_into_blocks_are_their_definition() {
    // Blocks of rows, of columns, of both, and of the inner dimension.
    let sizes = [(700, 20, 3), (3, 20, 1200), (600, 64, 1100), (5, 9000, 4)];
    products_of::<f64>(&sizes[..2]);
    for (m, k, n) in sizes {
        let (a, b) = (numbers::<f64>(m, k, 1), numbers::<f64>(k, n, 2));
        assert_close(
            matmul(a.view(), b.view()).view(),
            slow_product(a.view(), b.view()).view(),
            k as f64 * 1e-15,
        );
    }
}

#[test]
fn products_have_the_same_bits_on_any_threads() {
    for (m, k, n) in [(900, 200, 700), (5, 60_000, 4)] {
        let (a, b) = (numbers::<f64>(m, k, 1), numbers::<f64>(k, n, 2));
        same_on_any_threads(|| matmul(a.view(), b.view()).into_raw_vec_and_offset().0);
    }
}

#[test]
#[should_panic(expected = "shapes of a product")]
fn shapes_that_do_not_agree_are_refused() {
    matmul(numbers::<f64>(2, 3, 1).view(), numbers::<f64>(2, 3, 1).view());
}

fn vectors<F: Float>(n: usize, p: usize) {
    let (x, v, u) = (numbers::<F>(n, p, 1), numbers::<F>(p, 1, 2), numbers::<F>(n, 1, 3));
    let (xv, xtu) = (slow_product(x.view(), v.view()), slow_product(x.t(), u.view()));
    // Sums are in f64: one rounding to F at the end.
    let tolerance =
        |terms: usize| F::epsilon().f64() * terms as f64 / 2.0 + 4.0 * terms as f64 * f64::EPSILON;
    layouts(&x, |layout, x| {
        layouts(&v, |_, v| {
            assert_close(matvec(x, v.column(0)).insert_axis(Axis(1)).view(), xv.view(), tolerance(p));
        });
        assert_close(matvec_t(x, u.column(0)).insert_axis(Axis(1)).view(), xtu.view(), tolerance(n));
        let mut gaps = Array1::from_elem(2 * n, F::nan());
        matvec_into(x, v.column(0), gaps.slice_mut(s![..;2]));
        assert_eq!(gaps.slice(s![..;2]), matvec(x, v.column(0)), "{layout}");
        let mut gaps = Array1::from_elem(2 * p, F::nan());
        matvec_t_into(x, u.column(0), gaps.slice_mut(s![..;-2]));
        assert_eq!(gaps.slice(s![..;-2]), matvec_t(x, u.column(0)), "{layout}");
    });
}

#[test]
fn products_with_vectors_are_their_definition() {
    for n in [0, 1, 5, 130] {
        for p in [0, 1, 3, 50] {
            vectors::<f64>(n, p);
            vectors::<f32>(n, p);
        }
    }
    vectors::<f32>(4_100, 3);
    vectors::<f64>(9_000, 40);
}

#[test]
fn products_with_vectors_have_the_same_bits_on_any_threads() {
    let (x, v, u) =
        (numbers::<f64>(50_000, 20, 1), Array1::linspace(-1.0, 1.0, 20), Array1::linspace(1.0, 2.0, 50_000));
    layouts(&x, |_, x| {
        same_on_any_threads(|| matvec(x, v.view()).to_vec());
        same_on_any_threads(|| matvec_t(x, u.view()).to_vec());
    });
}

#[test]
fn sums_over_many_single_precision_rows_keep_their_digits() {
    // A sum in f32 would stop growing at 2²⁴.
    let n = (1 << 24) + 1000;
    let (x, u) = (Array2::from_elem((n, 1), 1.0_f32), Array1::from_elem(n, 1.0_f32));
    assert_eq!(matvec_t(x.view(), u.view())[0], n as f32);
}

#[test]
fn parts_of_any_number_of_rows_lose_none() {
    // With 2000 columns a part has 399 rows, which is not a multiple of what the kernels take at a time.
    let (x, v) = (Array2::<f64>::ones((1_500, 2_000)), Array1::<f64>::ones(1_500));
    for x in [x.view(), Array2::ones((2_000, 1_500)).t()] {
        assert!(matvec_t(x, v.view()).iter().all(|sum| *sum == 1_500.0));
    }
}
