//! A tree to be read by people: as text, for Graphviz, and as a picture.
//!
//! All three name columns and classes, and say what a row that ends at a node is given. Text is laid out as scikit-learn
//! lays it out. Of large trees, [`max_depth`](Export::max_depth) shows the beginning.

use crate::{Test, Tree};
use estimand_core::Features;
use std::fmt::{Display, Write};

/// How a tree is shown.
#[derive(Clone, Debug)]
#[must_use = "nothing is written until `text`, `graphviz` or `svg` is called"]
pub struct Export<'a> {
    tree: &'a Tree,
    features: &'a Features,
    classes: Option<Vec<String>>,
    impurity: &'static str,
    decimals: usize,
    max_depth: usize,
    show_weights: bool,
    show_missing: bool,
}

impl<'a> Export<'a> {
    /// Shows a tree of numbers; [`class_names`](Self::class_names) makes it one of classes.
    pub fn of(tree: &'a Tree, features: &'a Features) -> Self {
        Self {
            tree,
            features,
            classes: None,
            impurity: "impurity",
            decimals: 2,
            max_depth: usize::MAX,
            show_weights: false,
            show_missing: false,
        }
    }

    /// Names of the classes, in their order: `model.classes()`. Those beyond are numbered.
    pub fn class_names<L: Display>(mut self, names: impl IntoIterator<Item = L>) -> Self {
        let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
        let rest = names.len()..self.tree.width();
        self.classes = Some(names.into_iter().chain(rest.map(|c| c.to_string())).collect());
        self
    }

    /// What the impurity is called: `gini`, `squared_error`.
    pub fn impurity(mut self, name: &'static str) -> Self {
        self.impurity = name;
        self
    }

    /// Decimals of all numbers. Default: 2.
    pub fn decimals(mut self, decimals: usize) -> Self {
        self.decimals = decimals;
        self
    }

    /// Shows nodes down to this depth and their children.
    pub fn max_depth(mut self, depth: usize) -> Self {
        self.max_depth = depth;
        self
    }

    /// Whether the text gives the weights of the classes at leaves.
    pub fn show_weights(mut self, show: bool) -> Self {
        self.show_weights = show;
        self
    }

    /// Whether it is said on which side missing values go.
    pub fn show_missing(mut self, show: bool) -> Self {
        self.show_missing = show;
        self
    }

    /// The tree as indented text, a line for each side of a split and for each leaf.
    ///
    /// ```text
    /// |--- x1 <= 0.00
    /// |   |--- class: cat
    /// |--- x1 >  0.00
    /// |   |--- class: dog
    /// ```
    pub fn text(&self) -> String {
        let mut out = String::new();
        let mut waiting = vec![(0, 0, String::new())];
        while let Some((node, depth, above)) = waiting.pop() {
            if !above.is_empty() {
                line(&mut out, depth - 1, &above);
            }
            match (self.tree.children(node), self.tree.test(node)) {
                (Some(_), Some(_)) if depth > self.max_depth => {
                    line(&mut out, depth, &format!("truncated branch of depth {}", self.depth_below(node)));
                }
                (Some([left, right]), Some(test)) => {
                    waiting.push((right, depth + 1, self.side(&test, false)));
                    waiting.push((left, depth + 1, self.side(&test, true)));
                }
                _ => line(&mut out, depth, &self.leaf(node)),
            }
        }
        out
    }

    /// The tree in the DOT language: `dot -Tsvg` draws it.
    pub fn graphviz(&self) -> String {
        let font = "fontname=\"helvetica\"";
        let mut out = format!("digraph Tree {{\nnode [shape=box, {font}] ;\nedge [{font}] ;\n");
        for Shown { node, lines, parent, .. } in self.shown() {
            let label =
                lines.iter().map(|l| l.replace('\\', "\\\\").replace('"', "\\\"")).collect::<Vec<_>>();
            let _ = writeln!(out, "{node} [label=\"{}\"] ;", label.join("\\n"));
            if let Some((parent, left)) = parent {
                let _ = write!(out, "{parent} -> {node}");
                // The first split says which side is which.
                if parent == 0 {
                    let (angle, word) = if left { (45, "True") } else { (-45, "False") };
                    let _ = write!(out, " [labeldistance=2.5, labelangle={angle}, headlabel=\"{word}\"]");
                }
                out.push_str(" ;\n");
            }
        }
        out.push('}');
        out
    }

