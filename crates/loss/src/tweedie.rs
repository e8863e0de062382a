//! Losses of targets whose variance is a power of their mean.
//!
//! ```text
//! Var y = φ μᵖ        d(y, μ) = 2 (ℓ(z, y) − ℓ*(y))        ℓ*(y): ℓ where μ = y
//!
//! link       μ     ∂ℓ/∂z                     ∂²ℓ/∂z²                              its expectation
//! log        eᶻ    μ²⁻ᵖ − y μ¹⁻ᵖ             (2 − p) μ²⁻ᵖ − (1 − p) y μ¹⁻ᵖ        μ²⁻ᵖ
//! identity   z     (μ − y) μ⁻ᵖ               (1 − p) μ⁻ᵖ + p y μ⁻ᵖ⁻¹              μ⁻ᵖ
//!
//! p = 0      ℓ = ½ (μ − y)²                  p = 1    ℓ = μ − y ln μ
//! p = 2      ℓ = ln μ + y / μ                else     ℓ = μ²⁻ᵖ / (2 − p) − y μ¹⁻ᵖ / (1 − p)
//! ```
//!
//! Reference: \[Jorgensen87\].

use estimand_core::Float;
use estimand_core::serde::{Deserialize, Serialize};
use estimand_kernels as kernels;

/// What a raw prediction z says of the mean μ of y.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(crate = "estimand_core::serde")]
pub enum Link {
    /// μ = z: effects add up.
    Identity,
    /// μ = eᶻ: effects multiply, and no mean is negative.
    Log,
}

impl Link {
    /// z ← μ
    pub fn mean<F: Float>(self, z: &mut [F]) {
        match self {
            Self::Identity => (),
            Self::Log => kernels::exp(z),
        }
    }

    /// The raw prediction of a mean.
    pub fn of(self, mean: f64) -> f64 {
        match self {
            Self::Identity => mean,
            Self::Log => mean.ln(),
        }
    }
}

/// The loss of targets with Var y ∝ μᵖ: half their unit deviance, up to what does not depend on z.
///
/// ```
/// use estimand_loss::{Link, Tweedie};
///
/// let poisson = Tweedie { power: 1.0, link: Link::Log };
/// let (mut z, y) = ([0.0, 1.0], [2.0, 0.0]);
/// let value = poisson.gradient(&mut z, &y, None);
/// assert!((value - (1.0 + 1.0_f64.exp())).abs() < 1e-12 && z[0] == -1.0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tweedie {
    /// p: 0 normal, 1 Poisson, between them nothing, 1 to 2 compound Poisson, 2 gamma, 3 inverse normal.
    pub power: f64,
    /// From z to μ.
    pub link: Link,
}

/// Raw predictions that are worked on together.
const BLOCK: usize = 256;

/// What there is to know of one row.
struct Row {
    loss: f64,
    gradient: f64,
    /// ∂²ℓ/∂z²
    curvature: f64,
    /// Its expectation where μ is the mean of y.
    information: f64,
}

impl Tweedie {
    /// Σ wᵢ ℓ(zᵢ, yᵢ), leaving wᵢ ∂ℓ/∂z in `z`. Infinite where a mean lies outside what the power allows.
    pub fn gradient<F: Float>(self, z: &mut [F], y: &[F], weights: Option<&[F]>) -> f64 {
        self.rows(z, y, weights, |_, _| ())
    }

    /// Like [`gradient`](Self::gradient), and leaves wᵢ ∂²ℓ/∂z² in `h`.
    pub fn curvature<F: Float>(self, z: &mut [F], y: &[F], weights: Option<&[F]>, h: &mut [F]) -> f64 {
        let mut out = h.iter_mut();
        self.rows(z, y, weights, |row, w| {
            if let Some(h) = out.next() {
                *h = F::of(w * row.curvature);
            }
        })
    }

    /// Like [`curvature`](Self::curvature) with the expectation of the second derivative, which is never
    /// negative: Fisher's information of the row.
    pub fn information<F: Float>(self, z: &mut [F], y: &[F], weights: Option<&[F]>, h: &mut [F]) -> f64 {
        let mut out = h.iter_mut();
        self.rows(z, y, weights, |row, w| {
            if let Some(h) = out.next() {
                *h = F::of(w * row.information);
            }
        })
    }

    /// Whether no second derivative is negative, whatever z and y.
    pub fn is_convex(self) -> bool {
        match self.link {
            Link::Identity => self.power == 0.0 || self.power == 1.0,
            Link::Log => (1.0..=2.0).contains(&self.power),
        }
    }

    /// Whether y can occur.
    pub fn allows(self, y: f64) -> bool {
        y.is_finite()
            && match self.power {
                0.0 => true,
                p if p < 2.0 => y >= 0.0,
                _ => y > 0.0,
            }
    }

