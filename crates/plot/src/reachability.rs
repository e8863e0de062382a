//! Rows in an order, and how far each is from those before it.

use crate::axes::{draw_axes, ticks_that_fit, widest};
use crate::canvas::TICK;
use crate::layout::{Common, EDGE, Frame, common_setters};
use crate::palette::{AXIS, INK, style};
use crate::scale::{Axis, Scale};
use crate::{Number, check_len, check_values, numbers};
use estimand_core::{Error, Result};

/// Reachabilities of rows in the order of OPTICS: valleys are clusters, and valleys in valleys clusters in clusters. The
/// picture grows with the number of rows.
///
/// ```
/// use estimand_plot::Reachability;
///
/// // Two clusters of three rows, and one row that nothing reaches.
/// let plot = [f64::INFINITY, 1.0, 1.2, 6.0, 0.5, 0.4, f64::INFINITY];
/// let svg = Reachability::new(plot, [0, 0, 0, 1, 1, 1, -1]).cut(3.0).y_label("reachability").svg()?;
/// assert!(svg.starts_with("<svg"));
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is drawn before `svg` or `save`"]
pub struct Reachability {
    common: Common,
    values: Vec<f64>,
    labels: Vec<i64>,
    cut: Option<f64>,
}

/// Pixels that a value beside the vertical axis wants.
const TICK_ROOM: f64 = 42.0;

impl Reachability {
    /// The reachability of each row in order, ∞ for rows that nothing reaches, and its cluster, −1 for none; 760 × 320.
    pub fn new<T: Number>(
        values: impl IntoIterator<Item = T>,
        labels: impl IntoIterator<Item = i64>,
    ) -> Self {
        let common = Common::new((760, 320));
        Self { common, values: numbers(values), labels: labels.into_iter().collect(), cut: None }
    }

    common_setters!();

    /// A dashed line across, at the distance at which DBSCAN would cut.
    pub fn cut(self, distance: f64) -> Self {
        Self { cut: Some(distance), ..self }
    }

    fn check(&self) -> Result<()> {
        check_len("labels", self.values.len(), self.labels.len())?;
        // What is ∞ is drawn to the top.
        let finite: Vec<f64> =
            self.values.iter().map(|v| if *v == f64::INFINITY { 0.0 } else { *v }).collect();
        check_values("values", &finite)?;
        check_values("the cut", &[self.cut.unwrap_or(0.0)])?;
        match finite.iter().chain(&self.cut).find(|v| **v < 0.0) {
            Some(value) => Err(Error::parameter("values", value, "not negative")),
            None => Ok(()),
        }
    }

    /// The picture.
    ///
    /// # Errors
    /// For nothing to draw; NaN, negative values and those beyond 1e300, but for ∞; lengths that differ; a size in which
    /// words leave no room.
    pub fn svg(&self) -> Result<String> {
        self.check()?;
        let finite = self.values.iter().copied().filter(|v| v.is_finite());
        let y = Axis::around("values", finite.chain(self.cut).chain([0.0]), Scale::Linear, 0.05)?;
        let x = Axis::around("rows", [0.0, self.values.len() as f64], Scale::Linear, 0.0)?;
        let (mut canvas, top) = self.common.begin()?;
        let (top, bottom) = (top + 0.5 * TICK.size, canvas.height - self.common.below() - 1.9 * TICK.size);
        let y = y.between(bottom, top);
        let y_ticks = y.ticks(((bottom - top) / TICK_ROOM) as usize);
        let left = self.common.left() + widest(TICK, y_ticks.iter().map(|(_, words)| words.as_str())) + 8.0;
        let frame = Frame { left, right: canvas.width - EDGE - 8.0, top, bottom };
        frame.check(self.common.size)?;
        let x = x.between(frame.left, frame.right);
        let x_ticks = ticks_that_fit(&x, frame.right - frame.left, canvas.width);
        draw_axes(&mut canvas, frame, (&x, &x_ticks), (&y, &y_ticks));
        let (ground, mut first) = (y.place(0.0), 0);
        for run in self.labels.chunk_by(|a, b| a == b) {
            let places = first..first + run.len();
            let mut around = vec![(x.place(first as f64), ground)];
            for (i, value) in places.clone().zip(&self.values[places]) {
                let height = if value.is_finite() { y.place(*value) } else { frame.top };
                around.extend([(x.place(i as f64), height), (x.place((i + 1) as f64), height)]);
            }
            first += run.len();
            around.push((x.place(first as f64), ground));
            canvas.area(&around, usize::try_from(run[0]).map_or(AXIS, |cluster| style(cluster).colour), 0.9);
        }
        if let Some(cut) = self.cut {
            canvas.line((frame.left, y.place(cut)), (frame.right, y.place(cut)), INK, 1.2, "4 3");
        }
        self.common.labels(&mut canvas, frame);
        Ok(canvas.finish(&self.common.title))
    }
}
