//! What a chart draws: lines, steps, points and bands with one look and one name.

use crate::canvas::{Canvas, Point};
use crate::palette::Style;
use crate::{check_len, check_values};
use estimand_core::{Error, Result};

/// One look and one name, for one thing or several.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    pub(crate) name: String,
    pub(crate) style: Style,
    pub(crate) x: Vec<f64>,
    /// What is drawn over `x`, each a line of values; two of a band.
    pub(crate) shapes: Vec<Shape>,
}

#[derive(Clone, Debug)]
pub(crate) enum Shape {
    Line(Vec<f64>),
    Step(Vec<f64>),
    Points(Vec<f64>),
    Band(Vec<f64>, Vec<f64>),
}

impl Shape {
    pub(crate) fn values(&self) -> impl Iterator<Item = f64> {
        let (one, two): (&[f64], &[f64]) = match self {
            Self::Line(y) | Self::Step(y) | Self::Points(y) => (y, &[]),
            Self::Band(low, high) => (low, high),
        };
        one.iter().chain(two).copied()
    }
}

impl Series {
    pub(crate) fn check(&self, length: usize) -> Result<()> {
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

    pub(crate) fn draw(&self, canvas: &mut Canvas, front: bool, place: impl Fn(Point) -> Point) {
        let style = self.style;
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

    pub(crate) fn draw_swatch(&self, canvas: &mut Canvas, (x, y): Point) {
        let style = self.style;
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
