//! The picture: SVG elements, and how much room words take.

use crate::palette::{AXIS, INK};
use std::fmt::Write;

/// Where the point of a text lies in it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// How words look.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Font {
    pub(crate) size: f64,
    pub(crate) bold: bool,
    pub(crate) colour: &'static str,
}

impl Font {
    pub(crate) const fn new(size: f64, colour: &'static str) -> Self {
        Self { size, bold: false, colour }
    }

    /// The width of a text, at most: letters as wide as in the widest of the usual fonts.
    pub(crate) fn width(&self, text: &str) -> f64 {
        let em = |c: char| match c {
            'i' | 'j' | 'l' | '\'' | '|' | ' ' | '\u{202f}' => 0.32,
            '.' | ',' | ':' | ';' | '!' | 'I' | '·' => 0.36,
            'f' | 't' | 'r' | '(' | ')' | '[' | ']' | '/' | '-' => 0.43,
            '⁰'..='⁹' | '⁻' | '₀'..='₉' | '²' | '³' | '¹' => 0.45,
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' | '—' => 1.0,
            'A'..='Z' => 0.76,
            '0'..='9' | 'a'..='z' | '_' => 0.64,
            '\u{1100}'.. => 1.05,
            _ => 0.84,
        };
        let wider = if self.bold { 1.12 } else { 1.0 };
        text.chars().map(em).sum::<f64>() * self.size * wider
    }

    /// The text, cut with an ellipsis to a width.
    pub(crate) fn fit(&self, text: &str, width: f64) -> String {
        if self.width(text) <= width {
            return text.into();
        }
        let mut cut: String = text.into();
        while cut.pop().is_some() && self.width(&cut) + self.width("…") > width {}
        cut.truncate(cut.trim_end().len());
        cut + "…"
    }

    /// The text in lines of at most a width.
    pub(crate) fn wrap(&self, text: &str, width: f64) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width(line) + self.width(" ") + self.width(word) <= width => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(self.fit(word, width)),
            }
        }
        lines
    }
}

/// A point of the picture, from its top left corner.
pub(crate) type Point = (f64, f64);

/// A picture being drawn.
pub(crate) struct Canvas {
    pub(crate) width: f64,
    pub(crate) height: f64,
    body: String,
}

impl Canvas {
    pub(crate) fn new((width, height): (usize, usize)) -> Self {
        Self { width: width as f64, height: height as f64, body: String::new() }
    }

    fn element(&mut self, element: std::fmt::Arguments<'_>) {
        // Writing to a string does not fail.
        let _ = writeln!(self.body, "{element}");
    }

    pub(crate) fn line(&mut self, from: Point, to: Point, colour: &str, width: f64, dash: &str) {
        let (x1, y1, x2, y2) = (round(from.0), round(from.1), round(to.0), round(to.1));
        let dash = dashes(dash);
        self.element(format_args!(
            r#"<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="{width}"{dash}/>"#
        ));
    }

    /// A line through points; a step keeps its height up to the next point.
    pub(crate) fn path(&mut self, points: &[Point], step: bool, colour: &str, width: f64, dash: &str) {
        let mut d = String::new();
        for (i, (x, y)) in points.iter().map(|p| (round(p.0), round(p.1))).enumerate() {
            let _ = match (i, step) {
                (0, _) => write!(d, "M{x} {y}"),
                (_, false) => write!(d, "L{x} {y}"),
                (_, true) => write!(d, "H{x}V{y}"),
            };
        }
        let dash = dashes(dash);
        self.element(format_args!(
            r#"<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round" stroke-linecap="round"{dash}/>"#
        ));
    }

