//! Lines, steps, points and bands on two axes.

use crate::axes::{End, draw_axes, draw_ends, ticks_that_fit, widest};
use crate::canvas::{Anchor, Canvas, Font, LABEL, TICK};
use crate::layout::{Common, EDGE, Frame, common_setters, rows};
use crate::palette::{AXIS, REST, style};
use crate::scale::{Axis, Scale};
use crate::series::{Series, Shape};
use crate::{Number, check_len, check_values, numbers};
use estimand_core::{Error, Result};
use ndarray::ArrayView2;
use std::collections::BTreeMap;

/// Pixels that a value beside the vertical axis wants.
const TICK_ROOM: f64 = 42.0;

/// Lines, steps, points and bands on two axes; what is added later is drawn later, bands behind everything.
///
/// ```
/// use estimand_plot::{Chart, Scale};
/// use ndarray::array;
///
/// let alpha = array![0.01, 0.1, 1.0, 10.0];
/// let (mean, std) = (array![0.41, 0.44, 0.46, 0.31], array![0.05, 0.04, 0.04, 0.06]);
/// let chart = Chart::new()
///     .title("Ridge, five folds")
///     .x_label("α")
///     .y_label("R²")
///     .x_scale(Scale::Log)
///     .mean_band(&alpha, &mean, &std, "test")
///     .mark_x(1.0, "best");
/// assert!(chart.svg()?.contains("best"));
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is drawn before `svg` or `save`"]
pub struct Chart {
    common: Common,
    x_scale: Scale,
    y_scale: Scale,
    label_ends: bool,
    series: Vec<Series>,
    marks: Vec<(f64, String)>,
    /// The first thing that is wrong with the data, said when drawing.
    wrong: Option<Error>,
}

impl Default for Chart {
    fn default() -> Self {
        Self::new()
    }
}

impl Chart {
    /// A chart without anything, 760 × 460.
    pub fn new() -> Self {
        Self {
            common: Common::new((760, 460)),
            x_scale: Scale::Linear,
            y_scale: Scale::Linear,
            label_ends: false,
            series: Vec::new(),
            marks: Vec::new(),
            wrong: None,
        }
    }

    common_setters!();

    /// How the horizontal axis maps values; linear unless set.
    pub fn x_scale(self, x_scale: Scale) -> Self {
        Self { x_scale, ..self }
    }

    /// How the vertical axis maps values; linear unless set.
    pub fn y_scale(self, y_scale: Scale) -> Self {
        Self { y_scale, ..self }
    }

    /// Whether names stand at the right ends of the lines instead of in a row above the chart: good for many lines.
    pub fn label_ends(self, label_ends: bool) -> Self {
        Self { label_ends, ..self }
    }

    /// A line through points, in their order.
    pub fn line<X: Number, Y: Number>(
        self,
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
        name: impl Into<String>,
    ) -> Self {
        let y = numbers(y);
        self.add(numbers(x), y.len(), vec![Shape::Line(y)], name.into())
    }

    /// One line for each column of `y`, with the names of the columns.
    pub fn lines<'a, X: Number, Y: Number + Copy + 'a, S: Into<String>>(
        mut self,
        x: impl IntoIterator<Item = X>,
        y: impl Into<ArrayView2<'a, Y>>,
        names: impl IntoIterator<Item = S>,
    ) -> Self {
        let (x, y) = (numbers(x), y.into());
        let names: Vec<S> = names.into_iter().collect();
        self.note(check_len("names", y.ncols(), names.len()));
        for (y, name) in y.columns().into_iter().zip(names) {
            self = self.line(x.iter(), y.iter().copied(), name);
        }
        self
    }

    /// A line of steps: each value holds up to the next point.
    pub fn step<X: Number, Y: Number>(
        self,
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
        name: impl Into<String>,
    ) -> Self {
        let y = numbers(y);
        self.add(numbers(x), y.len(), vec![Shape::Step(y)], name.into())
    }

    /// Points.
    pub fn points<X: Number, Y: Number>(
        self,
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
        name: impl Into<String>,
    ) -> Self {
        let y = numbers(y);
        self.add(numbers(x), y.len(), vec![Shape::Points(y)], name.into())
    }

