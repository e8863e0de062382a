//! The distributions that tests and intervals are made of.

use super::special::{beta, gamma};

/// A distribution of a test statistic: both tails to about 1e-13, relatively, and quantiles.
///
/// ```
/// use estimand_core::stats::Distribution;
///
/// assert!((Distribution::Normal.quantile(0.975) - 1.959963984540054).abs() < 1e-14);
/// // Two-sided p-value of t = 2.5 with 12 degrees of freedom.
/// let p = 2.0 * Distribution::StudentT(12.0).sf(2.5);
/// assert!((p - 0.02791539957132525).abs() < 1e-14);
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Distribution {
    /// Mean 0, variance 1.
    Normal,
    /// Student's t with so many degrees of freedom, above 0.
    StudentT(f64),
    /// χ² with so many degrees of freedom, above 0.
    ChiSquared(f64),
    /// Fisher's F with so many degrees of freedom of the numerator and the denominator, above 0.
    F(f64, f64),
}

impl Distribution {
    /// Probability of a value of at most x.
    pub fn cdf(self, x: f64) -> f64 {
        self.tails(x).0
    }

    /// Probability of a value above x: 1 − cdf(x), but as accurate where that is small.
    pub fn sf(self, x: f64) -> f64 {
        self.tails(x).1
    }

    /// Probability of a value further from 0 than x on either side.
    pub fn two_sided(self, x: f64) -> f64 {
        match self {
            Self::Normal | Self::StudentT(_) => 2.0 * self.sf(x.abs()),
            _ => self.sf(x),
        }
    }

    /// The x with cdf(x) = p; NaN unless 0 ≤ p ≤ 1.
    pub fn quantile(self, p: f64) -> f64 {
        if !(0.0..=1.0).contains(&p) {
            return f64::NAN;
        }
        let symmetric = matches!(self, Self::Normal | Self::StudentT(_));
        match p {
            1.0 => f64::INFINITY,
            0.0 if symmetric => f64::NEG_INFINITY,
            0.5 if symmetric => 0.0,
            p if p < 0.5 && symmetric => -self.above(|x| self.sf(x) > p),
            p if p < 0.5 => self.above(|x| self.cdf(x) < p),
            // 1 − p has no rounding here.
            p => self.above(|x| self.sf(x) > 1.0 - p),
        }
    }

    /// The smallest x ≥ 0 that does not lie `below`: bisection over the bits, which are in the order of the numbers.
    fn above(self, below: impl Fn(f64) -> bool) -> f64 {
        let (mut low, mut high) = (0, f64::INFINITY.to_bits());
        while low < high {
            let middle = low + (high - low) / 2;
            if below(f64::from_bits(middle)) { low = middle + 1 } else { high = middle }
        }
        f64::from_bits(low)
    }

    /// cdf and sf.
    fn tails(self, x: f64) -> (f64, f64) {
        if x.is_nan() {
            return (x, x);
        }
        match self {
            Self::Normal => {
                let (centre, outside) = gamma(0.5, 0.5 * x * x);
                from_middle(x, centre, outside)
            }
            Self::StudentT(df) => {
                let square = x * x;
                if square == f64::INFINITY {
                    return from_middle(x, 1.0, 0.0);
                }
                let (outside, centre) = beta(0.5 * df, 0.5, df / (df + square), square / (df + square));
                from_middle(x, centre, outside)
            }
            Self::ChiSquared(df) => gamma(0.5 * df, 0.5 * x),
            Self::F(above, below) => {
                let (x, rest) = (above * x.max(0.0), below);
                if x == f64::INFINITY {
                    return (1.0, 0.0);
                }
                beta(0.5 * above, 0.5 * below, x / (x + rest), rest / (x + rest))
            }
        }
    }
}

/// Both tails at x of a symmetric distribution, from the probabilities within and beyond ±x.
fn from_middle(x: f64, centre: f64, outside: f64) -> (f64, f64) {
    let (near, far) = (0.5 + 0.5 * centre, 0.5 * outside);
    if x >= 0.0 { (near, far) } else { (far, near) }
}

#[cfg(test)]
mod tests {
    use super::super::ln_gamma;
    use super::Distribution::{self, ChiSquared, F, Normal, StudentT};