    /// A filled shape.
    pub(crate) fn area(&mut self, points: &[Point], colour: &str, opacity: f64) {
        let corner = |p: &Point| format!("{} {}", round(p.0), round(p.1));
        let d = points.iter().map(corner).collect::<Vec<_>>().join("L");
        self.element(format_args!(r#"<path d="M{d}Z" fill="{colour}" fill-opacity="{opacity}"/>"#));
    }

    pub(crate) fn rectangle(&mut self, corner: Point, size: Point, colour: &str) {
        let (x, y, width, height) = (round(corner.0), round(corner.1), round(size.0), round(size.1));
        self.element(format_args!(
            r#"<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="{colour}" shape-rendering="crispEdges"/>"#
        ));
    }

    /// The marker of a series: a disc, a square, a triangle or a diamond.
    pub(crate) fn marker(&mut self, (x, y): Point, shape: usize, radius: f64, colour: &str, opacity: f64) {
        let looks =
            format!(r##"fill="{colour}" fill-opacity="{opacity}" stroke="#FFFFFF" stroke-width="0.6""##);
        // Of about the same area.
        let corners: &[Point] = match shape % 4 {
            0 => {
                let (x, y) = (round(x), round(y));
                return self.element(format_args!(r#"<circle cx="{x}" cy="{y}" r="{radius}" {looks}/>"#));
            }
            1 => &[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)],
            2 => &[(0.0, -1.25), (1.2, 0.85), (-1.2, 0.85)],
            _ => &[(0.0, -1.3), (1.15, 0.0), (0.0, 1.3), (-1.15, 0.0)],
        };
        let corner = |p: &Point| format!("{} {}", round(x + radius * p.0), round(y + radius * p.1));
        let d = corners.iter().map(corner).collect::<Vec<_>>().join("L");
        self.element(format_args!(r#"<path d="M{d}Z" {looks}/>"#));
    }

    /// Words, with their base line at the point.
    pub(crate) fn text(&mut self, (x, y): Point, text: &str, font: Font, anchor: Anchor) {
        self.words((x, y), text, font, anchor, "");
    }

    /// Words that run upwards.
    pub(crate) fn turned(&mut self, (x, y): Point, text: &str, font: Font, anchor: Anchor) {
        let turn = format!(r#" transform="rotate(-90 {} {})""#, round(x), round(y));
        self.words((x, y), text, font, anchor, &turn);
    }

    fn words(&mut self, (x, y): Point, text: &str, font: Font, anchor: Anchor, turn: &str) {
        if text.is_empty() {
            return;
        }
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let weight = if font.bold { r#" font-weight="600""# } else { "" };
        let (x, y, size, colour, text) = (round(x), round(y), font.size, font.colour, escape(text));
        self.element(format_args!(
            r#"<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{weight}{turn}>{text}</text>"#
        ));
    }

    /// Another picture, with its top left corner at the point.
    pub(crate) fn picture(&mut self, (x, y): (usize, usize), svg: &str) {
        let rest = svg.strip_prefix("<svg ").unwrap_or(svg);
        self.element(format_args!(r#"<svg x="{x}" y="{y}" {rest}"#));
    }

    /// The whole picture.
    pub(crate) fn finish(self, title: &str) -> String {
        let Self { width, height, body } = self;
        let title = if title.is_empty() { "Chart".into() } else { escape(title) };
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" font-family="system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif" role="img">
<title>{title}</title>
<rect width="{width}" height="{height}" fill="#FFFFFF"/>
{body}</svg>
"##
        )
    }
}

/// Words of a chart.
pub(crate) const TITLE: Font = Font { size: 17.0, bold: true, colour: INK };
pub(crate) const LABEL: Font = Font::new(13.0, INK);
pub(crate) const TICK: Font = Font::new(12.0, crate::palette::FAINT_INK);
/// Width of the line along an axis.
pub(crate) const AXIS_LINE: (&str, f64) = (AXIS, 1.0);

fn dashes(dash: &str) -> String {
    if dash.is_empty() { String::new() } else { format!(r#" stroke-dasharray="{dash}""#) }
}

/// To a hundredth of a pixel; no minus zero.
fn round(v: f64) -> f64 {
    (v * 100.0).round() / 100.0 + 0.0
}

/// Text in XML. Characters that XML cannot hold are replaced.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            _ => out.push(c),
        }
    }
    out
}