    /// Points that belong to nothing, such as noise: grey, and without a place in the row of looks.
    pub fn rest<X: Number, Y: Number>(
        self,
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
        name: impl Into<String>,
    ) -> Self {
        let mut chart = self.points(x, y, name);
        if let Some(series) = chart.series.last_mut() {
            series.style = REST;
        }
        chart
    }

    /// Points with a look for each class; classes are sorted.
    pub fn scatter<X: Number, Y: Number, L: Ord + ToString>(
        mut self,
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
        classes: impl IntoIterator<Item = L>,
    ) -> Self {
        let (x, y) = (numbers(x), numbers(y));
        let classes: Vec<L> = classes.into_iter().collect();
        self.note(check_len("y", x.len(), y.len()));
        self.note(check_len("classes", x.len(), classes.len()));
        let mut of_class: BTreeMap<L, (Vec<f64>, Vec<f64>)> = BTreeMap::new();
        for ((class, x), y) in classes.into_iter().zip(x).zip(y) {
            let points = of_class.entry(class).or_default();
            points.0.push(x);
            points.1.push(y);
        }
        for (class, (x, y)) in of_class {
            self = self.points(x, y, class.to_string());
        }
        self
    }

    /// The area between two lines.
    pub fn band<X: Number, Y: Number, Z: Number>(
        self,
        x: impl IntoIterator<Item = X>,
        low: impl IntoIterator<Item = Y>,
        high: impl IntoIterator<Item = Z>,
        name: impl Into<String>,
    ) -> Self {
        let (low, high) = (numbers(low), numbers(high));
        let length = if low.len() == high.len() { low.len() } else { usize::MAX };
        self.add(numbers(x), length, vec![Shape::Band(low, high)], name.into())
    }

    /// A line of means within the band from mean − spread to mean + spread.
    pub fn mean_band<X: Number, Y: Number, Z: Number>(
        self,
        x: impl IntoIterator<Item = X>,
        mean: impl IntoIterator<Item = Y>,
        spread: impl IntoIterator<Item = Z>,
        name: impl Into<String>,
    ) -> Self {
        let (mean, spread) = (numbers(mean), numbers(spread));
        let length = if mean.len() == spread.len() { mean.len() } else { usize::MAX };
        let end = |sign: f64| mean.iter().zip(&spread).map(|(m, s)| m + sign * s).collect();
        let band = Shape::Band(end(-1.0), end(1.0));
        self.add(numbers(x), length, vec![band, Shape::Line(mean)], name.into())
    }

    /// A dashed line up from a value of the horizontal axis, with words above it.
    pub fn mark_x(mut self, x: impl Number, name: impl Into<String>) -> Self {
        self.marks.push((x.number(), name.into()));
        self
    }

    fn note(&mut self, outcome: Result<()>) {
        if let Err(error) = outcome {
            self.wrong.get_or_insert(error);
        }
    }

    fn add(mut self, x: Vec<f64>, length: usize, shapes: Vec<Shape>, name: String) -> Self {
        let style = style(self.series.iter().filter(|series| series.style != REST).count());
        let series = Series { name, style, x, shapes };
        self.note(series.check(length));
        self.series.push(series);
        self
    }

