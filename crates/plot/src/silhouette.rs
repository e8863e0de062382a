//! How well each row lies in its cluster.

use crate::axes::{ticks_that_fit, widest};
use crate::canvas::{AXIS_LINE, Anchor, LABEL, TICK};
use crate::layout::{Common, EDGE, Frame, common_setters};
use crate::palette::{AXIS, GRID, INK, style};
use crate::scale::{Axis, Scale};
use crate::{Number, check_len, check_values, numbers};
use estimand_core::Result;
use std::collections::BTreeMap;

/// Silhouettes of rows, from the largest to the smallest in each cluster: as thick as the cluster is large. A dashed line
/// stands at their mean.
///
/// ```
/// use estimand_plot::Silhouette;
///
/// let svg = Silhouette::new([0.9, 0.8, 0.2, 0.7, -0.1], [0, 0, 0, 1, 1]).svg()?;
/// assert!(svg.contains("mean 0.50"));
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is drawn before `svg` or `save`"]
pub struct Silhouette {
    common: Common,
    values: Vec<f64>,
    clusters: BTreeMap<String, Vec<f64>>,
    count: usize,
}

/// Pixels between clusters.
const GAP: f64 = 6.0;

impl Silhouette {
    /// Silhouettes and the clusters of the same rows.
    pub fn new<T: Number, L: ToString>(
        values: impl IntoIterator<Item = T>,
        labels: impl IntoIterator<Item = L>,
    ) -> Self {
        let values = numbers(values);
        let labels: Vec<String> = labels.into_iter().map(|label| label.to_string()).collect();
        let mut clusters: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for (value, label) in values.iter().zip(&labels) {
            clusters.entry(label.clone()).or_default().push(*value);
        }
        clusters.values_mut().for_each(|own| own.sort_by(|a, b| b.total_cmp(a)));
        Self { common: Common::new((640, 460)), values, clusters, count: labels.len() }
    }

    common_setters!();

    /// The picture.
    ///
    /// # Errors
    /// For nothing to draw; NaN, infinities and values beyond 1e300; lengths that differ; a size in which words leave no room.
    pub fn svg(&self) -> Result<String> {
        check_values("silhouettes", &self.values)?;
        check_len("labels", self.values.len(), self.count)?;
        let x =
            Axis::around("silhouettes", self.values.iter().copied().chain([0.0, 1.0]), Scale::Linear, 0.02)?;
        let (mut canvas, top) = self.common.begin()?;
        let (top, bottom) = (top + 1.5 * TICK.size, canvas.height - self.common.below() - 1.9 * TICK.size);
        let names: Vec<String> =
            self.clusters.keys().map(|name| LABEL.fit(name, 0.3 * canvas.width)).collect();
        let left = self.common.left() + widest(LABEL, names.iter().map(String::as_str)) + 10.0;
        let frame = Frame { left, right: canvas.width - EDGE - 8.0, top, bottom };
        frame.check(self.common.size)?;
        let x = x.between(frame.left, frame.right);
        for (value, words) in ticks_that_fit(&x, frame.right - frame.left, canvas.width) {
            let at = x.place(value);
            canvas.line((at, top), (at, bottom), GRID, 1.0, "");
            canvas.text((at, bottom + 8.0 + TICK.size), &words, TICK, Anchor::Middle);
        }
        let gaps = GAP.min(0.3 * (bottom - top) / names.len() as f64);
        let thick = (bottom - top - gaps * names.len() as f64) / self.values.len() as f64;
        let mut at = top + 0.5 * gaps;
        let mut free = top;
        for (c, (own, name)) in self.clusters.values().zip(&names).enumerate() {
            let zero = x.place(0.0);
            let mut corners = vec![(zero, at)];
            for (i, value) in own.iter().enumerate() {
                let (from, to) = (at + i as f64 * thick, at + (i + 1) as f64 * thick);
                corners.extend([(x.place(*value), from), (x.place(*value), to)]);
            }
            let end = at + own.len() as f64 * thick;
            corners.push((zero, end));
            canvas.area(&corners, style(c).colour, 0.85);
            // Names of clusters that are too thin to tell are left out.
            let base = 0.5 * (at + end) + 0.35 * LABEL.size;
            if base - LABEL.size >= free {
                canvas.text((left - 10.0, base), name, LABEL, Anchor::End);
                free = base;
            }
            at = end + gaps;
        }
        let mean = self.values.iter().sum::<f64>() / self.values.len() as f64;
        let place = x.place(mean);
        canvas.line((place, top), (place, bottom), INK, 1.2, "4 3");
        let words = format!("mean {mean:.2}");
        let half = 0.5 * TICK.width(&words);
        let middle = place.min(canvas.width - EDGE - half).max(EDGE + half);
        canvas.text((middle, top - 0.4 * TICK.size), &words, TICK, Anchor::Middle);
        let (colour, width) = AXIS_LINE;
        canvas.line((frame.left, bottom), (frame.right, bottom), colour, width, "");
        canvas.line((x.place(0.0), top), (x.place(0.0), bottom), AXIS, 1.0, "");
        self.common.labels(&mut canvas, frame);
        Ok(canvas.finish(&self.common.title))
    }
}