    /// What [`allows`](Self::allows) asks for, in words.
    pub fn range(self) -> &'static str {
        match self.power {
            0.0 => "finite numbers",
            p if p < 2.0 => "numbers that are not negative",
            _ => "numbers above 0",
        }
    }

    /// ℓ*(y): the smallest loss that any z gives.
    pub fn minimum(self, y: f64) -> f64 {
        match self.power {
            0.0 => 0.0,
            1.0 if y == 0.0 => 0.0,
            1.0 => y - y * y.ln(),
            2.0 => 1.0 + y.ln(),
            p => -y.powf(2.0 - p) / ((1.0 - p) * (2.0 - p)),
        }
    }

    /// The unit deviance d(y, μ).
    pub fn deviance(self, y: f64, mean: f64) -> f64 {
        match self.power {
            0.0 => (y - mean) * (y - mean),
            1.0 if y == 0.0 => 2.0 * mean,
            1.0 => 2.0 * (y * (y / mean).ln() - (y - mean)),
            2.0 => 2.0 * ((mean / y).ln() + (y - mean) / mean),
            3.0 => (y - mean) * (y - mean) / (mean * mean * y),
            p => {
                2.0 * (y.powf(2.0 - p) / ((1.0 - p) * (2.0 - p)) - y * mean.powf(1.0 - p) / (1.0 - p)
                    + mean.powf(2.0 - p) / (2.0 - p))
            }
        }
    }

    /// μᵖ
    pub fn variance(self, mean: f64) -> f64 {
        mean.powf(self.power)
    }

    /// Works through the rows in blocks, whose exponentials are taken together.
    fn rows<F: Float>(
        self,
        z: &mut [F],
        y: &[F],
        weights: Option<&[F]>,
        mut see: impl FnMut(&Row, f64),
    ) -> f64 {
        let (p, mut total) = (self.power, 0.0);
        let (mut a, mut b, mut losses) = ([1.0; BLOCK], [1.0; BLOCK], [0.0; BLOCK]);
        for (k, (z, y)) in z.chunks_mut(BLOCK).zip(y.chunks(BLOCK)).enumerate() {
            let n = z.len().min(y.len());
            let w = |i: usize| weights.map_or(1.0, |w| w[k * BLOCK + i].f64());
            if self.link == Link::Log {
                powers(z, 2.0 - p, &mut a[..n]);
                powers(z, 1.0 - p, &mut b[..n]);
            }
            for i in 0..n {
                let (zi, yi, wi) = (z[i].f64(), y[i].f64(), w(i));
                let row = match self.link {
                    Link::Log => log(p, zi, yi, a[i], b[i]),
                    Link::Identity => identity(p, zi, yi),
                };
                // A row without weight may lie anywhere.
                losses[i] = if wi == 0.0 { 0.0 } else { wi * row.loss };
                z[i] = F::of(wi * row.gradient);
                see(&row, wi);
            }
            total += kernels::sum(&losses[..n]);
        }
        total
    }
}

/// out ← exp(f z); left alone where f = 0, and there 1.
fn powers<F: Float>(z: &[F], f: f64, out: &mut [f64]) {
    if f != 0.0 {
        out.iter_mut().zip(z).for_each(|(out, z)| *out = f * z.f64());
        kernels::exp(out);
    }
}

/// a = μ²⁻ᵖ, b = μ¹⁻ᵖ, z = ln μ
#[inline]
fn log(p: f64, z: f64, y: f64, a: f64, b: f64) -> Row {
    let loss = match p {
        0.0 => 0.5 * (b - y) * (b - y),
        1.0 => a - y * z,
        2.0 => z + y * b,
        p => a / (2.0 - p) - y * b / (1.0 - p),
    };
    let gradient = if p == 0.0 { (b - y) * b } else { a - y * b };
    Row { loss, gradient, curvature: (2.0 - p) * a - (1.0 - p) * y * b, information: a }
}

