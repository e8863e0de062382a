//! Covariances of many pairs at once, and their derivatives: the terms one after the other, for a few hundred pairs.
//!
//! ```text
//! forward     vₜ: values of term t, from those of the terms that it joins
//! backward    aₜ = ∂L / ∂vₜ from that of the whole:   sum a, a    product a v_right, a v_left    power a c v^(c − 1)
//!             ∂L / ∂θ = Σ over pairs aₜ ∂vₜ / ∂θ
//! ∂v / ∂ln ℓⱼ = h(s) (xⱼ − zⱼ)² / ℓⱼ²      h:  rbf v    Matérn ½ v / √s    3⁄2 3v / (1 + r)    5⁄2 5⁄3 (1 + r) v / (1 + r + r²/3)
//!                                         rational quadratic v / (1 + s / 2α)
//! ```

use super::{Covariance, LengthScale, Smoothness, Term};
use estimand_kernels as kernels;

/// Pairs that are taken together.
const SEGMENT: usize = 512;

/// A covariance, ready to be computed.
pub(crate) struct Program {
    steps: Vec<Step>,
    /// Of a sum or product, the last term of its left side; the right side ends just before it.
    left: Vec<usize>,
    /// The first hyper-parameter of each term.
    first: Vec<usize>,
    count: usize,
    /// Whether some term takes distances without length scales.
    plain: bool,
    width: usize,
}

enum Step {
    Constant(f64),
    White(f64),
    Shape(Shape, Scales),
    Periodic { length: f64, period: f64 },
    Dot(f64),
    Sum,
    Product,
    Power(f64),
}

#[derive(Clone, Copy)]
enum Shape {
    Rbf,
    Half,
    ThreeHalves,
    FiveHalves,
    Rational(f64),
}

/// 1 / ℓ²
enum Scales {
    One(f64),
    Each(Vec<f64>),
}

/// Pairs of records: one row with many, or each of many with itself.
#[derive(Clone, Copy)]
pub(crate) struct Pairs<'a> {
    /// The row; `None` for records with themselves.
    pub(crate) row: Option<&'a [f64]>,
    /// Feature j of record c at j · stride + c.
    pub(crate) columns: &'a [f64],
    pub(crate) stride: usize,
    pub(crate) len: usize,
    /// Whether a record with itself is one row, and not two that are equal.
    pub(crate) same: bool,
}

impl Pairs<'_> {
    fn part(&self, from: usize) -> Self {
        Self { columns: &self.columns[from..], len: (self.len - from).min(SEGMENT), ..*self }
    }

    /// Σⱼ fⱼ (xⱼ − zⱼ)²
    fn separations(&self, factors: &[f64], out: &mut [f64]) {
        match self.row {
            Some(row) => kernels::separations::<f64>(row, self.columns, self.stride, factors, out),
            None => out.fill(0.0),
        }
    }

    /// out ← out + xᵀz
    fn add_products(&self, width: usize, out: &mut [f64]) {
        for j in 0..width {
            let column = &self.columns[j * self.stride..][..out.len()];
            match self.row {
                Some(row) => kernels::axpy(row[j], column, out),
                None => out.iter_mut().zip(column).for_each(|(out, z)| *out += z * z),
            }
        }
    }
}

/// Room for the values of all terms.
pub(crate) struct Workspace {
    values: Vec<f64>,
    adjoints: Vec<f64>,
    plain: [f64; SEGMENT],
    some: [f64; SEGMENT],
    ones: Vec<f64>,
    sums: Vec<f64>,
}

