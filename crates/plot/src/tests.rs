//! Pictures are read back: they are XML, have the shapes that were asked for, and no words meet one another or the frame.

use crate::canvas::Font;
use crate::layout::spread;
use crate::scale::Axis;
use crate::*;
use ndarray::{Array2, array};
use proptest::prelude::*;
use std::collections::BTreeMap;

/// An element of a picture: name, attributes, and the text in it.
#[derive(Debug)]
struct Element {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
}

impl Element {
    fn number(&self, name: &str) -> f64 {
        self.attributes[name].parse().unwrap()
    }
    fn is(&self, name: &str, value: &str) -> bool {
        self.attributes.get(name).is_some_and(|v| v == value)
    }
}

/// The elements of well-formed XML without comments; panics on any other.
fn elements(svg: &str) -> Vec<Element> {
    let (mut found, mut open): (Vec<Element>, Vec<(String, usize)>) = (Vec::new(), Vec::new());
    let mut rest = svg.trim_end();
    while let Some((text, after)) = rest.split_once('<') {
        assert!(!text.contains('>'), "{text}");
        for entity in text.split('&').skip(1) {
            assert!(["amp;", "lt;", "gt;", "quot;"].iter().any(|e| entity.starts_with(e)), "{text}");
        }
        if let Some((_, at)) = open.last() {
            found[*at].text.push_str(text);
        }
        let (tag, after) = after.split_once('>').unwrap();
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().unwrap().0, name);
            continue;
        }
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let (name, mut inside) = tag.split_once(' ').unwrap_or((tag, ""));
        let mut attributes = BTreeMap::new();
        while let Some((key, after)) = inside.split_once("=\"") {
            let (value, after) = after.split_once('"').unwrap();
            assert!(attributes.insert(key.trim().to_string(), value.to_string()).is_none(), "{tag}");
            inside = after;
        }
        assert!(inside.trim().is_empty(), "{tag}");
        if !closed {
            open.push((name.into(), found.len()));
        }
        found.push(Element { name: name.into(), attributes, text: String::new() });
    }
    assert!(open.is_empty() && rest.is_empty(), "{open:?} {rest}");
    found
}

/// Left, top, right, bottom.
type Bounds = [f64; 4];

fn bounds_of_text(e: &Element) -> Bounds {
    let text = e.text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    let (x, y, size) = (e.number("x"), e.number("y"), e.number("font-size"));
    let font = Font { size, bold: e.attributes.contains_key("font-weight"), colour: "" };
    let width = font.width(&text);
    let before = match e.attributes["text-anchor"].as_str() {
        "start" => 0.0,
        "middle" => 0.5 * width,
        _ => width,
    };
    let (up, down) = (0.76 * size, 0.22 * size);
    match e.attributes.contains_key("transform") {
        false => [x - before, y - up, x - before + width, y + down],
        true => [x - up, y + before - width, x + down, y + before],
    }
}

fn meet(a: &Bounds, b: &Bounds) -> bool {
    a[0] < b[2] - 0.1 && b[0] < a[2] - 0.1 && a[1] < b[3] - 0.1 && b[1] < a[3] - 0.1
}

/// Refuses words outside the picture, on other words or, but for tables, on the frame, which the grid spans. Gives the
/// elements.
fn check(svg: &str) -> Vec<Element> {
    let all = elements(svg);
    assert!(!svg.contains("NaN") && !svg.contains("inf "), "{svg}");
    let (width, height) = (all[0].number("width"), all[0].number("height"));
    let texts: Vec<&Element> = all.iter().filter(|e| e.name == "text").collect();
    let bounds: Vec<Bounds> = texts.iter().map(|e| bounds_of_text(e)).collect();
    let grid = all.iter().filter(|e| e.name == "line" && e.is("stroke", palette::GRID));
    let frame = grid.fold([f64::INFINITY, f64::INFINITY, 0.0_f64, 0.0_f64], |f, e| {
        [
            f[0].min(e.number("x1")),
            f[1].min(e.number("y1").min(e.number("y2"))),
            f[2].max(e.number("x2")),
            f[3].max(e.number("y2").max(e.number("y1"))),
        ]
    });
    for (i, b) in bounds.iter().enumerate() {
        assert!(b[0] >= 0.0 && b[1] >= 0.0 && b[2] <= width && b[3] <= height, "{b:?} {:?}", texts[i]);
        assert!(!meet(b, &frame), "{:?} on the frame {frame:?}", texts[i]);
        for (j, other) in bounds[..i].iter().enumerate() {
            assert!(!meet(b, other), "{:?} meets {:?}", texts[i], texts[j]);
        }
    }
    all
}

