use crate::{Loss, Multinomial};
use approx::assert_relative_eq;
use estimand_core::Float;
use proptest::prelude::*;
use std::f64::consts::LN_2;

const LOSSES: [Loss; 3] = [Loss::Squared, Loss::Binomial, Loss::Exponential];

/// (y, z, ℓ, ∂ℓ/∂z, ∂²ℓ/∂z²) to 17 digits, from 100-digit arithmetic.
#[rustfmt::skip]
const BINOMIAL: [(f64, f64, f64, f64, f64); 20] = [
    (0.0, 0.0, LN_2, 0.5, 0.25),
    (1.0, 0.0, LN_2, -0.5, 0.25),
    (0.0, 1.0, 1.3132616875182228, 0.7310585786300049, 0.19661193324148185),
    (1.0, 1.0, 0.3132616875182228, -0.2689414213699951, 0.19661193324148185),
    (0.0, -37.0, 8.533047625744066e-17, 8.533047625744065e-17, 8.533047625744065e-17),
    (1.0, 37.0, 8.533047625744066e-17, -8.533047625744065e-17, 8.533047625744065e-17),
    (0.0, 37.0, 37.0, 0.9999999999999999, 8.533047625744065e-17),
    (1.0, -37.0, 37.0, -0.9999999999999999, 8.533047625744065e-17),
    (1.0, 40.0, 4.248354255291589e-18, -4.248354255291589e-18, 4.248354255291589e-18),
    (1.0, -1e-12, 0.6931471805604453, -0.50000000000025, 0.25),
    (0.0, 1e-12, 0.6931471805604453, 0.50000000000025, 0.25),
    (1.0, -1e20, 1e20, -1.0, 0.0),
    (0.0, 1e20, 1e20, 1.0, 0.0),
    (1.0, 1e20, 0.0, 0.0, 0.0),
    (0.0, -1e20, 0.0, 0.0, 0.0),
    (1.0, 700.0, 9.85967654375977e-305, -9.85967654375977e-305, 9.85967654375977e-305),
    (0.0, 745.0, 745.0, 1.0, 5e-324),
    (1.0, 20.0, 2.061153620314381e-9, -2.0611536181902037e-9, 2.061153613941849e-9),
    (1.0, -20.0, 20.000000002061153, -0.9999999979388464, 2.061153613941849e-9),
    (0.0, 18.5, 18.50000000923745, 0.9999999907625504, 9.237449491309645e-9),
];

#[test]
fn binomial_loss_is_exact_at_extreme_arguments() {
    // 4 ulp: two for exp, one for each of the operations that follow it.
    let close = |a: f64, b: f64| (a - b).abs() <= 4.0 * f64::EPSILON * b.abs() + f64::MIN_POSITIVE;
    for (y, z, value, gradient, curvature) in BINOMIAL {
        let (mut g, mut h) = ([z], [0.0]);
        let v = Loss::Binomial.curvature(&mut g, &[y], None, &mut h);
        assert!(
            close(v, value) && close(g[0], gradient) && close(h[0], curvature),
            "y {y}, z {z}: {v:e}, {:e}, {:e}",
            g[0],
            h[0]
        );
        assert_eq!(Loss::Binomial.value(&[z], &[y], None), v);
    }
}

#[test]
fn multinomial_loss_is_right_at_extreme_arguments() {
    type Row = ([f64; 3], u32, f64, [f64; 3], [f64; 3]);
    let rows: [Row; 5] = [
        ([0.0; 3], 1, 1.0986122886681098, [1.0 / 3.0, -2.0 / 3.0, 1.0 / 3.0], [2.0 / 9.0; 3]),
        (
            [1.0, 2.0, 3.0],
            0,
            2.40760596444438,
            [-0.9099694268296196, 0.24472847105479764, 0.6652409557748219],
            [0.08192506906499322, 0.1848364465099787, 0.22269542653462335],
        ),
        (
            [100.0, 0.0, -100.0],
            0,
            0.0,
            [-3.720075976020836e-44, 3.720075976020836e-44, 1.3838965267367376e-87],
            [3.720075976020836e-44, 3.720075976020836e-44, 1.3838965267367376e-87],
        ),
        ([-1000.0, 0.0, 1000.0], 2, 0.0, [0.0; 3], [0.0; 3]),
        ([700.0, 700.0, -700.0], 1, LN_2, [0.5, -0.5, 0.0], [0.25, 0.25, 0.0]),
    ];
    for (mut z, y, value, gradient, curvature) in rows {
        let mut h = [0.0; 3];
        // The value is known to the rounding of 1, the rest relative to itself.
        assert_relative_eq!(
            Multinomial { classes: 3 }.curvature(&mut z, &[y], None, &mut h),
            value,
            epsilon = 4e-16
        );
        for j in 0..3 {
            assert_relative_eq!(z[j], gradient[j], max_relative = 2e-15, epsilon = 1e-300);
            assert_relative_eq!(h[j], curvature[j], max_relative = 2e-15, epsilon = 1e-300);
        }
    }
}

