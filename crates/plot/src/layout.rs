//! Where things go: the title, the room for the drawing, words that must not meet.

use crate::canvas::{Anchor, Canvas, Font, LABEL, TITLE};
use estimand_core::{Error, Result};

/// Distance of everything from the edge of the picture.
pub(crate) const EDGE: f64 = 16.0;
/// Smallest picture in which words have room.
const SMALLEST: (usize, usize) = (240, 160);

/// The part of the picture in which the data are drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) right: f64,
    pub(crate) top: f64,
    pub(crate) bottom: f64,
}

impl Frame {
    /// Room for the drawing, or an error that says what to do.
    pub(crate) fn check(&self, size: (usize, usize)) -> Result<()> {
        if self.right - self.left >= 60.0 && self.bottom - self.top >= 40.0 {
            return Ok(());
        }
        Err(Error::parameter("size", format!("{size:?}"), "larger: words leave no room for the drawing"))
    }
}

/// What all charts have.
#[derive(Clone, Debug)]
pub(crate) struct Common {
    pub(crate) title: String,
    pub(crate) x_label: String,
    pub(crate) y_label: String,
    pub(crate) size: (usize, usize),
}

impl Common {
    pub(crate) fn new(size: (usize, usize)) -> Self {
        Self { title: String::new(), x_label: String::new(), y_label: String::new(), size }
    }

    /// An empty picture with its title, and the top of what is below it.
    pub(crate) fn begin(&self) -> Result<(Canvas, f64)> {
        if self.size.0 < SMALLEST.0 || self.size.1 < SMALLEST.1 {
            let allowed = format!("at least {} × {}", SMALLEST.0, SMALLEST.1);
            return Err(Error::parameter("size", format!("{:?}", self.size), allowed));
        }
        let mut canvas = Canvas::new(self.size);
        let mut top = EDGE;
        for line in TITLE.wrap(&self.title, canvas.width - 2.0 * EDGE) {
            canvas.text((EDGE, top + TITLE.size), &line, TITLE, Anchor::Start);
            top += 1.35 * TITLE.size;
        }
        Ok((canvas, if self.title.is_empty() { top } else { top + 9.0 }))
    }

    /// Room to the left of what stands left of the frame.
    pub(crate) fn left(&self) -> f64 {
        EDGE + if self.y_label.is_empty() { 0.0 } else { 1.6 * LABEL.size }
    }

    /// Room below what stands under the frame.
    pub(crate) fn below(&self) -> f64 {
        EDGE + if self.x_label.is_empty() { 0.0 } else { 1.5 * LABEL.size }
    }

    /// Writes the labels of the axes beside the frame.
    pub(crate) fn labels(&self, canvas: &mut Canvas, frame: Frame) {
        let middle = (0.5 * (frame.left + frame.right), 0.5 * (frame.top + frame.bottom));
        let x = LABEL.fit(&self.x_label, 2.0 * (canvas.width - EDGE - middle.0).min(middle.0 - EDGE));
        canvas.text((middle.0, canvas.height - EDGE - 2.0), &x, LABEL, Anchor::Middle);
        let y = LABEL.fit(&self.y_label, frame.bottom - frame.top);
        canvas.turned((EDGE + LABEL.size - 2.0, middle.1), &y, LABEL, Anchor::Middle);
    }
}

/// Setters of what all charts have.
macro_rules! common_setters {
    () => {
        /// The title, above the chart.
        pub fn title(mut self, title: impl Into<String>) -> Self {
            self.common.title = title.into();
            self
        }

        /// What the horizontal axis shows.
        pub fn x_label(mut self, label: impl Into<String>) -> Self {
            self.common.x_label = label.into();
            self
        }

        /// What the vertical axis shows.
        pub fn y_label(mut self, label: impl Into<String>) -> Self {
            self.common.y_label = label.into();
            self
        }

        /// Width and height in pixels.
        pub fn size(mut self, width: usize, height: usize) -> Self {
            self.common.size = (width, height);
            self
        }

        /// Draws, and writes the picture to a file.
        ///
        /// # Errors
        /// Those of [`svg`](Self::svg), and those of the file.
        pub fn save(&self, path: impl AsRef<std::path::Path>) -> estimand_core::Result<()> {
            crate::save(path.as_ref(), self.svg())
        }
    };
}
pub(crate) use common_setters;

/// Names side by side in rows: each name's row, its distance from the left, and the name, cut to the width; the number of
/// rows with them. `before` is the room for what stands in front of a name.
pub(crate) fn rows(
    names: &[&str],
    font: Font,
    width: f64,
    before: f64,
) -> (Vec<(usize, f64, String)>, usize) {
    let (mut row, mut x) = (0, 0.0);
    let mut places = Vec::new();
    for name in names {
        let name = font.fit(name, width - before);
        let needed = before + font.width(&name);
        if x > 0.0 && x + needed > width {
            (row, x) = (row + 1, 0.0);
        }
        places.push((row, x, name));
        x += needed + 18.0;
    }
    let count = if places.is_empty() { 0 } else { row + 1 };
    (places, count)
}

/// Places near the wanted ones, each at least `gap` from the next, between `low` and `high`; closer together where they
/// would not all fit.
///
/// Wanted places are taken in order; those that are too close form a block around the mean of what its members want,
/// and blocks that meet are joined.
pub(crate) fn spread(wanted: &[f64], gap: f64, low: f64, high: f64) -> Vec<f64> {
    let n = wanted.len();
    let gap = if n > 1 { gap.min((high - low) / (n - 1) as f64) } else { gap };
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));
    // Number of members, and where the first one wants to be.
    let mut blocks: Vec<(usize, f64)> = Vec::new();
    let length = |count: usize| (count.max(1) - 1) as f64 * gap;
    let keep = |count: usize, start: f64| start.min(high - length(count)).max(low);
    for i in &order {
        let mut block = (1, wanted[*i].clamp(low, high));
        while let Some((count, start)) = blocks.pop() {
            if start + length(count) + gap <= block.1 + 1e-9 {
                blocks.push((count, start));
                break;
            }
            let shifted = block.1 - count as f64 * gap;
            let total = count + block.0;
            let mean = (count as f64 * start + block.0 as f64 * shifted) / total as f64;
            block = (total, keep(total, mean));
        }
        blocks.push(block);
    }
    let places = blocks.iter().flat_map(|(count, start)| (0..*count).map(move |k| start + k as f64 * gap));
    let mut out = vec![0.0; n];
    order.into_iter().zip(places).for_each(|(i, place)| out[i] = place);
    out
}