fn count(elements: &[Element], name: &str) -> usize {
    elements.iter().filter(|e| e.name == name).count()
}

#[test]
fn charts_have_the_shapes_that_were_asked_for() {
    let x = [0.0, 1.0, 2.0];
    let chart = Chart::new()
        .title("a < b & \"c\"\u{1}")
        .x_label("x")
        .y_label("y")
        .line(x, [1.0, 3.0, 2.0], "one")
        .step(x, [1, 2, 3], "two")
        .mean_band(x, [1.0_f32, 2.0, 3.0], [0.1_f32, 0.2, 0.3], "three")
        .scatter(x, [4.0, 5.0, 6.0], ["q", "p", "q"])
        .mark_x(1.5, "here");
    let all = check(&chart.svg().unwrap());
    // Three lines, a band, and their swatches; a diamond and two round points with one swatch each.
    assert_eq!((count(&all, "path"), count(&all, "circle")), (4 + 4 + 2, 3));
    let texts: Vec<&str> = all.iter().filter(|e| e.name == "text").map(|e| e.text.as_str()).collect();
    for word in ["a &lt; b &amp; &quot;c&quot;\u{fffd}", "one", "two", "three", "p", "q", "here", "x", "y"] {
        assert!(texts.contains(&word), "{word} in {texts:?}");
    }
    assert!(texts.iter().position(|t| *t == "p") < texts.iter().position(|t| *t == "q"));
    let steps =
        all.iter().filter(|e| e.attributes.get("d").is_some_and(|d| d.contains("H") && d.contains("V")));
    assert_eq!(steps.count(), 1);

    let y = Array2::from_shape_fn((3, 12), |(i, j)| (i * j) as f64 / 10.0);
    let names: Vec<String> = (0..12).map(|j| format!("feature number {j}")).collect();
    let all = check(&Chart::new().lines(x, &y, names).label_ends(true).svg().unwrap());
    // Each line and its leader; series beyond the seventh are dashed.
    assert_eq!(count(&all, "path"), 24);
    assert_eq!(all.iter().filter(|e| e.attributes.contains_key("stroke-dasharray")).count(), 5);
    // The picture says where a value is: the highest line ends highest.
    let height = |text: &str| all.iter().find(|e| e.text == text).unwrap().number("y");
    assert!(
        (1..12)
            .all(|j| height(&format!("feature number {j}")) < height(&format!("feature number {}", j - 1)))
    );

    let all = check(&Bars::new(["a", "b"], [1.0, -2.0]).errors([0.1, 0.2]).svg().unwrap());
    assert_eq!(count(&all, "rect"), 1 + 2);
    let map = HeatMap::new(&array![[1.0, -0.5], [0.25, 3.0]], ["r", "s"], ["c", "d"]);
    let all = check(&map.svg().unwrap());
    assert_eq!((count(&all, "rect"), count(&all, "text")), (1 + 4, 4 + 4));
    assert!(all.iter().any(|e| e.text == "−0.50"));
    let fine = HeatMap::new(&Array2::<f64>::eye(60), (0..60).map(|i| i.to_string()), vec![""; 60]);
    // No room for numbers: their key instead.
    let all = check(&fine.size(400, 300).svg().unwrap());
    assert!(all.iter().any(|e| e.text == "1") && count(&all, "rect") > 3600);
}