#[test]
fn two_classes_are_the_binomial_loss_of_the_difference() {
    for (z, y) in [(-3.0, 0_u32), (0.5, 1), (8.0, 0), (-8.0, 0)] {
        let (mut one, mut two) = ([z], [0.0, z]);
        let value = Loss::Binomial.gradient(&mut one, &[f64::from(y)], None);
        assert_relative_eq!(
            Multinomial { classes: 2 }.gradient(&mut two, &[y], None),
            value,
            epsilon = 4e-16
        );
        assert_relative_eq!(two[1], one[0], max_relative = 1e-15);
        assert_relative_eq!(two[0], -one[0], max_relative = 1e-15);
    }
}

#[test]
fn links_are_inverse_to_means_and_give_the_best_constant() {
    for loss in LOSSES {
        let (y, w) = ([0.0, 1.0, 1.0, 0.0, 1.0], [1.0, 2.0, 0.5, 1.0, 1.0]);
        let mean = y.iter().zip(&w).map(|(y, w)| y * w).sum::<f64>() / w.iter().sum::<f64>();
        let mut z = [loss.link(mean)];
        let mut gradient = [z[0]; 5];
        loss.gradient(&mut gradient, &y, Some(&w));
        assert!(gradient.iter().sum::<f64>().abs() < 1e-15, "{loss:?}");
        loss.mean(&mut z);
        assert_relative_eq!(z[0], mean, max_relative = 1e-15);
    }
}

/// Steps of the central differences, which err by h²/6 · |third derivative| + ε · |value| / h: in double
/// precision about 1e-11 of the value, in single precision 1e-5.
const STEP: (f64, f64) = (1e-5, 1e-2);

fn check_differences<F: Float>(
    tolerance: f64,
    z: &[f64],
    w: &[f64],
    value: impl Fn(&[F], &[F]) -> (f64, Vec<F>, Vec<F>),
) {
    let typed = |x: &[f64]| x.iter().map(|v| F::of(*v)).collect::<Vec<_>>();
    let (total, gradient, curvature) = value(&typed(z), &typed(w));
    let tolerance = tolerance * (1.0 + total);
    for j in 0..z.len() {
        let shifted = |by: f64| {
            let mut z = z.to_vec();
            z[j] += by;
            value(&typed(&z), &typed(w))
        };
        let step = if F::NAME == "f32" { STEP.1 } else { STEP.0 };
        let (up, down) = (shifted(step), shifted(-step));
        // What was really evaluated: in single precision the step is rounded.
        let width = F::of(z[j] + step).f64() - F::of(z[j] - step).f64();
        assert_relative_eq!(gradient[j].f64(), (up.0 - down.0) / width, epsilon = tolerance);
        assert_relative_eq!(
            curvature[j].f64(),
            (up.1[j].f64() - down.1[j].f64()) / width,
            epsilon = tolerance
        );
    }
}

fn differences<F: Float>(tolerance: f64, z: &[f64], codes: &[u32], w: &[f64]) {
    let y: Vec<F> = codes.iter().map(|c| F::of(f64::from(*c % 2))).collect();
    for loss in LOSSES {
        check_differences::<F>(tolerance, &z[..codes.len()], w, |z, w| {
            let (mut g, mut h) = (z.to_vec(), vec![F::zero(); z.len()]);
            let value = loss.curvature(&mut g, &y, Some(w), &mut h);
            assert_eq!(value, loss.value(z, &y, Some(w)));
            (value, g, h)
        });
    }
    check_differences::<F>(tolerance, z, w, |z, w| {
        let (mut g, mut h) = (z.to_vec(), vec![F::zero(); z.len()]);
        (Multinomial { classes: 3 }.curvature(&mut g, codes, Some(w), &mut h), g, h)
    });
}

proptest! {
    #[test]
    fn gradients_and_curvatures_are_derivatives(
        z in prop::collection::vec(-20.0..20.0_f64, 21),
        codes in prop::collection::vec(0..3_u32, 7),
        w in prop::collection::vec(0.0..3.0_f64, 7),
    ) {
        differences::<f64>(1e-9, &z, &codes, &w);
        // The rounding of raw predictions near 20 (1e-6), over a width of 2e-2, times weights of 3.
        differences::<f32>(1e-3, &z, &codes, &w);
    }

    #[test]
    fn integer_weights_are_repetition(z in prop::collection::vec(-5.0..5.0_f64, 6), codes in prop::collection::vec(0..3_u32, 2), times in 0..4_usize) {
        let repeated = |x: &[f64]| [x.repeat(times), x.to_vec()].concat();
        let loss = Multinomial { classes: 3 };
        let weighted = loss.gradient(&mut z[..3].to_vec(), &codes[..1], Some(&[(times + 1) as f64]));
        let again = loss.gradient(&mut repeated(&z[..3]), &vec![codes[0]; times + 1], None);
        prop_assert!((weighted - again).abs() <= 1e-14 * again.abs());
    }
}