    /// The tree as a picture, in SVG. Colours tell the class or the value of a node; paler ones are less pure.
    pub fn svg(&self) -> String {
        let shown = self.shown();
        let longest = shown.iter().flat_map(|s| &s.lines).map(|l| l.chars().count()).max().unwrap_or(0);
        let lines = shown.iter().map(|s| s.lines.len()).max().unwrap_or(0);
        let (width, height) = (longest as f64 * LETTER + 16.0, lines as f64 * LINE + 10.0);
        let (slot, level) = (width + 14.0, height + 46.0);
        // Leaves side by side; what has children stands between them.
        let mut places = vec![0.0; self.tree.n_nodes()];
        let mut leaves = 0.0;
        for (i, s) in shown.iter().enumerate() {
            if shown.get(i + 1).is_none_or(|next| next.depth <= s.depth) {
                places[s.node] = leaves;
                leaves += 1.0;
            }
        }
        for s in shown.iter().rev() {
            if let Some([left, right]) = self.tree.children(s.node).filter(|_| s.depth <= self.max_depth) {
                places[s.node] = (places[left] + places[right]) / 2.0;
            }
        }
        let levels = shown.iter().map(|s| s.depth).max().unwrap_or(0) as f64 + 1.0;
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {:.0} {:.0}\" font-family=\"sans-serif\" font-size=\"12\">\n",
            leaves * slot + 14.0,
            levels * level
        );
        let at = |node: usize, depth: usize| (14.0 + places[node] * slot, 8.0 + depth as f64 * level);
        for s in &shown {
            let (x, y) = at(s.node, s.depth);
            if let Some((parent, left)) = s.parent {
                let (px, py) = at(parent, s.depth - 1);
                let (px, py, cx) = (px + width / 2.0, py + height, x + width / 2.0);
                let _ = writeln!(out, "<path d=\"M{px:.1} {py:.1}L{cx:.1} {y:.1}\" stroke=\"#555\"/>");
                let (tx, word) = ((px + cx) / 2.0, if left { "yes" } else { "no" });
                let (shift, anchor) = if left { (-6.0, "end") } else { (6.0, "start") };
                let ty = (py + y) / 2.0;
                let _ = writeln!(
                    out,
                    "<text x=\"{:.1}\" y=\"{ty:.1}\" text-anchor=\"{anchor}\">{word}</text>",
                    tx + shift
                );
            }
            let _ = writeln!(
                out,
                "<rect x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\" rx=\"4\" fill=\"{}\" stroke=\"#555\"/>",
                height,
                self.colour(s.node)
            );
            for (i, line) in s.lines.iter().enumerate() {
                let (tx, ty) = (x + width / 2.0, y + 5.0 + LINE * (i as f64 + 0.75));
                let _ = writeln!(
                    out,
                    "<text x=\"{tx:.1}\" y=\"{ty:.1}\" text-anchor=\"middle\">{}</text>",
                    escape(line)
                );
            }
        }
        out.push_str("</svg>\n");
        out
    }

    /// Nodes that are shown, parents before their children and left before right.
    fn shown(&self) -> Vec<Shown> {
        let mut shown = Vec::new();
        let mut waiting = vec![(0, 0, None)];
        while let Some((node, depth, parent)) = waiting.pop() {
            let hidden = depth > self.max_depth && !self.tree.is_leaf(node);
            let lines = if hidden { vec!["(...)".into()] } else { self.lines(node) };
            shown.push(Shown { node, depth, parent, lines });
            if let Some([left, right]) = self.tree.children(node).filter(|_| !hidden) {
                waiting.push((right, depth + 1, Some((node, false))));
                waiting.push((left, depth + 1, Some((node, true))));
            }
        }
        shown
    }

    /// What a box says.
    fn lines(&self, node: usize) -> Vec<String> {
        let (stat, d) = (self.tree.stat(node), self.decimals);
        let mut lines: Vec<String> =
            self.tree.test(node).map(|test| self.side(&test, true)).into_iter().collect();
        lines.push(format!("{} = {:.d$}", self.impurity, stat.impurity));
        lines.push(format!("samples = {}", stat.rows));
        match &self.classes {
            Some(names) => {
                lines.push(format!("value = {}", self.list(self.weights(node))));
                lines.push(format!("class = {}", names[self.class(node)]));
            }
            None => lines.push(format!("value = {}", self.value(node))),
        }
        lines
    }

    fn leaf(&self, node: usize) -> String {
        match &self.classes {
            Some(names) if self.show_weights => {
                format!("weights: {} class: {}", self.list(self.weights(node)), names[self.class(node)])
            }
            Some(names) => format!("class: {}", names[self.class(node)]),
            None => format!("value: {}", self.list(self.tree.value(node).iter().copied())),
        }
    }

    /// What holds on a side of a split.
    fn side(&self, test: &Test<'_>, left: bool) -> String {
        let (name, d) = (self.features.name(test.column()), self.decimals);
        let mut text = match test {
            Test::AtMost { threshold, .. } if threshold.is_infinite() => {
                format!("{name} is {}", if left { "known" } else { "missing" })
            }
            Test::AtMost { threshold, .. } => {
                format!("{name} {} {threshold:.d$}", if left { "<=" } else { "> " })
            }
            Test::In { set, .. } => {
                let categories = (0..set.len() * 64).filter(|c| set[c / 64] >> (c % 64) & 1 == 1);
                let list = categories.map(|c| c.to_string()).collect::<Vec<_>>().join(", ");
                format!("{name} {} {{{list}}}", if left { "in" } else { "not in" })
            }
        };
        let known = matches!(test, Test::AtMost { threshold, .. } if threshold.is_infinite());
        if self.show_missing && !known && test.missing_left() == left {
            text.push_str(" or missing");
        }
        text
    }

    /// Weights of the classes at a node.
    fn weights(&self, node: usize) -> impl Iterator<Item = f64> {
        let weight = self.tree.stat(node).weight;
        self.tree.value(node).iter().map(move |share| share * weight)
    }

    fn class(&self, node: usize) -> usize {
        let shares = self.tree.value(node);
        shares.iter().enumerate().fold(0, |best, (c, v)| if *v > shares[best] { c } else { best })
    }

    fn value(&self, node: usize) -> String {
        let d = self.decimals;
        match self.tree.value(node) {
            [value] => format!("{value:.d$}"),
            values => self.list(values.iter().copied()),
        }
    }

    fn list(&self, values: impl Iterator<Item = f64>) -> String {
        let d = self.decimals;
        format!("[{}]", values.map(|v| format!("{v:.d$}")).collect::<Vec<_>>().join(", "))
    }

    fn depth_below(&self, node: usize) -> usize {
        let (mut deepest, mut waiting) = (0, vec![(node, 0)]);
        while let Some((node, depth)) = waiting.pop() {
            deepest = deepest.max(depth);
            waiting.extend(self.tree.children(node).into_iter().flatten().map(|child| (child, depth + 1)));
        }
        deepest
    }

    /// The class's colour, paler where others are nearly as likely; of numbers, paler where they are low.
    fn colour(&self, node: usize) -> String {
        let values = self.tree.value(node);
        let (base, strength) = match &self.classes {
            Some(_) => {
                let class = self.class(node);
                let next = values.iter().enumerate().filter(|(c, _)| *c != class);
                let second = next.fold(0.0_f64, |second, (_, v)| second.max(*v));
                (COLOURS[class % COLOURS.len()], values[class] - second)
            }
            None => {
                let all = (0..self.tree.n_nodes()).map(|i| self.tree.value(i)[0]);
                let (low, high) =
                    all.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
                (COLOURS[0], if high > low { (values[0] - low) / (high - low) } else { 0.0 })
            }
        };
        let mix = |c: u8| (255.0 - (255.0 - f64::from(c)) * 0.75 * strength) as u8;
        format!("#{:02x}{:02x}{:02x}", mix(base[0]), mix(base[1]), mix(base[2]))
    }
}

/// A node in a picture.
struct Shown {
    node: usize,
    depth: usize,
    /// And whether this is its left child.
    parent: Option<(usize, bool)>,
    lines: Vec<String>,
}

/// Generous width of a letter, and height of a line.
const LETTER: f64 = 7.0;
const LINE: f64 = 15.0;

/// Those of Okabe and Ito, which colour-blind people can tell apart.
const COLOURS: [[u8; 3]; 7] = [
    [230, 159, 0],
    [86, 180, 233],
    [0, 158, 115],
    [204, 121, 167],
    [213, 94, 0],
    [0, 114, 178],
    [240, 228, 66],
];

fn line(out: &mut String, depth: usize, text: &str) {
    (0..depth).for_each(|_| out.push_str("|   "));
    out.push_str("|--- ");
    out.push_str(text);
    out.push('\n');
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
