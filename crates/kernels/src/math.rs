//! Elementary functions of one number, without branches, so that a loop over them becomes vector code.
//!
//! ```text
//! exp x = 2ⁿ (1 + p(r))              n = ⌊x / ln 2⌉, r = x − n ln 2, p(r) = r + r² q(r) ≈ eʳ − 1
//! ln x  = n ln 2 + ln(1 + f)         x = 2ⁿ (1 + f), √½ ≤ 1 + f < √2
//! ln(1 + f) = f − (f²/2 − s (f²/2 + R(s²)))     s = f / (2 + f)             [fdlibm, e_log.c]
//! ```
//!
//! q is the minimax polynomial for the relative error of exp on |r| ≤ ½ ln 2: 3.6e-18 for `f64` (degree 9)
//! and 3.1e-9 for `f32` (degree 4). ln 2 is split in two so that n · ln 2 loses nothing. Rounding to an
//! integer adds and subtracts 1.5 · 2⁵² (1.5 · 2²³), which also leaves that integer in the low bits, ready
//! to become an exponent.

use crate::isa::{Isa, Vector};
use estimand_core::Float;

/// The scalar as the kernels see it.
pub(crate) trait Real: Float {
    /// Eight values, as `f64`.
    fn eight<I: Isa>(from: &[Self; 8]) -> I::Vector;
    /// self · b + c
    fn madd<I: Isa>(self, b: Self, c: Self) -> Self;
    /// eˣ
    fn exp_<I: Isa>(self) -> Self;
    /// eˣ − 1 for −60 < x ≤ 0
    fn expm1_negative<I: Isa>(self) -> Self;
    /// ln x
    fn ln_<I: Isa>(self) -> Self;
    /// ln(1 + x) for 0 ≤ x ≤ 1
    fn ln_1p_unit<I: Isa>(self) -> Self;

    /// exp(−|x|)
    #[inline(always)]
    fn exp_neg_abs<I: Isa>(self) -> Self {
        (-self.abs()).exp_::<I>()
    }

    /// 1 / (1 + exp(−x)), given e = exp(−|x|)
    #[inline(always)]
    fn sigmoid_from(self, e: Self) -> Self {
        let one = Self::one();
        (if self >= Self::zero() { one } else { e }) / (one + e)
    }

    /// max(x, 0)
    #[inline(always)]
    fn positive_part(self) -> Self {
        if self > Self::zero() { self } else { Self::zero() }
    }

    /// tanh x = −m / (2 + m) · sign x, where m = exp(−2|x|) − 1
    #[inline(always)]
    fn tanh_<I: Isa>(self) -> Self {
        let two = Self::one() + Self::one();
        let limit = Self::of(-50.0);
        let y = -two * self.abs();
        let m = (if y < limit { limit } else { y }).expm1_negative::<I>();
        (-m / (two + m)).copysign(self)
    }
}

macro_rules! real {
    ($t:ident, $parts:ident, $load:ident, exp: $low:literal to $high:literal, subnormal: $lift:literal) => {
        impl Real for $t {
            #[inline(always)]
            fn eight<I: Isa>(from: &[Self; 8]) -> I::Vector {
                I::Vector::$load(from)
            }

            #[inline(always)]
            fn madd<I: Isa>(self, b: Self, c: Self) -> Self {
                if I::FMA { self.mul_add(b, c) } else { self * b + c }
            }

            #[inline(always)]
            fn exp_<I: Isa>(self) -> Self {
                // Comparisons written so that NaN passes through.
                let x = if self > $high { $high } else { self };
                let x = if x < $low { $low } else { x };
                let (n, p) = $parts::exp::<I>(x);
                // 2ⁿ in two factors: n may lie beyond the exponents of normal numbers at either end.
                let half = (n * 0.5 + $parts::ROUND) - $parts::ROUND;
                (1.0 + p) * $parts::power_of_two(half) * $parts::power_of_two(n - half)
            }

            #[inline(always)]
            fn expm1_negative<I: Isa>(self) -> Self {
                let (n, p) = $parts::exp::<I>(self);
                let scale = $parts::power_of_two(n);
                scale.madd::<I>(p, scale - 1.0)
            }

            #[inline(always)]
            fn ln_<I: Isa>(self) -> Self {
                let subnormal = self < $t::MIN_POSITIVE;
                let (n, f) = $parts::split(if subnormal { self * $parts::power_of_two($lift) } else { self });
                let value = $parts::ln::<I>(if subnormal { n - $lift } else { n }, f);
                let value = if self < $t::INFINITY { value } else { self };
                let value = if self == 0.0 { $t::NEG_INFINITY } else { value };
                if self < 0.0 { $t::NAN } else { value }
            }

            #[inline(always)]
            fn ln_1p_unit<I: Isa>(self) -> Self {
                let above = self > std::f64::consts::SQRT_2 as $t - 1.0;
                $parts::ln::<I>(if above { 1.0 } else { 0.0 }, if above { 0.5 * (self - 1.0) } else { self })
            }
        }
    };
}
real!(f64, double, load, exp: -746.0 to 710.0, subnormal: 54.0);
real!(f32, single, widen, exp: -104.0 to 89.0, subnormal: 25.0);

