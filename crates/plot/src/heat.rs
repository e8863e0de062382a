//! A table in colours and numbers.

use crate::axes::widest;
use crate::canvas::{Anchor, Canvas, Font, TICK};
use crate::layout::{Common, EDGE, Frame, common_setters};
use crate::palette::shade;
use crate::scale::plain_or_power;
use crate::{Number, check_len, check_values};
use estimand_core::{Error, Result};
use ndarray::{Array2, ArrayView2};

/// A table of which every cell has a colour and, where there is room, its number: row 0 on top. Colours run from light to
/// dark; where there are negative numbers, from one colour through white at 0 to another.
///
/// ```
/// use estimand_plot::HeatMap;
/// use ndarray::array;
///
/// let counts = array![[41.0, 3.0], [1.0, 68.0]];
/// let names = ["malignant", "benign"];
/// let map = HeatMap::new(&counts, names, names).x_label("predicted").y_label("truth");
/// assert!(map.svg()?.contains(">41<"));
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is drawn before `svg` or `save`"]
pub struct HeatMap {
    common: Common,
    values: Array2<f64>,
    rows: Vec<String>,
    columns: Vec<String>,
    decimals: Option<usize>,
}

/// Width of the bar that explains the colours, with the gap before it.
const KEY: f64 = 30.0;
const SMALLEST_FONT: f64 = 8.0;

impl HeatMap {
    /// A table with names of its rows and of its columns.
    pub fn new<'a, T: Number + Copy + 'a, R: Into<String>, C: Into<String>>(
        values: impl Into<ArrayView2<'a, T>>,
        rows: impl IntoIterator<Item = R>,
        columns: impl IntoIterator<Item = C>,
    ) -> Self {
        let values = values.into().map(|v| v.number());
        let (n, p) = values.dim();
        let common = Common::new(((260 + 56 * p).clamp(360, 1400), (150 + 44 * n).clamp(260, 1400)));
        Self {
            common,
            values,
            rows: rows.into_iter().map(Into::into).collect(),
            columns: columns.into_iter().map(Into::into).collect(),
            decimals: None,
        }
    }

    common_setters!();

    /// Digits after the point; none for whole numbers and two for others unless set.
    pub fn decimals(mut self, decimals: usize) -> Self {
        self.decimals = Some(decimals);
        self
    }

    /// The picture.
    ///
    /// # Errors
    /// For nothing to draw; NaN, infinities and values beyond 1e300; numbers of names that are not those of rows and columns;
    /// a size in which words leave no room.
    pub fn svg(&self) -> Result<String> {
        let (n, p) = self.values.dim();
        if n == 0 || p == 0 {
            return Err(Error::EmptyInput { what: format!("the table ({n} × {p})") });
        }
        for (i, row) in self.values.rows().into_iter().enumerate() {
            check_values(&format!("row {i} of the table"), &row.to_vec())?;
        }
        check_len("names of rows", n, self.rows.len())?;
        check_len("names of columns", p, self.columns.len())?;
        let in_words = self.in_words();
        let words: Array2<String> = self.values.map(|v| in_words(*v));

        let (mut canvas, top) = self.common.begin()?;
        let fit = |names: &[String], width: f64| names.iter().map(|s| TICK.fit(s, width)).collect::<Vec<_>>();
        let (rows, columns) =
            (fit(&self.rows, 0.35 * canvas.width), fit(&self.columns, 0.35 * canvas.height));
        let width = |names: &[String]| widest(TICK, names.iter().map(String::as_str));
        let left = self.common.left() + width(&rows) + 10.0;
        let key = self.in_words_of_ends();
        let beside = KEY + widest(TICK, key.iter().map(String::as_str)) + 4.0;
        let frame = |room: f64| {
            let right = canvas.width - EDGE - room;
            // Names of columns stand upright where they are wider than the columns.
            let turned = width(&columns) + 6.0 > (right - left) / p as f64;
            let below = self.common.below() + if turned { width(&columns) + 12.0 } else { 1.9 * TICK.size };
            (Frame { left, right, top, bottom: canvas.height - below }, turned)
        };
        let cell =
            |frame: Frame| ((frame.right - frame.left) / p as f64, (frame.bottom - frame.top) / n as f64);
        let font = self.font(words.iter(), cell(frame(0.0).0));
        let (frame, turned) = frame(if font.is_none() { beside } else { 0.0 });
        frame.check(self.common.size)?;

        let (w, h) = cell(frame);
        let range = self.range();
        for ((i, j), value) in self.values.indexed_iter() {
            let (x, y) = (left + j as f64 * w, top + i as f64 * h);
            let (colour, ink) = Self::colour(*value, range);
            let gap = if font.is_some() { 1.5 } else { 0.0 };
            canvas.rectangle((x, y), (w - gap, h - gap), &colour);
            if let Some(font) = font {
                let at = (x + 0.5 * (w - gap), y + 0.5 * h + 0.35 * font.size);
                canvas.text(at, &words[[i, j]], Font { colour: ink, ..font }, Anchor::Middle);
            }
        }
        let every = |room: f64| (1.15 * TICK.size / room).ceil().max(1.0) as usize;
        for (i, name) in rows.iter().enumerate().step_by(every(h)) {
            canvas.text(
                (left - 10.0, top + (i as f64 + 0.5) * h + 0.35 * TICK.size),
                name,
                TICK,
                Anchor::End,
            );
        }
        for (j, name) in columns.iter().enumerate().step_by(if turned { every(w) } else { 1 }) {
            let x = left + (j as f64 + 0.5) * w;
            match turned {
                true => canvas.turned((x + 0.35 * TICK.size, frame.bottom + 8.0), name, TICK, Anchor::End),
                false => canvas.text((x, frame.bottom + 6.0 + TICK.size), name, TICK, Anchor::Middle),
            }
        }
        if font.is_none() {
            self.draw_key(&mut canvas, frame, &key);
        }
        self.common.labels(&mut canvas, frame);
        Ok(canvas.finish(&self.common.title))
    }