impl Program {
    /// Ready for records with so many columns.
    pub(crate) fn new(covariance: &Covariance, width: usize) -> Self {
        let (mut left, mut first, mut starts, mut count) = (Vec::new(), Vec::new(), Vec::<usize>::new(), 0);
        let square = |scale: f64| 1.0 / (scale * scale);
        let scales = |scale: &LengthScale| match scale {
            LengthScale::One(scale) => Scales::One(square(scale.value)),
            LengthScale::Each(scales) => Scales::Each(scales.iter().map(|s| square(s.value)).collect()),
        };
        let step = |term: &Term| match term {
            Term::Constant(c) => Step::Constant(c.value),
            Term::White(c) => Step::White(c.value),
            Term::Rbf(scale) | Term::Matern(scale, Smoothness::Infinite) => {
                Step::Shape(Shape::Rbf, scales(scale))
            }
            Term::Matern(scale, Smoothness::Half) => Step::Shape(Shape::Half, scales(scale)),
            Term::Matern(scale, Smoothness::ThreeHalves) => Step::Shape(Shape::ThreeHalves, scales(scale)),
            Term::Matern(scale, Smoothness::FiveHalves) => Step::Shape(Shape::FiveHalves, scales(scale)),
            Term::RationalQuadratic(scale, alpha) => {
                Step::Shape(Shape::Rational(alpha.value), Scales::One(square(scale.value)))
            }
            Term::ExpSineSquared(length, period) => {
                Step::Periodic { length: length.value, period: period.value }
            }
            Term::DotProduct(sigma) => Step::Dot(sigma.value * sigma.value),
            Term::Sum => Step::Sum,
            Term::Product => Step::Product,
            Term::Power(exponent) => Step::Power(*exponent),
        };
        let steps: Vec<Step> = covariance.terms.iter().map(step).collect();
        for (t, term) in covariance.terms.iter().enumerate() {
            let before = |t: usize| t.saturating_sub(1);
            let (side, start) = match term {
                Term::Sum | Term::Product => {
                    let side = before(starts[before(t)]);
                    (side, starts[side])
                }
                Term::Power(_) => (0, starts[before(t)]),
                _ => (0, t),
            };
            left.push(side);
            starts.push(start);
            first.push(count);
            count += term.each().count();
        }
        let plain = steps.iter().any(|s| matches!(s, Step::Shape(_, Scales::One(_)) | Step::Periodic { .. }));
        Self { steps, left, first, count, plain, width }
    }

    /// How many hyper-parameters there are, fixed ones too.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Operations that one pair costs.
    pub(crate) fn cost(&self) -> usize {
        (self.width / 4 + 4) * self.steps.len()
    }

    pub(crate) fn workspace(&self) -> Workspace {
        let room = self.steps.len() * SEGMENT;
        Workspace {
            values: vec![0.0; room],
            adjoints: vec![0.0; room],
            plain: [0.0; SEGMENT],
            some: [0.0; SEGMENT],
            ones: vec![1.0; self.width],
            sums: vec![0.0; self.width],
        }
    }

    /// Covariances of all pairs.
    pub(crate) fn fill(&self, pairs: &Pairs<'_>, work: &mut Workspace, out: &mut [f64]) {
        for (k, out) in out.chunks_mut(SEGMENT).enumerate() {
            self.forward(&pairs.part(k * SEGMENT), work);
            let last = (self.steps.len() - 1) * SEGMENT;
            out.copy_from_slice(&work.values[last..last + out.len()]);
        }
    }

    /// gradient ← gradient + Σ over pairs a ∂k / ∂ ln θ; `adjoint(from, a)` writes a for pairs `from`, ….
    pub(crate) fn add_gradient(
        &self,
        pairs: &Pairs<'_>,
        work: &mut Workspace,
        mut adjoint: impl FnMut(usize, &mut [f64]),
        gradient: &mut [f64],
    ) {
        for from in (0..pairs.len).step_by(SEGMENT) {
            let part = pairs.part(from);
            self.forward(&part, work);
            let last = (self.steps.len() - 1) * SEGMENT;
            adjoint(from, &mut work.adjoints[last..last + part.len]);
            self.backward(&part, work, gradient);
        }
    }