macro_rules! parts {
    ($t:ident, mantissa: $m:literal bits, bias: $bias:literal, ln2: $hi:literal + $lo:literal) => {
        use super::Real;
        use crate::isa::Isa;
        use std::$t::consts::{FRAC_1_SQRT_2, LOG2_E};

        /// Adding this rounds to an integer.
        pub(super) const ROUND: $t = 1.5 * STEP;
        /// 2ᵐ; the integers below it are written in the low bits of its sum with them.
        const STEP: $t = (1_u64 << $m) as $t;

        /// 2ⁿ, for integers n that are exponents of normal numbers.
        #[inline(always)]
        pub(super) fn power_of_two(n: $t) -> $t {
            $t::from_bits((n + (ROUND + $bias)).to_bits() << $m)
        }

        /// (n, eʳ − 1) of x = n ln 2 + r
        #[inline(always)]
        pub(super) fn exp<I: Isa>(x: $t) -> ($t, $t) {
            let n = x.madd::<I>(LOG2_E, ROUND) - ROUND;
            let r = n.madd::<I>(-$lo, n.madd::<I>(-$hi, x));
            (n, (r * r).madd::<I>(q::<I>(r), r))
        }

        /// (n, f) of x = 2ⁿ (1 + f), √½ ≤ 1 + f < √2, for positive normal x
        #[inline(always)]
        pub(super) fn split(x: $t) -> ($t, $t) {
            let (one, lowest) = ((1.0 as $t).to_bits(), FRAC_1_SQRT_2.to_bits());
            let mantissa = $t::MAX.to_bits() & !$t::INFINITY.to_bits();
            // Adding 1 − √½, in bits, carries into the exponent from √2 onwards.
            let at = x.to_bits().wrapping_add(one - lowest);
            let n = $t::from_bits((at >> $m) | STEP.to_bits()) - (STEP + $bias);
            (n, $t::from_bits((at & mantissa) + lowest) - 1.0)
        }

        /// n ln 2 + ln(1 + f)
        #[inline(always)]
        pub(super) fn ln<I: Isa>(n: $t, f: $t) -> $t {
            let s = f / (2.0 + f);
            let half = 0.5 * f * f;
            let tail = s.madd::<I>(half + log_tail::<I>(s * s), n * $lo);
            n.madd::<I>($hi, f - (half - tail))
        }
    };
}

mod double {
    parts!(f64, mantissa: 52 bits, bias: 1023.0, ln2: 0.6931471803691238 + 1.9082149292705877e-10);

    /// (eʳ − 1 − r) / r²
    #[inline(always)]
    fn q<I: Isa>(r: f64) -> f64 {
        let (r2, line) = (r * r, |a: f64, b: f64| r.madd::<I>(b, a));
        let r4 = r2 * r2;
        let low = r2.madd::<I>(
            line(0.041666666666530155, 0.008333333333494463),
            line(0.5000000000000011, 0.16666666666666413),
        );
        let high = r2.madd::<I>(
            line(2.4801493098897748e-05, 2.7557586376165313e-06),
            line(0.0013888888943630107, 0.00019841269506576013),
        );
        (r4 * r4).madd::<I>(line(2.7630248385404936e-07, 2.500006088258836e-08), r4.madd::<I>(high, low))
    }

    /// R(z) of the last equation above, z = s²
    #[inline(always)]
    fn log_tail<I: Isa>(z: f64) -> f64 {
        let w = z * z;
        let even = w.madd::<I>(w.madd::<I>(0.15313837699209373, 0.22222198432149784), 0.3999999999940942);
        let odd = w.madd::<I>(
            w.madd::<I>(w.madd::<I>(0.14798198605116586, 0.1818357216161805), 0.2857142874366239),
            0.6666666666666735,
        );
        z.madd::<I>(odd, w * even)
    }
}

mod single {
    parts!(f32, mantissa: 23 bits, bias: 127.0, ln2: 0.69314575 + 1.4286068e-06);

    /// (eʳ − 1 − r) / r²
    #[inline(always)]
    fn q<I: Isa>(r: f32) -> f32 {
        let (r2, line) = (r * r, |a: f32, b: f32| r.madd::<I>(b, a));
        let low = r2.madd::<I>(line(0.04166839, 0.008368717), line(0.49999994, 0.16666521));
        (r2 * r2).madd::<I>(0.0013814599, low)
    }

    /// R(z) of the last equation above, z = s²
    #[inline(always)]
    fn log_tail<I: Isa>(z: f32) -> f32 {
        let w = z * z;
        z.madd::<I>(w.madd::<I>(0.28498787, 0.6666666), w * w.madd::<I>(0.24279079, 0.40000972))
    }
}
