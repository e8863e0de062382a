//! One number for each name.

use crate::axes::{ticks_that_fit, widest};
use crate::canvas::{AXIS_LINE, Anchor, LABEL, TICK};
use crate::layout::{Common, EDGE, Frame, common_setters};
use crate::palette::{AXIS, GRID, INK, style};
use crate::scale::{Axis, Scale};
use crate::{Number, check_len, check_values, numbers};
use estimand_core::{Error, Result};

/// One bar for each name, from top to bottom in the order given. Bars lie, so that names of any length can be read.
///
/// ```
/// use estimand_plot::Bars;
///
/// let svg = Bars::new(["ridge", "lasso"], [0.46, 0.48]).errors([0.03, 0.05]).x_label("R²").svg()?;
/// assert!(svg.contains("lasso"));
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is drawn before `svg` or `save`"]
pub struct Bars {
    common: Common,
    names: Vec<String>,
    values: Vec<f64>,
    errors: Option<Vec<f64>>,
}

/// Pixels for one bar and the gap to the next.
const SLOT: usize = 30;

impl Bars {
    /// Bars with these names and lengths; the picture grows with their number.
    pub fn new<S: Into<String>, T: Number>(
        names: impl IntoIterator<Item = S>,
        values: impl IntoIterator<Item = T>,
    ) -> Self {
        let (names, values): (Vec<String>, _) =
            (names.into_iter().map(Into::into).collect(), numbers(values));
        let common = Common::new((640, (110 + SLOT * names.len()).clamp(180, 1600)));
        Self { common, names, values, errors: None }
    }

    common_setters!();

    /// How far each value may be off: drawn to both sides.
    pub fn errors<T: Number>(mut self, errors: impl IntoIterator<Item = T>) -> Self {
        self.errors = Some(numbers(errors));
        self
    }

    fn check(&self) -> Result<()> {
        check_values("values", &self.values)?;
        check_len("names", self.values.len(), self.names.len())?;
        let Some(errors) = &self.errors else { return Ok(()) };
        check_len("errors", self.values.len(), errors.len())?;
        check_values("errors", errors)?;
        match errors.iter().find(|e| **e < 0.0) {
            Some(error) => Err(Error::parameter("errors", error, "not negative")),
            None => Ok(()),
        }
    }

    /// The picture.
    ///
    /// # Errors
    /// For nothing to draw; NaN, infinities and values beyond 1e300; lengths that differ; negative errors; a size in which
    /// words leave no room.
    pub fn svg(&self) -> Result<String> {
        self.check()?;
        let error = |i: usize| self.errors.as_ref().map_or(0.0, |errors| errors[i]);
        let ends = self.values.iter().enumerate().flat_map(|(i, v)| [v - error(i), v + error(i)]);
        let x = Axis::around("values", ends.chain([0.0]), Scale::Linear, 0.03)?;
        let (mut canvas, top) = self.common.begin()?;
        let bottom = canvas.height - self.common.below() - 1.9 * TICK.size;
        let names: Vec<String> = self.names.iter().map(|name| LABEL.fit(name, 0.4 * canvas.width)).collect();
        let left = self.common.left() + widest(LABEL, names.iter().map(String::as_str)) + 10.0;
        let frame = Frame { left, right: canvas.width - EDGE - 8.0, top, bottom };
        frame.check(self.common.size)?;
        let x = x.between(frame.left, frame.right);

        for (value, words) in ticks_that_fit(&x, frame.right - frame.left, canvas.width) {
            let at = x.place(value);
            canvas.line((at, top), (at, bottom), GRID, 1.0, "");
            canvas.text((at, bottom + 8.0 + TICK.size), &words, TICK, Anchor::Middle);
        }
        let slot = (bottom - top) / self.values.len() as f64;
        let thick = (0.66 * slot).min(26.0);
        for (i, (name, value)) in names.iter().zip(&self.values).enumerate() {
            let middle = top + (i as f64 + 0.5) * slot;
            let (from, to) = (x.place(value.min(0.0)), x.place(value.max(0.0)));
            canvas.rectangle((from, middle - 0.5 * thick), (to - from, thick), style(0).colour);
            if self.errors.is_some() {
                let (low, high) = (x.place(value - error(i)), x.place(value + error(i)));
                let cap = 0.22 * thick;
                canvas.line((low, middle), (high, middle), INK, 1.4, "");
                canvas.line((low, middle - cap), (low, middle + cap), INK, 1.4, "");
                canvas.line((high, middle - cap), (high, middle + cap), INK, 1.4, "");
            }
            // Of more names than there is room for, some are left out.
            let every = (1.15 * LABEL.size / slot).ceil().max(1.0) as usize;
            if i % every == 0 {
                canvas.text((left - 10.0, middle + 0.35 * LABEL.size), name, LABEL, Anchor::End);
            }
        }
        let (colour, width) = AXIS_LINE;
        canvas.line((frame.left, bottom), (frame.right, bottom), colour, width, "");
        let zero = x.place(0.0);
        canvas.line((zero, top), (zero, bottom), AXIS, 1.0, "");
        self.common.labels(&mut canvas, frame);
        Ok(canvas.finish(&self.common.title))
    }
}