#[test]
fn bad_data_are_named() {
    let says = |outcome: Result<String>, what: &str| {
        let message = outcome.map_or_else(|e| e.to_string(), |_| "no error".into());
        assert!(message.contains(what), "`{message}` does not say `{what}`");
    };
    let line = |x: &[f64], y: &[f64]| Chart::new().line(x, y, "a").svg();
    says(Chart::new().svg(), "the chart is empty");
    says(line(&[], &[]), "x of `a` is empty");
    says(line(&[1.0, 2.0], &[1.0]), "y of `a`");
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e305] {
        says(line(&[1.0, 2.0], &[1.0, bad]), "y of `a`");
        says(line(&[1.0, 2.0], &[1.0, bad]), "row 1");
        says(line(&[1.0, bad], &[1.0, 1.0]), "x of `a`");
        says(Bars::new(["a"], [bad]).svg(), "values");
        says(HeatMap::new(&array![[1.0, bad]], ["a"], ["b", "c"]).svg(), "row 0 of the table");
        says(Chart::new().line([1.0], [1.0], "a").mark_x(bad, "").svg(), "marks");
    }
    says(Chart::new().band([1.0], [1.0], [1.0, 2.0], "b").svg(), "values of `b`");
    says(Chart::new().line([0.0, 1.0], [1.0, 2.0], "").x_scale(Scale::Log).svg(), "logarithmic");
    says(Chart::new().scatter([1.0], [1.0], ["a", "b"]).svg(), "classes");
    says(Chart::new().lines([1.0], &array![[1.0, 2.0]], ["a"]).svg(), "names");
    says(Chart::new().line([1.0], [1.0], "").size(100, 100).svg(), "at least 240");
    says(Bars::new(["a"], [1.0]).errors([-1.0]).svg(), "not negative");
    says(Bars::new(["a", "b"], [1.0]).svg(), "names");
    says(HeatMap::new(&Array2::<f64>::zeros((0, 2)), [""; 0], ["a", "b"]).svg(), "0 × 2");
    says(HeatMap::new(&array![[1.0]], ["a"], ["b", "c"]).svg(), "names of columns");
    let nowhere = Chart::new().line([1.0], [1.0], "").save("/no/such/folder/a.svg");
    assert!(matches!(nowhere, Err(Error::Io { .. })));
}

#[test]
fn constants_and_single_points_are_drawn() {
    for value in [0.0, 5.0, -1e-310, 1e299, 1.0 + 1e-16] {
        for scale in [Scale::Linear, Scale::Log] {
            if scale == Scale::Log && value <= 0.0 {
                continue;
            }
            let chart = Chart::new().points([value], [value], "p").x_scale(scale).y_scale(scale);
            let all = check(&chart.svg().unwrap());
            assert!(all.iter().filter(|e| e.name == "text").count() >= 3, "{value} {scale:?}");
        }
    }
    check(&Bars::new(["a"], [0.0]).svg().unwrap());
    check(&HeatMap::new(&array![[0, 0], [0, 0]], ["a", "b"], ["a", "b"]).svg().unwrap());
}