    fn forward(&self, pairs: &Pairs<'_>, work: &mut Workspace) {
        let (m, Workspace { values, plain, some, ones, .. }) = (pairs.len, work);
        let (plain, some) = (&mut plain[..m], &mut some[..m]);
        if self.plain {
            pairs.separations(ones, plain);
        }
        for (t, step) in self.steps.iter().enumerate() {
            let (done, out) = values.split_at_mut(t * SEGMENT);
            let out = &mut out[..m];
            match step {
                Step::Constant(c) => out.fill(*c),
                Step::White(c) => out.fill(if pairs.same && pairs.row.is_none() { *c } else { 0.0 }),
                Step::Shape(shape, scales) => {
                    scales.separations(pairs, plain, out);
                    shape.values(out, some);
                }
                Step::Periodic { length, period } => {
                    for (out, square) in out.iter_mut().zip(&*plain) {
                        let sine = (std::f64::consts::PI * square.sqrt() / period).sin() / length;
                        *out = -2.0 * sine * sine;
                    }
                    kernels::exp(out);
                }
                Step::Dot(sigma) => {
                    out.fill(*sigma);
                    pairs.add_products(self.width, out);
                }
                Step::Sum | Step::Product => {
                    let left = &done[self.left[t] * SEGMENT..][..m];
                    let right = &done[(t - 1) * SEGMENT..][..m];
                    let both = out.iter_mut().zip(left).zip(right);
                    match step {
                        Step::Sum => both.for_each(|((out, a), b)| *out = a + b),
                        _ => both.for_each(|((out, a), b)| *out = a * b),
                    }
                }
                Step::Power(exponent) => {
                    let base = &done[(t - 1) * SEGMENT..][..m];
                    out.iter_mut().zip(base).for_each(|(out, base)| *out = power(*base, *exponent));
                }
            }
        }
    }

    fn backward(&self, pairs: &Pairs<'_>, work: &mut Workspace, gradient: &mut [f64]) {
        let (m, Workspace { values, adjoints, plain, some, sums, .. }) = (pairs.len, work);
        let (plain, some) = (&plain[..m], &mut some[..m]);
        for (t, step) in self.steps.iter().enumerate().rev() {
            let (before, own) = adjoints.split_at_mut(t * SEGMENT);
            let own = &mut own[..m];
            let value = |t: usize| &values[t * SEGMENT..t * SEGMENT + m];
            let gradient = &mut gradient[self.first[t]..];
            match step {
                Step::Constant(c) => gradient[0] += c * kernels::sum(own),
                Step::White(c) if pairs.same && pairs.row.is_none() => {
                    gradient[0] += c * kernels::sum(own);
                }
                Step::White(_) => {}
                Step::Dot(sigma) => gradient[0] += 2.0 * sigma * kernels::sum(own),
                Step::Shape(shape, scales) => {
                    scales.separations(pairs, plain, some);
                    if let Shape::Rational(alpha) = shape {
                        gradient[1] += rational_alpha(*alpha, some, value(t), own);
                    }
                    shape.weigh(own, value(t), some);
                    match (scales, pairs.row) {
                        (Scales::One(_), _) => gradient[0] += kernels::dot(own, some),
                        (Scales::Each(factors), Some(row)) => {
                            sums.fill(0.0);
                            kernels::separation_sums::<f64>(row, pairs.columns, pairs.stride, own, sums);
                            for ((g, sum), factor) in gradient.iter_mut().zip(&*sums).zip(factors) {
                                *g += factor * sum;
                            }
                        }
                        (Scales::Each(_), None) => {}
                    }
                }
                Step::Periodic { length, period } => {
                    for ((a, value), square) in own.iter().zip(value(t)).zip(plain) {
                        let angle = std::f64::consts::PI * square.sqrt() / period;
                        let (sine, cosine) = angle.sin_cos();
                        let common = 4.0 * a * value * sine / (length * length);
                        gradient[0] += common * sine;
                        gradient[1] += common * cosine * angle;
                    }
                }
                Step::Sum | Step::Product => {
                    let (left, right) = (self.left[t], t - 1);
                    let (lower, upper) = before.split_at_mut(right * SEGMENT);
                    let (a, b) = (&mut lower[left * SEGMENT..][..m], &mut upper[..m]);
                    if matches!(step, Step::Sum) {
                        a.copy_from_slice(own);
                        b.copy_from_slice(own);
                    } else {
                        let product = |to: &mut [f64], by: &[f64]| {
                            to.iter_mut().zip(&*own).zip(by).for_each(|((to, own), by)| *to = own * by);
                        };
                        product(a, value(right));
                        product(b, value(left));
                    }
                }
                Step::Power(exponent) => {
                    let to = &mut before[(t - 1) * SEGMENT..][..m];
                    for ((to, own), base) in to.iter_mut().zip(&*own).zip(value(t - 1)) {
                        *to = own * exponent * power(*base, exponent - 1.0);
                    }
                }
            }
        }
    }
}

