//! Axes: where values go, and which of them are written beside the axis.

use estimand_core::{Error, Result};

/// How an axis maps values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Equal differences, equal distances.
    #[default]
    Linear,
    /// Equal ratios, equal distances; values must be positive.
    Log,
}

/// An axis: the range that it shows, and where it lies in the picture.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    scale: Scale,
    /// Ends of the range, logarithms for `Log`.
    low: f64,
    high: f64,
    /// Their places.
    pub(crate) from: f64,
    pub(crate) to: f64,
}

/// A value that is written beside an axis.
pub(crate) type Tick = (f64, String);

impl Axis {
    /// An axis for these values with some room, a share of the range, at both ends.
    ///
    /// # Errors
    /// For values that are not positive on a logarithmic scale.
    pub(crate) fn around(
        name: &str,
        values: impl IntoIterator<Item = f64>,
        scale: Scale,
        room: f64,
    ) -> Result<Self> {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values {
            if scale == Scale::Log && value <= 0.0 {
                return Err(Error::parameter(name, value, "positive on a logarithmic scale"));
            }
            (low, high) = (low.min(value), high.max(value));
        }
        if scale == Scale::Log {
            (low, high) = (low.log10(), high.log10());
        }
        let size = low.abs().max(high.abs());
        // The logarithm of a share is a difference, and of 1 it is 0.
        let unit = if scale == Scale::Log { size.max(1.0) } else { size };
        // A constant, or what rounding makes of one: its surroundings.
        if high - low <= 1e-12 * unit || high - low < 1e-300 {
            let around = match scale {
                Scale::Log => 0.5,
                Scale::Linear if size < 1e-290 => 1.0,
                Scale::Linear => 0.1 * size,
            };
            (low, high) = (low - around, high + around);
        } else {
            let room = room * (high - low);
            // What is never negative needs no room below zero.
            let bounded = scale == Scale::Linear && low >= 0.0;
            low = if bounded { (low - room).max(0.0) } else { low - room };
            high += room;
        }
        Ok(Self { scale, low, high, from: 0.0, to: 1.0 })
    }

    /// The same axis between two places of the picture.
    pub(crate) fn between(self, from: f64, to: f64) -> Self {
        Self { from, to, ..self }
    }

    /// The place of a value.
    pub(crate) fn place(&self, value: f64) -> f64 {
        let value = if self.scale == Scale::Log { value.log10() } else { value };
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// About `count` round values, at most two more, with their words.
    pub(crate) fn ticks(&self, count: usize) -> Vec<Tick> {
        let count = count.max(1);
        if self.scale == Scale::Linear {
            return round_values(self.low, self.high, count);
        }
        let (first, last) = (self.low.ceil() as i32, self.high.floor() as i32);
        let powers = |digits: &[i32]| -> Vec<Tick> {
            (first - 1..=last)
                .flat_map(|k| digits.iter().map(move |d| (*d, k)))
                .filter(|(d, k)| (self.low..=self.high).contains(&(f64::from(*d).log10() + f64::from(*k))))
                .map(|(d, k)| (f64::from(d) * 10_f64.powi(k), in_words(d, k)))
                .collect()
        };
        let decades = powers(&[1]);
        if decades.len() > count {
            let every = decades.len().div_ceil(count) as i32;
            return (first..=last)
                .filter(|k| k.rem_euclid(every) == 0)
                .map(|k| (10_f64.powi(k), in_words(1, k)))
                .collect();
        }
        let candidates = [powers(&[1, 2, 5]), powers(&[1, 3]), decades];
        let fitting = candidates.into_iter().find(|ticks| ticks.len() <= count + 1).unwrap_or_default();
        if fitting.len() >= 2 {
            return fitting;
        }
        // Within a factor of a few the scale is nearly linear.
        let values = round_values(10_f64.powf(self.low), 10_f64.powf(self.high), count);
        values.into_iter().filter(|(v, _)| *v > 0.0).collect()
    }
}

/// Multiples of 1, 2 or 5 times a power of ten in a range.
fn round_values(low: f64, high: f64, count: usize) -> Vec<Tick> {
    let rough = (high - low) / count as f64;
    let power = rough.log10().floor();
    let step = [1.0, 2.0, 5.0, 10.0].map(|m| m * 10_f64.powf(power));
    let step = step.into_iter().find(|step| *step >= rough * (1.0 - 1e-9)).unwrap_or(rough);
    // The place of the step's digit.
    let digit = (step * 1.000_001).log10().floor() as i32;
    // A hair more, so that rounding loses no end of the range.
    let (first, last) = ((low / step - 1e-9).ceil(), (high / step + 1e-9).floor());
    let largest = low.abs().max(high.abs());
    let number = |k: f64| k * step;
    (0..(last - first + 1.0).clamp(0.0, 100.0) as usize)
        .map(|i| first + i as f64)
        .map(|k| (number(k), plain_or_power(number(k), largest, digit)))
        .collect()
}

/// A number whose last digit stands at 10^`digit`, beside numbers up to `largest`.
pub(crate) fn plain_or_power(value: f64, largest: f64, digit: i32) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if largest < 1e7 && digit >= -5 {
        return plain(value, (-digit).max(0) as usize);
    }
    let power = largest.log10().floor() as i32;
    // In two steps, as 10^power may be no normal number.
    let mantissa = value / 10_f64.powi(power / 2) / 10_f64.powi(power - power / 2);
    format!("{}×10{}", plain(mantissa, (power - digit).clamp(0, 15) as usize), superscript(power))
}

/// With a minus sign that is as wide as a plus, and digits in groups of three.
fn plain(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let mut out = String::new();
    if value < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) {
        out.push('−');
    }
    for (i, c) in whole.chars().enumerate() {
        if i > 0 && whole.len() > 4 && (whole.len() - i) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(c);
    }
    out + rest
}

/// `digit` × 10^`power`: 0.002, 50, 10⁻⁷.
fn in_words(digit: i32, power: i32) -> String {
    match (power, digit) {
        (-4..=4, _) => plain(f64::from(digit) * 10_f64.powi(power), (-power).max(0) as usize),
        (_, 1) => format!("10{}", superscript(power)),
        _ => format!("{digit}×10{}", superscript(power)),
    }
}

fn superscript(power: i32) -> String {
    const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
    let digit = |c: char| c.to_digit(10).map_or('⁻', |d| DIGITS[d as usize]);
    power.to_string().chars().map(digit).collect()
}
