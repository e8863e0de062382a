//! Several pictures in one.

use crate::canvas::{Anchor, Canvas, TITLE};
use crate::layout::EDGE;
use estimand_core::{Error, Result};
use std::path::Path;

/// Pictures in rows of so many, each as it is: what `svg` of a chart gives.
///
/// ```
/// use estimand_plot::{Chart, Grid};
///
/// let chart = |y: [f64; 3]| Chart::new().size(300, 200).line([0.0, 1.0, 2.0], y, "").svg();
/// let svg = Grid::new(2).picture(chart([1.0, 2.0, 4.0])).picture(chart([4.0, 2.0, 1.0])).svg()?;
/// assert!(svg.contains("width=\"600\" height=\"200\""));
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is drawn before `svg` or `save`"]
pub struct Grid {
    columns: usize,
    title: String,
    pictures: Vec<Result<String>>,
}

impl Grid {
    /// A grid with so many columns, at least 1.
    pub fn new(columns: usize) -> Self {
        Self { columns, title: String::new(), pictures: Vec::new() }
    }

    /// The title, above all pictures.
    pub fn title(self, title: impl Into<String>) -> Self {
        Self { title: title.into(), ..self }
    }

    /// One more picture; what is wrong with it is said when the grid is drawn.
    pub fn picture(mut self, picture: Result<String>) -> Self {
        self.pictures.push(picture);
        self
    }

    /// The picture.
    ///
    /// # Errors
    /// For no pictures or no columns; for what a picture said, or what is no picture.
    pub fn svg(&self) -> Result<String> {
        if self.pictures.is_empty() {
            return Err(Error::EmptyInput { what: "the grid".into() });
        }
        if self.columns == 0 {
            return Err(Error::parameter("columns", 0, "at least 1"));
        }
        let pictures: Vec<&String> =
            self.pictures.iter().map(Result::as_ref).collect::<Result<_, _>>().map_err(Clone::clone)?;
        let sizes = pictures.iter().map(|svg| Ok((number(svg, "width")?, number(svg, "height")?)));
        let sizes: Vec<(usize, usize)> = sizes.collect::<Result<_>>()?;
        let columns = self.columns.min(sizes.len());
        let widest = |c: usize| sizes.iter().skip(c).step_by(columns).map(|size| size.0).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(widest).collect();
        let highest = |row: &[(usize, usize)]| row.iter().map(|size| size.1).max().unwrap_or(0);
        let heights: Vec<usize> = sizes.chunks(columns).map(highest).collect();
        let above = if self.title.is_empty() { 0 } else { (2.0 * EDGE + TITLE.size) as usize };
        let mut canvas = Canvas::new((widths.iter().sum(), above + heights.iter().sum::<usize>()));
        let title = TITLE.fit(&self.title, canvas.width - 2.0 * EDGE);
        canvas.text((EDGE, EDGE + TITLE.size), &title, TITLE, Anchor::Start);
        for (i, svg) in pictures.iter().enumerate() {
            let (row, column) = (i / columns, i % columns);
            let (x, y): (usize, usize) = (widths[..column].iter().sum(), heights[..row].iter().sum());
            canvas.picture((x, above + y), svg.trim_end());
        }
        Ok(canvas.finish(&self.title))
    }

    /// Draws, and writes the picture to a file.
    ///
    /// # Errors
    /// Those of [`svg`](Self::svg), and those of the file.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        crate::save(path.as_ref(), self.svg())
    }
}

/// A whole number among the first attributes of a picture.
fn number(svg: &str, name: &str) -> Result<usize> {
    let head = svg.strip_prefix("<svg ").and_then(|rest| rest.split_once('>')).map_or("", |(head, _)| head);
    let value = head.split_once(&format!(" {name}=\"")).and_then(|(_, rest)| rest.split_once('"'));
    value
        .and_then(|(value, _)| value.parse().ok())
        .ok_or_else(|| Error::parameter("picture", head, "SVG with a width and a height, as charts write it"))
}