#[test]
fn hostile_numbers_are_drawn_or_refused() {
    let tables: [&[f64]; 9] = [
        &[1e300, -1e300],
        &[5e-324, 0.0],
        &[1e-300, 2e-300, 3e300],
        &[0.0, -0.0],
        &[1.0, 1.0 + f64::EPSILON, 1.0 - f64::EPSILON],
        &[1e15, 1e15 + 1.0],
        &[-1e-320, 1e-320],
        &[f64::MAX, f64::MIN],
        &[1e-308, 1e308],
    ];
    for v in tables {
        let (n, names) = (v.len(), vec!["n"; v.len()]);
        let column = Array2::from_shape_fn((n, 2), |(i, j)| v[(i + j) % n]);
        let mut drawn = vec![
            Chart::new().mean_band(v, v, v.iter().map(|v| v.abs()), "m").svg(),
            Bars::new(names.clone(), v).errors(v.iter().map(|v| v.abs())).svg(),
            HeatMap::new(&column, names, ["a", "b"]).svg(),
        ];
        for scale in [Scale::Linear, Scale::Log] {
            let chart = || Chart::new().x_scale(scale).y_scale(scale);
            drawn.push(chart().line(v, v, "l").mark_x(v[0], "here").svg());
            drawn.push(chart().step(v, v.iter().rev(), "s").label_ends(true).svg());
            drawn.push(chart().scatter(v, v, 0..n).band(v, v, v, "b").svg());
        }
        for outcome in drawn {
            match outcome {
                Ok(svg) => drop(check(&svg)),
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
    }
}

#[test]
fn a_large_table_takes_one_look_at_each_number() {
    // A look at all numbers for each of them would take minutes.
    let names: Vec<String> = (0..600).map(|i| i.to_string()).collect();
    let table = Array2::from_shape_fn((600, 600), |(i, j)| (i * j) as f64);
    assert!(HeatMap::new(&table, names.clone(), names).svg().unwrap().len() > 360_000);
}

#[test]
fn ticks_are_round() {
    let words = |low: f64, high: f64, scale, count| -> Vec<String> {
        let axis = Axis::around("x", [low, high], scale, 0.0).unwrap();
        axis.ticks(count).into_iter().map(|(_, words)| words).collect()
    };
    assert_eq!(words(0.0, 1.0, Scale::Linear, 5), ["0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
    assert_eq!(words(-0.3, 0.3, Scale::Linear, 6), ["−0.3", "−0.2", "−0.1", "0", "0.1", "0.2", "0.3"]);
    assert_eq!(words(3.0, 47.0, Scale::Linear, 4), ["20", "40"]);
    assert_eq!(
        words(0.0, 60_000.0, Scale::Linear, 3),
        ["0", "20\u{202f}000", "40\u{202f}000", "60\u{202f}000"]
    );
    assert_eq!(words(0.0, 2e9, Scale::Linear, 4), ["0", "0.5×10⁹", "1.0×10⁹", "1.5×10⁹", "2.0×10⁹"]);
    assert_eq!(words(0.0, 3e-8, Scale::Linear, 3), ["0", "1×10⁻⁸", "2×10⁻⁸", "3×10⁻⁸"]);
    assert_eq!(words(1e-3, 1e3, Scale::Log, 7), ["0.001", "0.01", "0.1", "1", "10", "100", "1000"]);
    assert_eq!(words(1e-12, 1e12, Scale::Log, 5), ["10⁻¹⁰", "10⁻⁵", "1", "10⁵", "10¹⁰"]);
    assert_eq!(words(1.0, 20.0, Scale::Log, 5), ["1", "2", "5", "10", "20"]);
    assert_eq!(words(3.0, 4.0, Scale::Log, 4), ["3.0", "3.5", "4.0"]);
}

#[test]
fn places_are_spread_as_little_as_needed() {
    assert_eq!(spread(&[50.0, 10.0], 10.0, 0.0, 100.0), [50.0, 10.0]);
    assert_eq!(spread(&[50.0, 50.0], 10.0, 0.0, 100.0), [45.0, 55.0]);
    assert_eq!(spread(&[0.0, 1.0, 99.0], 10.0, 0.0, 100.0), [0.0, 10.0, 99.0]);
    // Too many: evenly over all there is.
    assert_eq!(spread(&[7.0, 7.0, 7.0], 90.0, 0.0, 100.0), [0.0, 50.0, 100.0]);
}

fn any_text() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[ -~]{1,12}", "[a-zA-Zäß∑ ]{1,90}", "[MW]{1,60}"]
}

proptest! {
    #[test]
    fn words_never_meet(
        title in any_text(), x_label in any_text(), y_label in any_text(),
        names in prop::collection::vec(any_text(), 1..14), marks in prop::collection::vec(any_text(), 0..3),
        size in (300_usize..1200, 260_usize..900), ends: bool, log: bool,
        magnitude in -250_i32..250, offset in prop_oneof![Just(0.0), -1e3..1e3_f64, Just(1e9)],
        values in prop::collection::vec(-1.0..1.0_f64, 1..40),
    ) {
        let unit = 10_f64.powi(magnitude);
        let x: Vec<f64> = values.iter().map(|v| (v + if log { 1.01 } else { offset }) * unit).collect();
        let mut chart = Chart::new().title(&title).x_label(&x_label).y_label(&y_label).size(size.0, size.1).label_ends(ends);
        if log {
            chart = chart.x_scale(Scale::Log);
        }
        for (k, name) in names.iter().enumerate() {
            let y = values.iter().map(|v| (v * (k + 1) as f64).cos() * unit);
            chart = if k % 3 == 0 { chart.points(&x, y, name) } else { chart.line(&x, y, name) };
        }
        for name in &marks {
            chart = chart.mark_x(x[0], name);
        }
        match chart.svg() {
            Ok(svg) => { check(&svg); }
            Err(error) => prop_assert!(error.to_string().contains("words leave no room"), "{}", error),
        }
        let bars = Bars::new(values.iter().enumerate().map(|(i, _)| names[i % names.len()].clone()), &x);
        match bars.title(&title).x_label(&x_label).y_label(&y_label).size(size.0, size.1).svg() {
            Ok(svg) => { check(&svg); }
            Err(error) => prop_assert!(error.to_string().contains("words leave no room"), "{}", error),
        }
        let table = Array2::from_shape_fn((names.len(), values.len()), |(i, j)| values[j] * unit * (i + 1) as f64);
        let columns = (0..values.len()).map(|j| names[j % names.len()].clone());
        let map = HeatMap::new(&table, names.clone(), columns).title(&title).x_label(&x_label).y_label(&y_label);
        match map.size(size.0, size.1).svg() {
            Ok(svg) => { check(&svg); }
            Err(error) => prop_assert!(error.to_string().contains("words leave no room"), "{}", error),
        }
    }
}

#[test]
fn what_belongs_to_nothing_is_grey_and_takes_no_look_away() {
    let one = |v: f64| ([v], [v]);
    let ((x, y), (u, v), (s, t)) = (one(1.0), one(2.0), one(3.0));
    let chart = Chart::new().points(x, y, "a").rest(u, v, "noise").points(s, t, "b");
    let all = elements(&chart.svg().unwrap());
    let drawn = |colour: &str| all.iter().filter(|e| e.attributes.values().any(|v| v == colour)).count();
    // A point and its name's mark each.
    assert_eq!([0, 1].map(|i| drawn(palette::style(i).colour)), [2, 2]);
    assert_eq!(drawn(palette::style(2).colour), 0);
    let without = Chart::new().points(x, y, "a").points(u, v, "noise").points(s, t, "b").svg().unwrap();
    assert_ne!(chart.svg().unwrap(), without);
}

#[test]
fn dendrograms_have_a_bracket_for_each_join() {
    let tree = || Dendrogram::new([[2, 3], [0, 1], [4, 5]], [1.0, 2.0, 6.0]);
    let all = check(
        &tree().title("t").y_label("distance").names(["p", "q", "r", "s"]).threshold(3.0).svg().unwrap(),
    );
    let colours: Vec<&str> =
        all.iter().filter(|e| e.name == "path").map(|e| e.attributes["stroke"].as_str()).collect();
    // Colours go to clusters from the last join down.
    assert_eq!(colours, [palette::style(1).colour, palette::style(0).colour, palette::AXIS]);
    let at = |name: &str| all.iter().find(|e| e.text == name).unwrap().number("x");
    assert!(at("r") < at("s") && at("s") < at("p") && at("p") < at("q"));
    let joins = (0..400_usize).map(|i| [i + 1, if i == 0 { 0 } else { 400 + i }]);
    let all = check(
        &Dendrogram::new(joins, (0..400).map(f64::from))
            .names((0..401).map(|i| i.to_string()))
            .svg()
            .unwrap(),
    );
    assert_eq!(count(&all, "path"), 400);
    let says = |tree: Dendrogram, words: &str| assert!(tree.svg().unwrap_err().to_string().contains(words));
    says(Dendrogram::new([[0, 1], [0, 2]], [1.0, 2.0]), "join 1");
    says(Dendrogram::new([[0, 3], [1, 2]], [1.0, 2.0]), "join 0");
    says(Dendrogram::new([[0, 1]], [1.0, 2.0]), "joins");
    says(tree().names(["a"]), "names");
    says(tree().threshold(f64::NAN), "threshold");
}

#[test]
fn silhouettes_are_as_thick_as_clusters_are_large() {
    let values = [0.5, 0.9, 0.7, -0.2, 0.6];
    let all = check(
        &Silhouette::new(values, ["b", "a", "b", "a", "b"]).title("t").x_label("silhouette").svg().unwrap(),
    );
    let areas: Vec<&Element> = all.iter().filter(|e| e.name == "path").collect();
    assert_eq!(areas.len(), 2);
    let corners = |e: &Element| e.attributes["d"].matches('L').count() + 1;
    assert_eq!((corners(areas[0]), corners(areas[1])), (6, 8));
    assert!(all.iter().any(|e| e.text == "mean 0.50"));
    let many = Silhouette::new((0..500).map(|i| f64::from(i % 7) / 7.0), (0..500).map(|i| i % 90));
    check(&many.svg().unwrap());
    assert!(Silhouette::new([0.5], ["a", "b"]).svg().unwrap_err().to_string().contains("labels"));
}

#[test]
fn grids_put_pictures_side_by_side() {
    let chart =
        |width: usize| Chart::new().title("one").size(width, 200).line([0.0, 1.0], [1.0, 2.0], "").svg();
    let svg =
        Grid::new(2).title("all").picture(chart(300)).picture(chart(260)).picture(chart(320)).svg().unwrap();
    let all = elements(&svg);
    let inner: Vec<&Element> = all.iter().filter(|e| e.name == "svg").collect();
    let place = |e: &Element| (e.number("x"), e.number("y"));
    assert_eq!((inner[0].number("width"), inner[0].number("height")), (580.0, 449.0));
    assert_eq!(
        [place(inner[1]), place(inner[2]), place(inner[3])],
        [(0.0, 49.0), (320.0, 49.0), (0.0, 249.0)]
    );
    assert!(Grid::new(2).svg().is_err() && Grid::new(0).picture(chart(300)).svg().is_err());
    assert!(Grid::new(1).picture(Chart::new().svg()).svg().unwrap_err().to_string().contains("chart"));
    assert!(Grid::new(1).picture(Ok("<p>".into())).svg().unwrap_err().to_string().contains("picture"));
}

#[test]
fn reachabilities_are_areas_of_clusters() {
    let inf = f64::INFINITY;
    let plot = |values: &[f64], labels: &[i64]| {
        Reachability::new(values, labels.iter().copied())
            .title("order")
            .x_label("rows")
            .y_label("reachability")
    };
    let (values, labels) = ([inf, 1.0, 1.5, 6.0, 0.5, 0.0, inf], [0, 0, 0, 8, 8, 8, -1]);
    let svg = plot(&values, &labels).cut(2.0).svg().unwrap();
    let all = check(&svg);
    // One area for each run of equal labels: a place is two corners.
    let areas: Vec<&Element> = all.iter().filter(|e| e.name == "path").collect();
    let sides: Vec<usize> = areas.iter().map(|e| e.attributes["d"].matches('L').count()).collect();
    assert_eq!(sides, [7, 7, 3]);
    let colours: Vec<&str> = areas.iter().map(|e| e.attributes["fill"].as_str()).collect();
    assert_eq!(colours, [palette::style(0).colour, palette::style(8).colour, palette::AXIS]);
    assert_eq!(all.iter().filter(|e| e.is("stroke-dasharray", "4 3")).count(), 1);
    check(&plot(&[inf, inf], &[-1, -1]).svg().unwrap());
    let refused = |values: &[f64], labels: &[i64]| plot(values, labels).svg().is_err();
    assert!(refused(&[], &[]) && refused(&[1.0], &[0, 0]) && refused(&[f64::NAN], &[0]));
    assert!(refused(&[-1.0], &[0]) && refused(&[-inf], &[0]) && plot(&[1.0], &[0]).cut(inf).svg().is_err());
}