    /// sf(x), from 60-digit arithmetic.
    #[rustfmt::skip]
    const UPPER: [(Distribution, f64, f64); 30] = [
        (Normal, 0.1, 0.460172162722971),
        (Normal, 1.0, 0.15865525393145705),
        (Normal, 1.96, 0.024997895148220435),
        (Normal, 5.0, 2.866515718791939e-07),
        (Normal, 12.0, 1.776482112077679e-33),
        (Normal, 37.0, 5.725571222524577e-300),
        (StudentT(1.0), 0.5, 0.35241638234956674),
        (StudentT(1.0), 1000.0, 0.0003183097800805589),
        (StudentT(2.5), 3.0, 0.03628804777451592),
        (StudentT(12.0), 2.5, 0.013957699785662627),
        (StudentT(30.0), 9.0, 2.507415958073939e-10),
        (StudentT(1000.0), 1.7, 0.044720943479620016),
        (StudentT(499970.0), 2.0, 0.02275040191946652),
        (StudentT(499970.0), 20.0, 2.984044017199104e-89),
        (StudentT(0.3), 4.0, 0.23022092953935985),
        (ChiSquared(1.0), 3.84, 0.0500435212487051),
        (ChiSquared(2.0), 50.0, 1.3887943864964021e-11),
        (ChiSquared(5.0), 0.01, 0.9999994699729957),
        (ChiSquared(10.0), 18.0, 0.0549636414951049),
        (ChiSquared(200.0), 150.0, 0.996647558501813),
        (ChiSquared(200.0), 400.0, 1.843893649711574e-15),
        (ChiSquared(100000.0), 101000.0, 0.01286884037723367),
        (ChiSquared(0.5), 1e-6, 0.970662616774877),
        (F(1.0, 10.0), 4.96, 0.05008765056646819),
        (F(3.0, 100.0), 0.2, 0.896161198682599),
        (F(5.0, 2.0), 80.0, 0.012391439709281549),
        (F(30.0, 499969.0), 1.6, 0.019829705664031236),
        (F(30.0, 499969.0), 20.0, 3.488442263408504e-107),
        (F(1000.0, 2000.0), 1.05, 0.1843015486382721),
        (F(0.5, 0.5), 3.0, 0.39775677831735584),
    ];

    /// cdf(x), from 60-digit arithmetic.
    #[rustfmt::skip]
    const LOWER: [(Distribution, f64, f64); 6] = [
        (ChiSquared(5.0), 0.01, 5.300270042686517e-07),
        (ChiSquared(200.0), 100.0, 3.200065324585125e-10),
        (ChiSquared(100000.0), 98000.0, 3.3847542280794912e-06),
        (F(3.0, 100.0), 0.001, 4.3987957156606535e-05),
        (F(30.0, 499969.0), 0.3, 7.367573839626917e-05),
        (F(1000.0, 2000.0), 0.9, 0.028350507080168647),
    ];

    /// Beside what the statement promises: a tail of e⁻ᵉ has the rounding of x times e.
    fn close(found: f64, expected: f64) -> bool {
        (found / expected - 1.0).abs() <= 2e-13 - 4.0 * f64::EPSILON * expected.ln()
    }

    #[test]
    fn tails_have_their_digits() {
        for (distribution, x, expected) in UPPER {
            let found = distribution.sf(x);
            assert!(close(found, expected), "{distribution:?}.sf({x}): {found:e}, expected {expected:e}");
        }
        for (distribution, x, expected) in LOWER {
            let found = distribution.cdf(x);
            assert!(close(found, expected), "{distribution:?}.cdf({x}): {found:e}, expected {expected:e}");
        }
    }

    #[test]
    fn quantiles_are_where_the_tails_are() {
        let all = [
            Normal,
            StudentT(0.7),
            StudentT(12.0),
            ChiSquared(3.0),
            ChiSquared(900.0),
            F(3.0, 40.0),
            F(1.0, 1.0),
        ];
        for distribution in all {
            for p in [1e-12, 0.003, 0.2, 0.5, 0.8, 0.975, 1.0 - 1e-9] {
                let x = distribution.quantile(p);
                let found = if p < 0.5 { distribution.cdf(x) / p } else { distribution.sf(x) / (1.0 - p) };
                // The distance of neighbouring x, relative to a tail that falls as fast as a normal one.
                assert!((found - 1.0).abs() < 1e-12, "{distribution:?}, {p}: {x}, {found}");
            }
        }
        assert_eq!(StudentT(4.0).quantile(0.5), 0.0);
        assert_eq!((Normal.quantile(0.0), Normal.quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!((ChiSquared(2.0).quantile(0.0), ChiSquared(2.0).quantile(1.0)), (0.0, f64::INFINITY));
        assert!(Normal.quantile(1.5).is_nan() && Normal.quantile(f64::NAN).is_nan());
    }

    #[test]
    fn both_tails_make_one_and_edges_are_kept() {
        for distribution in [Normal, StudentT(3.0), ChiSquared(4.0), F(2.0, 9.0)] {
            for x in [0.0, 0.3, 2.0, 40.0] {
                assert!((distribution.cdf(x) + distribution.sf(x) - 1.0).abs() < 1e-15);
            }
            assert_eq!((distribution.cdf(f64::INFINITY), distribution.sf(f64::INFINITY)), (1.0, 0.0));
            assert!(distribution.cdf(f64::NAN).is_nan());
        }
        assert_eq!(
            (Normal.cdf(f64::NEG_INFINITY), ChiSquared(1.0).cdf(-1.0), F(1.0, 2.0).cdf(-1.0)),
            (0.0, 0.0, 0.0)
        );
        assert_eq!(Normal.two_sided(-1.5), 2.0 * Normal.sf(1.5));
    }

    #[test]
    fn the_logarithm_of_gamma_has_its_digits() {
        let known = [
            (0.001, 6.907178885383854),
            (0.5, 0.5723649429247001),
            (3.7, 1.4280723266653879),
            (14.9, 24.924132002217277),
            (1e5, 1051287.7089736569),
            (500000.5, 6061182.607640614),
        ];
        for (x, expected) in known {
            assert!((ln_gamma(x) / expected - 1.0).abs() < 5e-15, "{x}");
        }
    }
}