    /// The picture.
    ///
    /// # Errors
    /// For nothing to draw; NaN, infinities and values beyond 1e300; lengths that differ; values that are not positive on
    /// a logarithmic axis; a size in which words leave no room.
    pub fn svg(&self) -> Result<String> {
        if let Some(wrong) = &self.wrong {
            return Err(wrong.clone());
        }
        if self.series.is_empty() {
            return Err(Error::EmptyInput { what: "the chart".into() });
        }
        let marks: Vec<f64> = self.marks.iter().map(|(x, _)| *x).collect();
        if !marks.is_empty() {
            check_values("marks", &marks)?;
        }
        let xs = self.series.iter().flat_map(|s| s.x.iter().copied()).chain(marks);
        let ys = self.series.iter().flat_map(|s| s.shapes.iter().flat_map(Shape::values));
        let x = Axis::around("x", xs, self.x_scale, 0.02)?;
        let y = Axis::around("y", ys, self.y_scale, 0.05)?;

        let (mut canvas, top) = self.common.begin()?;
        let top = if self.label_ends { top } else { self.legend(&mut canvas, top) };
        let top = self.room_for_marks(top);
        // Half a line of the highest value beside the axis, and the values under the axis.
        let (top, bottom) = (top + 0.5 * TICK.size, canvas.height - self.common.below() - 1.9 * TICK.size);
        let y = y.between(bottom, top);
        let y_ticks = y.ticks(((bottom - top) / TICK_ROOM) as usize);
        let left = self.common.left() + widest(TICK, y_ticks.iter().map(|(_, words)| words.as_str())) + 8.0;
        let ends = if self.label_ends { self.ends(&canvas) } else { Vec::new() };
        let beside = widest(TICK, ends.iter().map(|end| end.words.as_str()));
        let right = canvas.width - EDGE - if ends.is_empty() { 8.0 } else { beside + 20.0 };
        let frame = Frame { left, right, top, bottom };
        frame.check(self.common.size)?;
        let x = x.between(left, right);
        let x_ticks = ticks_that_fit(&x, right - left, canvas.width);

        draw_axes(&mut canvas, frame, (&x, &x_ticks), (&y, &y_ticks));
        self.draw_marks(&mut canvas, frame, &x);
        for front in [false, true] {
            for series in &self.series {
                series.draw(&mut canvas, front, |v| (x.place(v.0), y.place(v.1)));
            }
        }
        draw_ends(&mut canvas, frame, &ends, |v| (x.place(v.0), y.place(v.1)));
        self.common.labels(&mut canvas, frame);
        Ok(canvas.finish(&self.common.title))
    }

    /// Names in rows below the title; the top of what is below them.
    fn legend(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let named: Vec<&Series> = self.series.iter().filter(|series| !series.name.is_empty()).collect();
        let names: Vec<&str> = named.iter().map(|series| series.name.as_str()).collect();
        let swatch = 30.0;
        let (places, count) = rows(&names, LABEL, canvas.width - 2.0 * EDGE, swatch);
        for (series, (row, x, name)) in named.into_iter().zip(places) {
            let (x, y) = (EDGE + x, top + 20.0 * row as f64 + 10.0);
            series.draw_swatch(canvas, (x, y));
            canvas.text((x + swatch, y + 0.35 * LABEL.size), &name, LABEL, Anchor::Start);
        }
        top + 20.0 * count as f64 + if count > 0 { 6.0 } else { 0.0 }
    }

    /// The ends of the lines and their names, none wider than a third of the picture.
    fn ends(&self, canvas: &Canvas) -> Vec<End> {
        let named = self.series.iter().filter(|series| !series.name.is_empty());
        let end = |series: &Series| {
            let y = series.shapes.iter().rev().find_map(|shape| shape.values().last())?;
            let style = series.style;
            let words = Font { colour: style.ink, ..TICK }.fit(&series.name, canvas.width / 3.0);
            Some(End { at: (*series.x.last()?, y), words, style })
        };
        named.filter_map(end).collect()
    }

    /// The top of what is below the names of the marks.
    fn room_for_marks(&self, top: f64) -> f64 {
        let rows = self.marks.iter().filter(|(_, name)| !name.is_empty()).count();
        top + rows as f64 * 1.3 * TICK.size + if rows > 0 { 3.0 } else { 0.0 }
    }

    /// Names of marks stand one above the other, so that none meets another.
    fn draw_marks(&self, canvas: &mut Canvas, frame: Frame, x: &Axis) {
        let mut row = 0.0;
        for (value, name) in &self.marks {
            let at = x.place(*value);
            let base = frame.top - 0.9 * TICK.size - row * 1.3 * TICK.size;
            let top = if name.is_empty() { frame.top } else { base + 3.0 };
            canvas.line((at, frame.bottom), (at, top), AXIS, 1.2, "4 3");
            if !name.is_empty() {
                let name = TICK.fit(name, frame.right - frame.left);
                let half = 0.5 * TICK.width(&name);
                let middle = at.min(canvas.width - EDGE - half).max(EDGE + half);
                canvas.text((middle, base), &name, TICK, Anchor::Middle);
                row += 1.0;
            }
        }
    }
}
