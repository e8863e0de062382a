//! Which clusters are joined, and how far apart they are.

use crate::axes::widest;
use crate::canvas::{AXIS_LINE, Anchor, Canvas, Point, TICK};
use crate::layout::{Common, EDGE, Frame, common_setters};
use crate::palette::{AXIS, GRID, style};
use crate::scale::{Axis, Scale};
use crate::{Number, check_len, check_values, numbers};
use estimand_core::{Error, Result};

/// Pixels that a value beside the vertical axis wants.
const TICK_ROOM: f64 = 42.0;
/// Least pixels from one leaf to the next that leave room for names.
const NAME_ROOM: f64 = 13.0;

/// A tree of joins: leaves at the bottom, each join as high as what it joins is far apart.
///
/// Number n + i is the cluster that the i-th of n − 1 joins makes, as in
/// `AgglomerativeModel::children`. Joins below [`threshold`](Self::threshold) have the colour of their cluster.
///
/// ```
/// use estimand_plot::Dendrogram;
///
/// let svg = Dendrogram::new([[0, 1], [2, 3], [4, 5]], [1.0, 1.5, 6.0]).names(["a", "b", "c", "d"]).threshold(3.0).svg()?;
/// assert!(svg.contains(">d<"));
/// # Ok::<(), estimand_core::Error>(())
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is drawn before `svg` or `save`"]
pub struct Dendrogram {
    common: Common,
    children: Vec<[usize; 2]>,
    distances: Vec<f64>,
    names: Option<Vec<String>>,
    threshold: Option<f64>,
}

impl Dendrogram {
    /// The tree of these joins.
    pub fn new<T: Number>(
        children: impl IntoIterator<Item = [usize; 2]>,
        distances: impl IntoIterator<Item = T>,
    ) -> Self {
        Self {
            common: Common::new((760, 460)),
            children: children.into_iter().collect(),
            distances: numbers(distances),
            names: None,
            threshold: None,
        }
    }

    common_setters!();

    /// Names of the leaves, written where they have room.
    pub fn names<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        self.names = Some(names.into_iter().map(Into::into).collect());
        self
    }

    /// A dashed line at a distance; the clusters below it have a colour each.
    pub fn threshold(mut self, threshold: f64) -> Self {
        self.threshold = Some(threshold);
        self
    }

    fn check(&self) -> Result<()> {
        check_values("distances", &self.distances)?;
        check_len("joins", self.distances.len(), self.children.len())?;
        let n = self.children.len() + 1;
        let mut is_used = vec![false; 2 * n];
        let mut fresh =
            |i: usize, child: usize| child < n + i && !std::mem::replace(&mut is_used[child], true);
        let wrong =
            self.children.iter().enumerate().find(|(i, pair)| !pair.iter().all(|child| fresh(*i, *child)));
        if let Some((i, pair)) = wrong {
            let allowed = format!("two different clusters, made before join {i} and not joined yet");
            return Err(Error::parameter("children", format!("{pair:?}"), allowed));
        }
        if let Some(names) = &self.names {
            check_len("names", n, names.len())?;
        }
        match self.threshold {
            Some(threshold) if !threshold.is_finite() => {
                Err(Error::parameter("threshold", threshold, "finite"))
            }
            _ => Ok(()),
        }
    }

    /// Leaves from left to right.
    fn leaves(&self) -> Vec<usize> {
        let n = self.children.len() + 1;
        let (mut leaves, mut waiting) = (Vec::with_capacity(n), vec![2 * n - 2]);
        while let Some(at) = waiting.pop() {
            match at.checked_sub(n) {
                Some(join) => waiting.extend(self.children[join].iter().rev()),
                None => leaves.push(at),
            }
        }
        leaves
    }

    /// The colour of each join: that of the cluster it is in, or none above the threshold.
    fn colours(&self) -> Vec<&'static str> {
        let n = self.children.len() + 1;
        let mut colours = vec![AXIS; n - 1];
        let Some(threshold) = self.threshold else {
            return vec![style(0).colour; n - 1];
        };
        let mut count = 0;
        for join in (0..n - 1).rev() {
            if self.distances[join] < threshold && colours[join] == AXIS {
                colours[join] = style(count).colour;
                count += 1;
            }
            for child in self.children[join].iter().filter_map(|child| child.checked_sub(n)) {
                colours[child] = colours[join];
            }
        }
        colours
    }

    /// The picture.
    ///
    /// # Errors
    /// For no joins, NaN, infinities and values beyond 1e300; lengths that differ; joins that make no tree; a size in which
    /// words leave no room.
    pub fn svg(&self) -> Result<String> {
        self.check()?;
        let n = self.children.len() + 1;
        let y = self.distances.iter().copied().chain(self.threshold).chain([0.0]);
        let y = Axis::around("distances", y, Scale::Linear, 0.04)?;
        let (mut canvas, top) = self.common.begin()?;
        let names = self.names.as_deref().unwrap_or_default();
        let below = widest(TICK, names.iter().map(String::as_str)).min(0.3 * canvas.height);
        let room = (canvas.width - self.common.left() - EDGE - 60.0) / n as f64;
        let below = if room < NAME_ROOM { 0.0 } else { below };
        let (top, bottom) = (top + 0.5 * TICK.size, canvas.height - self.common.below() - below - 8.0);
        let y = y.between(bottom, top);
        let ticks = y.ticks(((bottom - top) / TICK_ROOM) as usize);
        let left = self.common.left() + widest(TICK, ticks.iter().map(|(_, words)| words.as_str())) + 8.0;
        let frame = Frame { left, right: canvas.width - EDGE - 8.0, top, bottom };
        frame.check(self.common.size)?;
        for (value, words) in &ticks {
            let at = y.place(*value);
            canvas.line((frame.left, at), (frame.right, at), GRID, 1.0, "");
            canvas.text((frame.left - 8.0, at + 0.35 * TICK.size), words, TICK, Anchor::End);
        }
        self.draw(&mut canvas, frame, &y, below);
        if let Some(threshold) = self.threshold {
            let at = y.place(threshold);
            canvas.line((frame.left, at), (frame.right, at), AXIS, 1.2, "4 3");
        }
        let (colour, width) = AXIS_LINE;
        canvas.line((frame.left, bottom), (frame.right, bottom), colour, width, "");
        self.common.labels(&mut canvas, frame);
        Ok(canvas.finish(&self.common.title))
    }

    fn draw(&self, canvas: &mut Canvas, frame: Frame, y: &Axis, below: f64) {
        let n = self.children.len() + 1;
        let slot = (frame.right - frame.left) / n as f64;
        let mut places: Vec<Point> = vec![(0.0, y.place(0.0)); 2 * n - 1];
        for (i, leaf) in self.leaves().into_iter().enumerate() {
            places[leaf].0 = frame.left + (i as f64 + 0.5) * slot;
            if let Some(name) = self.names.as_ref().filter(|_| below > 0.0).map(|names| &names[leaf]) {
                let at = (places[leaf].0 + 0.35 * TICK.size, frame.bottom + 6.0);
                canvas.turned(at, &TICK.fit(name, below), TICK, Anchor::End);
            }
        }
        for (i, (pair, colour)) in self.children.iter().zip(self.colours()).enumerate() {
            let [a, b] = pair.map(|child| places[child]);
            let height = y.place(self.distances[i]);
            places[n + i] = (0.5 * (a.0 + b.0), height);
            let width = if n > 200 { 1.0 } else { 1.6 };
            canvas.path(&[a, (a.0, height), (b.0, height), b], false, colour, width, "");
        }
    }
}
