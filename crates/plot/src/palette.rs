//! Colours, dashes and markers: series differ in more than hue, so that they can be told apart without seeing it.

/// Looks of one series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Style {
    /// Of lines and markers.
    pub(crate) colour: &'static str,
    /// Of words: darker.
    pub(crate) ink: &'static str,
    /// Lengths of dashes and gaps; empty for a whole line.
    pub(crate) dash: &'static str,
    /// Number of the marker's shape.
    pub(crate) marker: usize,
}

/// After M. Okabe and K. Ito, without the yellow that white paper swallows.
const COLOURS: [(&str, &str); 7] = [
    ("#0072B2", "#005A8C"),
    ("#D55E00", "#A84A00"),
    ("#009E73", "#00734F"),
    ("#CC79A7", "#9C4A78"),
    ("#E69F00", "#8F6300"),
    ("#56B4E9", "#1F78AD"),
    ("#595959", "#404040"),
];
const DASHES: [&str; 4] = ["", "7 3", "2 3", "9 3 2 3"];

/// The style of series `i`.
pub(crate) fn style(i: usize) -> Style {
    let (colour, ink) = COLOURS[i % COLOURS.len()];
    Style { colour, ink, dash: DASHES[i / COLOURS.len() % DASHES.len()], marker: i }
}

/// What belongs to no series.
pub(crate) const REST: Style = Style { colour: AXIS, ink: FAINT_INK, dash: "", marker: 0 };

pub(crate) const INK: &str = "#333333";
pub(crate) const FAINT_INK: &str = "#5A5A5A";
pub(crate) const GRID: &str = "#E7E7E7";
pub(crate) const AXIS: &str = "#8C8C8C";

/// From nothing to much.
const RISING: [[f64; 3]; 5] = [
    [245.0, 249.0, 252.0],
    [199.0, 220.0, 239.0],
    [109.0, 174.0, 213.0],
    [33.0, 113.0, 181.0],
    [8.0, 58.0, 115.0],
];
/// From much below zero to much above.
const DIVERGING: [[f64; 3]; 5] = [
    [168.0, 74.0, 0.0],
    [240.0, 170.0, 120.0],
    [248.0, 248.0, 248.0],
    [130.0, 188.0, 224.0],
    [0.0, 90.0, 140.0],
];

/// The colour at a share between 0 and 1, and one for words on it.
pub(crate) fn shade(share: f64, diverging: bool) -> (String, &'static str) {
    let stops = if diverging { &DIVERGING } else { &RISING };
    let at = share.clamp(0.0, 1.0) * (stops.len() - 1) as f64;
    let i = (at as usize).min(stops.len() - 2);
    let [r, g, b] = [0, 1, 2].map(|c| stops[i][c] + (at - i as f64) * (stops[i + 1][c] - stops[i][c]));
    let words = if 0.299 * r + 0.587 * g + 0.114 * b < 145.0 { "#FFFFFF" } else { "#222222" };
    (format!("#{:02X}{:02X}{:02X}", r.round() as u8, g.round() as u8, b.round() as u8), words)
}
