//! What stands around the frame: the grid, values beside the axes, names at the ends of lines.

use crate::canvas::{AXIS_LINE, Anchor, Canvas, Font, Point, TICK};
use crate::layout::{Frame, spread};
use crate::palette::{AXIS, GRID, Style};
use crate::scale::{Axis, Tick};

/// Pixels from the base line of one word at the end of a line to that of the next.
const NEXT_WORD: f64 = 15.0;

/// The end of a line and its name.
pub(crate) struct End {
    pub(crate) at: Point,
    pub(crate) words: String,
    pub(crate) style: Style,
}

/// Names beside the frame, at the height of the ends or as near as the others allow.
pub(crate) fn draw_ends(canvas: &mut Canvas, frame: Frame, ends: &[End], place: impl Fn(Point) -> Point) {
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
pub(crate) fn draw_axes(
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