#[inline]
fn identity(p: f64, z: f64, y: f64) -> Row {
    if p == 0.0 {
        let r = z - y;
        return Row { loss: 0.5 * r * r, gradient: r, curvature: 1.0, information: 1.0 };
    }
    // Written so that NaN goes on, and is found.
    if z <= 0.0 {
        return Row { loss: f64::INFINITY, gradient: 0.0, curvature: 0.0, information: 0.0 };
    }
    let loss = match p {
        1.0 => z - y * z.ln(),
        2.0 => z.ln() + y / z,
        p => z.powf(2.0 - p) / (2.0 - p) - y * z.powf(1.0 - p) / (1.0 - p),
    };
    let information = z.powf(-p);
    let curvature = ((1.0 - p) + p * y / z) * information;
    Row { loss, gradient: (z - y) * information, curvature, information }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    const POWERS: [f64; 5] = [0.0, 1.0, 1.5, 2.0, 3.0];

    fn all() -> impl Iterator<Item = Tweedie> {
        [Link::Log, Link::Identity].into_iter().flat_map(|link| POWERS.map(|power| Tweedie { power, link }))
    }

    #[test]
    fn derivatives_are_those_of_the_value() {
        // Central differences err by h²/6 times a third derivative that is at most a few hundred here.
        let h = 1e-5;
        for loss in all() {
            for (z, y) in [(0.7_f64, 1.3), (1.2, 0.4), (0.3, 2.5), (2.0, 7.0)] {
                let at = |z: f64| {
                    let (mut g, mut c) = ([z], [0.0]);
                    (loss.curvature(&mut g, &[y], Some(&[1.5]), &mut c), g[0], c[0])
                };
                let (here, up, down) = (at(z), at(z + h), at(z - h));
                assert_relative_eq!(here.1, (up.0 - down.0) / (2.0 * h), max_relative = 1e-6, epsilon = 1e-7);
                assert_relative_eq!(here.2, (up.1 - down.1) / (2.0 * h), max_relative = 1e-6, epsilon = 1e-7);
            }
        }
    }

    #[test]
    fn deviance_is_twice_the_excess_over_the_minimum() {
        for loss in all() {
            for (mean, y) in [(1.3_f64, 0.4), (0.6, 2.0), (5.0, 5.5)] {
                let z = loss.link.of(mean);
                let excess = loss.gradient(&mut [z], &[y], None) - loss.minimum(y);
                assert_relative_eq!(
                    loss.deviance(y, mean),
                    2.0 * excess,
                    max_relative = 1e-12,
                    epsilon = 1e-14
                );
                assert_relative_eq!(loss.deviance(y, y), 0.0, epsilon = 1e-14);
                let mut back = [z];
                loss.link.mean(&mut back);
                assert_relative_eq!(back[0], mean, max_relative = 1e-15);
            }
        }
        let poisson = Tweedie { power: 1.0, link: Link::Log };
        assert_eq!((poisson.deviance(0.0, 3.0), poisson.minimum(0.0)), (6.0, 0.0));
    }

    #[test]
    fn information_is_the_curvature_at_the_mean() {
        for loss in all() {
            for mean in [0.3, 1.0, 4.0] {
                let z = loss.link.of(mean);
                let (mut curvature, mut information) = ([0.0], [0.0]);
                loss.curvature(&mut [z], &[mean], None, &mut curvature);
                loss.information(&mut [z], &[mean], None, &mut information);
                assert_relative_eq!(curvature[0], information[0], max_relative = 1e-13);
            }
        }
    }

    #[test]
    fn convexity_is_told_truly() {
        for loss in all() {
            let mut lowest = f64::INFINITY;
            for z in [0.05, 0.5, 1.0, 3.0] {
                for y in [0.01, 0.5, 2.0, 30.0] {
                    let mut h = [0.0];
                    loss.curvature(&mut [z], &[y], None, &mut h);
                    lowest = lowest.min(h[0]);
                }
            }
            assert_eq!(lowest >= 0.0, loss.is_convex(), "{loss:?}: {lowest}");
        }
    }

    #[test]
    fn means_out_of_range_cost_everything_unless_they_weigh_nothing() {
        let loss = Tweedie { power: 1.0, link: Link::Identity };
        assert_eq!(loss.gradient(&mut [-1.0], &[1.0], None), f64::INFINITY);
        assert_eq!(loss.gradient(&mut [-1.0], &[1.0], Some(&[0.0])), 0.0);
        let ranges = [(0.0, -1.0, true), (1.0, 0.0, true), (1.0, -1.0, false), (2.0, 0.0, false)];
        for (power, y, allowed) in ranges {
            assert_eq!(Tweedie { power, link: Link::Log }.allows(y), allowed);
        }
    }

    #[test]
    fn blocks_and_single_precision_agree() {
        let z: Vec<f64> = (0..1000).map(|i| (f64::from(i) * 0.37).sin()).collect();
        let y: Vec<f64> = (0..1000).map(|i| f64::from(i % 7) + 0.5).collect();
        let single = |x: &[f64]| x.iter().map(|v| *v as f32).collect::<Vec<f32>>();
        for loss in all().filter(|loss| loss.link == Link::Log) {
            let rows: f64 = z.iter().zip(&y).map(|(z, y)| loss.gradient(&mut [*z], &[*y], None)).sum();
            assert_relative_eq!(loss.gradient(&mut z.clone(), &y, None), rows, max_relative = 1e-13);
            // Single precision rounds z and y: 1e-7 of terms of size 10.
            assert_relative_eq!(loss.gradient(&mut single(&z), &single(&y), None), rows, max_relative = 1e-5);
        }
    }
}
