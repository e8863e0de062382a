//! The regularised incomplete gamma and beta functions, both tails of each, to about 1e-13 relative.
//!
//! ```text
//! P(a, x) = γ(a, x) / Γ(a)      Q = 1 − P        I(a, b, x) = B(x; a, b) / B(a, b)      1 − I = I(b, a, 1 − x)
//! ```
//!
//! What stands before the series and the continued fractions is written about its largest value, so that large a and b
//! cost no digits \[Loader00\]:
//!
//! ```text
//! xᵃe⁻ˣ / Γ(a)           = √(a/2π) exp(−δ(a) − D(a, x))                                      D(k, m) = k ln(k/m) + m − k
//! xᵃyᵇ / B(a, b)         = √(ab/2π(a+b)) exp(δ(a+b) − δ(a) − δ(b) − D(a, (a+b)x) − D(b, (a+b)y))           y = 1 − x
//! δ(a)                   = ln Γ(a) − (a − ½) ln a + a − ½ ln 2π
//! ```
//!
//! The continued fractions are those of \[Press07, 6.2 and 6.4\], by Lentz's method.

use std::f64::consts::TAU;

/// Terms of a series or a fraction; large a and b need the root of them.
const TERMS: usize = 1_000_000;
/// What divides nothing in Lentz's method.
const TINY: f64 = 1e-300;

/// ln Γ(x) for x > 0, to about 1e-15 of its largest term.
pub fn ln_gamma(x: f64) -> f64 {
    (x - 0.5) * x.ln() - x + 0.5 * TAU.ln() + stirling(x)
}

/// ψ(x) = d ln Γ(x) / dx for x > 0: from x = 15 on its asymptotic series, below that by ψ(x) = ψ(x + 1) − 1/x.
pub fn digamma(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 15.0 {
        sum -= x.recip();
        x += 1.0;
    }
    // B₂ₖ / 2k
    const SERIES: [f64; 7] =
        [1.0 / 12.0, -1.0 / 120.0, 1.0 / 252.0, -1.0 / 240.0, 1.0 / 132.0, -691.0 / 32_760.0, 1.0 / 12.0];
    let square = (x * x).recip();
    sum + x.ln() - 0.5 / x - SERIES.iter().rev().fold(0.0, |sum, c| (sum + c) * square)
}

/// δ(x), for x > 0: from x = 15 on Stirling's series, below that by δ(x) = δ(x + 1) + (x + ½) ln(1 + 1/x) − 1.
fn stirling(x: f64) -> f64 {
    let (mut x, mut sum) = (x, 0.0);
    while x < 15.0 {
        sum += (x + 0.5) * x.recip().ln_1p() - 1.0;
        x += 1.0;
    }
    const SERIES: [f64; 8] = [
        1.0 / 12.0,
        -1.0 / 360.0,
        1.0 / 1260.0,
        -1.0 / 1680.0,
        1.0 / 1188.0,
        -691.0 / 360_360.0,
        1.0 / 156.0,
        -3617.0 / 122_400.0,
    ];
    sum + SERIES.iter().rev().fold(0.0, |sum, c| sum / (x * x) + c) / x
}

/// D(k, m) = k ln(k/m) + m − k, without cancellation where k is near m.
fn apart(k: f64, m: f64) -> f64 {
    let d = (m - k) / k;
    if d.abs() > 0.1 {
        return k * (k / m).ln() + m - k;
    }
    // k (d − ln(1 + d)) with v = d / (2 + d): ln(1 + d) = 2 (v + v³/3 + v⁵/5 + …), and d − 2v = v d.
    let v = d / (2.0 + d);
    let (square, mut power, mut sum) = (v * v, 2.0 * v, 0.0);
    for j in 1.. {
        power *= square;
        let term = power / f64::from(2 * j + 1);
        sum += term;
        if term.abs() <= f64::EPSILON * sum.abs() * 0.1 || term == 0.0 {
            break;
        }
    }
    k * (v * d - sum)
}

/// P(a, x) and Q(a, x) for a > 0, x ≥ 0.
pub(super) fn gamma(a: f64, x: f64) -> (f64, f64) {
    if x.is_nan() || x <= 0.0 {
        return if x.is_nan() { (x, x) } else { (0.0, 1.0) };
    }
    if x == f64::INFINITY {
        return (1.0, 0.0);
    }
    let front = (a / TAU).sqrt() * (-stirling(a) - apart(a, x)).exp();
    if x < a + 1.0 {
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..TERMS {
            term *= x / (a + n as f64);
            sum += term;
            if term <= sum * f64::EPSILON * 0.1 {
                break;
            }
        }
        let p = front * sum;
        (p, 1.0 - p)
    } else {
        let fraction = lentz(x + 1.0 - a, |n| (-n * (n - a), x + 1.0 - a + 2.0 * n));
        let q = front / fraction;
        (1.0 - q, q)
    }
}

/// I(a, b, x) and 1 − I(a, b, x) for a, b > 0, given x and y = 1 − x.
pub(super) fn beta(a: f64, b: f64, x: f64, y: f64) -> (f64, f64) {
    if x.is_nan() || y.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    if x <= 0.0 || y <= 0.0 {
        return if x <= 0.0 { (0.0, 1.0) } else { (1.0, 0.0) };
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        let (upper, lower) = beta(b, a, y, x);
        return (lower, upper);
    }
    let s = a + b;
    let front = (a * b / (TAU * s)).sqrt()
        * (stirling(s) - stirling(a) - stirling(b) - apart(a, s * x) - apart(b, s * y)).exp();
    // The even part of the fraction in the book: it has a y − b x, where the whole one loses the digits of y to 1 − x.
    let fraction = lentz(tail(a, b, x, y, 0.0), |m| {
        let before = a + 2.0 * m - 1.0;
        let above = (a + m - 1.0) / before * ((s + m - 1.0) / before) * m * (b - m) * x * x;
        (above, m + m * (b - m) * x / before + tail(a, b, x, y, m))
    });
    let lower = front / fraction;
    (lower, 1.0 - lower)
}

fn tail(a: f64, b: f64, x: f64, y: f64, m: f64) -> f64 {
    (a + m) * (a * y - b * x + 1.0 + m * (1.0 + y)) / (a + 2.0 * m + 1.0)
}

/// b₀ + a₁/(b₁ + a₂/(b₂ + …)), where `next(n)` gives aₙ and bₙ.
fn lentz(b: f64, next: impl Fn(f64) -> (f64, f64)) -> f64 {
    let nonzero = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut f = nonzero(b);
    let (mut c, mut d) = (f, 0.0);
    for n in 1..TERMS {
        let (a, b) = next(n as f64);
        d = nonzero(b + a * d).recip();
        c = nonzero(b + a / c);
        f *= c * d;
        if (c * d - 1.0).abs() <= f64::EPSILON {
            break;
        }
    }
    f
}