    /// How each number is written beside the others.
    fn in_words(&self) -> impl Fn(f64) -> String {
        let largest = self.values.iter().fold(0.0_f64, |a, v| a.max(v.abs()));
        let whole = self.values.iter().all(|v| v.fract() == 0.0);
        let decimals = self.decimals.unwrap_or(if whole { 0 } else { 2 });
        move |value| plain_or_power(value, largest, -(decimals.min(5) as i32))
    }

    /// The font in which all numbers fit into their cells, if one does.
    fn font<'a>(&self, words: impl Iterator<Item = &'a String>, (w, h): (f64, f64)) -> Option<Font> {
        let widest = widest(TICK, words.map(String::as_str)).max(1.0);
        let size = (TICK.size * (w - 8.0) / widest).min(h - 6.0).min(15.0);
        (size >= SMALLEST_FONT).then_some(Font { size: (size * 10.0).floor() / 10.0, ..TICK })
    }

    /// The ends of the range of colours.
    fn range(&self) -> (f64, f64) {
        let (low, high) =
            self.values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)));
        match low < 0.0 {
            true => (-high.max(-low), high.max(-low)),
            false => (0.0, high),
        }
    }

    fn colour(value: f64, (low, high): (f64, f64)) -> (String, &'static str) {
        shade(if high > low { (value - low) / (high - low) } else { 0.0 }, low < 0.0)
    }

    fn in_words_of_ends(&self) -> [String; 2] {
        let (low, high) = self.range();
        let in_words = self.in_words();
        [in_words(high), in_words(low)]
    }

    /// A bar with all colours and the numbers at its ends.
    fn draw_key(&self, canvas: &mut Canvas, frame: Frame, ends: &[String; 2]) {
        const PARTS: usize = 50;
        let (x, h) = (frame.right + KEY - 14.0, (frame.bottom - frame.top) / PARTS as f64);
        let diverging = self.range().0 < 0.0;
        for i in 0..PARTS {
            let share = 1.0 - (i as f64 + 0.5) / PARTS as f64;
            let (colour, _) = shade(share, diverging);
            // A little overlap, or the joints would shine through.
            canvas.rectangle(
                (x, frame.top + i as f64 * h),
                (10.0, h + if i + 1 < PARTS { 0.5 } else { 0.0 }),
                &colour,
            );
        }
        canvas.text((x + 14.0, frame.top + 0.8 * TICK.size), &ends[0], TICK, Anchor::Start);
        canvas.text((x + 14.0, frame.bottom), &ends[1], TICK, Anchor::Start);
    }
}