impl Scales {
    /// s
    fn separations(&self, pairs: &Pairs<'_>, plain: &[f64], out: &mut [f64]) {
        match self {
            Self::One(factor) => out.iter_mut().zip(plain).for_each(|(out, s)| *out = factor * s),
            Self::Each(factors) => pairs.separations(factors, out),
        }
    }
}

impl Shape {
    /// s ← the covariance
    fn values(self, s: &mut [f64], some: &mut [f64]) {
        // r, of which −r goes to the exponential; the polynomial in r comes after it.
        let mut root = |factor: f64| {
            for (s, r) in s.iter_mut().zip(&mut *some) {
                *r = (factor * *s).sqrt();
                *s = -*r;
            }
            kernels::exp(s);
        };
        match self {
            Self::Rbf => {
                s.iter_mut().for_each(|s| *s *= -0.5);
                kernels::exp(s);
            }
            Self::Half => root(1.0),
            Self::ThreeHalves => {
                root(3.0);
                s.iter_mut().zip(some).for_each(|(s, r)| *s *= 1.0 + *r);
            }
            Self::FiveHalves => {
                root(5.0);
                s.iter_mut().zip(some).for_each(|(s, r)| *s *= 1.0 + *r + *r * *r / 3.0);
            }
            Self::Rational(alpha) => {
                s.iter_mut().for_each(|s| *s = 1.0 + *s / (2.0 * alpha));
                kernels::ln(s);
                s.iter_mut().for_each(|s| *s *= -alpha);
                kernels::exp(s);
            }
        }
    }

    /// a ← a h(s)
    fn weigh(self, a: &mut [f64], values: &[f64], s: &[f64]) {
        let each = a.iter_mut().zip(values).zip(s);
        match self {
            Self::Rbf => each.for_each(|((a, v), _)| *a *= v),
            // Where s is 0, so is every (xⱼ − zⱼ)².
            Self::Half => each.for_each(|((a, v), s)| *a *= if *s > 0.0 { v / s.sqrt() } else { 0.0 }),
            Self::ThreeHalves => each.for_each(|((a, v), s)| *a *= 3.0 * v / (1.0 + (3.0 * s).sqrt())),
            Self::FiveHalves => each.for_each(|((a, v), s)| {
                let r = (5.0 * s).sqrt();
                *a *= 5.0 / 3.0 * (1.0 + r) * v / (1.0 + r + r * r / 3.0);
            }),
            Self::Rational(alpha) => each.for_each(|((a, v), s)| *a *= v / (1.0 + s / (2.0 * alpha))),
        }
    }
}

/// Σ a ∂v / ∂ ln α = Σ a v (s / 2b − α ln b),  b = 1 + s / 2α
fn rational_alpha(alpha: f64, s: &[f64], values: &[f64], a: &[f64]) -> f64 {
    let part = |((s, v), a): ((&f64, &f64), &f64)| {
        let more = s / (2.0 * alpha);
        a * v * (s / (2.0 * (1.0 + more)) - alpha * more.ln_1p())
    };
    s.iter().zip(values).zip(a).map(part).sum()
}

/// A power that keeps its sign where the exponent is whole.
fn power(base: f64, exponent: f64) -> f64 {
    if exponent.fract() == 0.0 && exponent.abs() < 1024.0 {
        base.powi(exponent as i32)
    } else {
        base.powf(exponent)
    }
}
