//! Lines, steps, points and bands on two axes.

use crate::canvas::{AXIS_LINE, Anchor, Canvas, Font, LABEL, Point, TICK};
use crate::layout::{Common, EDGE, Frame, common_setters, rows, spread};
use crate::palette::{AXIS, GRID, Style, style};
use crate::scale::{Axis, Scale, Tick};
use crate::{Number, check_len, check_values, numbers};
use estimand_core::{Error, Result};
use ndarray::ArrayView2;
use std::collections::BTreeMap;

/// Pixels that a value beside the vertical axis wants.
const TICK_ROOM: f64 = 42.0;
/// Pixels from the base line of one word at the end of a line to that of the next.
const NEXT_WORD: f64 = 15.0;

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

/// One look and one name, for one thing or several.
#[derive(Clone, Debug)]
struct Series {
    name: String,
    x: Vec<f64>,
    /// What is drawn over `x`, each a line of values; two of a band.
    shapes: Vec<Shape>,
}

#[derive(Clone, Debug)]
enum Shape {
    Line(Vec<f64>),
    Step(Vec<f64>),
    Points(Vec<f64>),
    Band(Vec<f64>, Vec<f64>),
}

impl Shape {
    fn values(&self) -> impl Iterator<Item = f64> {
        let (one, two): (&[f64], &[f64]) = match self {
            Self::Line(y) | Self::Step(y) | Self::Points(y) => (y, &[]),
            Self::Band(low, high) => (low, high),
        };
        one.iter().chain(two).copied()
    }
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
        let series = Series { name, x, shapes };
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
            for (i, series) in self.series.iter().enumerate() {
                series.draw(&mut canvas, style(i), front, |v| (x.place(v.0), y.place(v.1)));
            }
        }
        draw_ends(&mut canvas, frame, &ends, |v| (x.place(v.0), y.place(v.1)));
        self.common.labels(&mut canvas, frame);
        Ok(canvas.finish(&self.common.title))
    }

    /// Names in rows below the title; the top of what is below them.
    fn legend(&self, canvas: &mut Canvas, top: f64) -> f64 {
        let named: Vec<(usize, &Series)> =
            self.series.iter().enumerate().filter(|(_, s)| !s.name.is_empty()).collect();
        let names: Vec<&str> = named.iter().map(|(_, s)| s.name.as_str()).collect();
        let swatch = 30.0;
        let (places, count) = rows(&names, LABEL, canvas.width - 2.0 * EDGE, swatch);
        for ((i, series), (row, x, name)) in named.into_iter().zip(places) {
            let (x, y) = (EDGE + x, top + 20.0 * row as f64 + 10.0);
            series.draw_swatch(canvas, style(i), (x, y));
            canvas.text((x + swatch, y + 0.35 * LABEL.size), &name, LABEL, Anchor::Start);
        }
        top + 20.0 * count as f64 + if count > 0 { 6.0 } else { 0.0 }
    }

    /// The ends of the lines and their names, none wider than a third of the picture.
    fn ends(&self, canvas: &Canvas) -> Vec<End> {
        let named = self.series.iter().enumerate().filter(|(_, s)| !s.name.is_empty());
        let end = |(i, series): (usize, &Series)| {
            let y = series.shapes.iter().rev().find_map(|shape| shape.values().last())?;
            let style = style(i);
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

impl Series {
    fn check(&self, length: usize) -> Result<()> {
        let what = if self.name.is_empty() { "a series".into() } else { format!("`{}`", self.name) };
        check_values(&format!("x of {what}"), &self.x)?;
        if length == usize::MAX {
            return Err(Error::shape(
                format!("values of {what}"),
                "as many of one kind",
                "another number of the other",
            ));
        }
        check_len(&format!("y of {what}"), self.x.len(), length)?;
        let y: Vec<f64> = self.shapes.iter().flat_map(Shape::values).collect();
        check_values(&format!("y of {what}"), &y)
    }

    fn draw(&self, canvas: &mut Canvas, style: Style, front: bool, place: impl Fn(Point) -> Point) {
        let places =
            |y: &[f64]| -> Vec<Point> { self.x.iter().zip(y).map(|(x, y)| place((*x, *y))).collect() };
        for shape in self.shapes.iter().filter(|shape| front != matches!(shape, Shape::Band(..))) {
            match shape {
                Shape::Line(y) => canvas.path(&places(y), false, style.colour, 2.0, style.dash),
                Shape::Step(y) => canvas.path(&places(y), true, style.colour, 2.0, style.dash),
                Shape::Band(low, high) => {
                    let (mut around, mut back) = (places(low), places(high));
                    back.reverse();
                    around.append(&mut back);
                    canvas.area(&around, style.colour, 0.18);
                }
                Shape::Points(y) => {
                    let (radius, opacity) = match y.len() {
                        0..300 => (3.8, 0.85),
                        300..3000 => (2.8, 0.7),
                        _ => (1.8, 0.5),
                    };
                    for place in places(y) {
                        canvas.marker(place, style.marker, radius, style.colour, opacity);
                    }
                }
            }
        }
    }

    fn draw_swatch(&self, canvas: &mut Canvas, style: Style, (x, y): Point) {
        for shape in &self.shapes {
            match shape {
                Shape::Line(_) | Shape::Step(_) => {
                    canvas.path(&[(x, y), (x + 22.0, y)], false, style.colour, 2.5, style.dash);
                }
                Shape::Band(..) => {
                    let (top, bottom) = (y - 6.0, y + 6.0);
                    let corners = [(x, top), (x + 22.0, top), (x + 22.0, bottom), (x, bottom)];
                    canvas.area(&corners, style.colour, 0.18);
                }
                Shape::Points(_) => canvas.marker((x + 16.0, y), style.marker, 4.5, style.colour, 1.0),
            }
        }
    }
}

/// The end of a line and its name.
struct End {
    at: Point,
    words: String,
    style: Style,
}

/// Names beside the frame, at the height of the ends or as near as the others allow.
fn draw_ends(canvas: &mut Canvas, frame: Frame, ends: &[End], place: impl Fn(Point) -> Point) {
    let places: Vec<Point> = ends.iter().map(|end| place(end.at)).collect();
    let heights: Vec<f64> = places.iter().map(|p| p.1).collect();
    let spread = spread(&heights, NEXT_WORD, frame.top, frame.bottom);
    let gap = if ends.len() > 1 { (frame.bottom - frame.top) / (ends.len() - 1) as f64 } else { NEXT_WORD };
    let size = TICK.size.min(gap * TICK.size / NEXT_WORD);
    for ((end, from), y) in ends.iter().zip(places).zip(spread) {
        let bend = (frame.right + 3.0).max(from.0 + 3.0);
        canvas.path(
            &[(from.0 + 3.0, from.1), (bend, from.1), (frame.right + 15.0, y)],
            false,
            end.style.colour,
            0.8,
            "",
        );
        let font = Font { size, colour: end.style.ink, ..TICK };
        canvas.text((frame.right + 18.0, y + 0.35 * size), &end.words, font, Anchor::Start);
    }
}

pub(crate) fn widest<'a>(font: Font, words: impl IntoIterator<Item = &'a str>) -> f64 {
    words.into_iter().map(|words| font.width(words)).fold(0.0, f64::max)
}

/// As many values under the axis as have room without meeting or leaving the picture.
pub(crate) fn ticks_that_fit(x: &Axis, length: f64, width: f64) -> Vec<Tick> {
    let fits = |ticks: &[Tick]| {
        let mut end = 2.0;
        ticks.iter().all(|(value, words)| {
            let (at, half) = (x.place(*value), 0.5 * TICK.width(words));
            let free = at - half >= end && at + half <= width - 2.0;
            end = at + half + 10.0;
            free
        })
    };
    let most = (length / 60.0) as usize;
    let counts = (1..=most.max(1)).rev();
    let ticks = counts.map(|count| x.ticks(count)).find(|ticks| !ticks.is_empty() && fits(ticks));
    // At worst one, and that only if it has room.
    let alone = || (1..10).flat_map(|count| x.ticks(count)).find(|tick| fits(std::slice::from_ref(tick)));
    ticks.unwrap_or_else(|| alone().into_iter().collect())
}

/// Grid, axes, and the values beside them.
fn draw_axes(
    canvas: &mut Canvas,
    frame: Frame,
    (x, x_ticks): (&Axis, &[Tick]),
    (y, y_ticks): (&Axis, &[Tick]),
) {
    for (value, words) in y_ticks {
        let at = y.place(*value);
        let colour = if *value == 0.0 { AXIS } else { GRID };
        canvas.line((frame.left, at), (frame.right, at), colour, 1.0, "");
        canvas.text((frame.left - 8.0, at + 0.35 * TICK.size), words, TICK, Anchor::End);
    }
    let (colour, width) = AXIS_LINE;
    for (value, words) in x_ticks {
        let at = x.place(*value);
        canvas.line((at, frame.top), (at, frame.bottom), GRID, 1.0, "");
        canvas.line((at, frame.bottom), (at, frame.bottom + 5.0), colour, width, "");
        canvas.text((at, frame.bottom + 8.0 + TICK.size), words, TICK, Anchor::Middle);
    }
    canvas.line((frame.left, frame.bottom), (frame.right, frame.bottom), colour, width, "");
}
