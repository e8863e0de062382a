//! Six small sets that travel inside the crate, read from plain CSV when asked for.
//!
//! Columns, classes and their order are those of scikit-learn. Sources and licences:
//! `data/README.md`. Class targets are the codes `0..k`; the names of the classes are
//! [`Dataset::target_names`].

use estimand_core::Dataset;
use ndarray::{Array1, Array2, Axis, s};

/// Iris: 150 flowers × 4 lengths in centimetres, three species of fifty each.
pub fn iris() -> Dataset<f64, Array1<usize>> {
    classes(include_str!("../data/iris.csv"), &["setosa", "versicolor", "virginica"])
}

/// Wine: 178 wines × 13 chemical measurements, three cultivars. Columns differ in scale by a thousand.
pub fn wine() -> Dataset<f64, Array1<usize>> {
    classes(include_str!("../data/wine.csv"), &["class_0", "class_1", "class_2"])
}

/// Breast cancer (Wisconsin, diagnostic): 569 tumours × 30 measurements; 0 is malignant, 1 benign.
pub fn breast_cancer() -> Dataset<f64, Array1<usize>> {
    classes(include_str!("../data/breast_cancer.csv"), &["malignant", "benign"])
}

/// Digits: 1797 handwritten digits as 8 × 8 pixels of 0 to 16, row by row.
pub fn digits() -> Dataset<f64, Array1<usize>> {
    classes(include_str!("../data/digits.csv"), &["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"])
}

/// Diabetes: 442 patients × 10 baseline measurements; the target is the progression of the disease
/// after one year. As in scikit-learn, each column is centred and divided by its standard deviation
/// times √442, so that its sum of squares is 1; [`diabetes_raw`] keeps the units.
pub fn diabetes() -> Dataset<f64, Array1<f64>> {
    let mut data = diabetes_raw();
    for mut column in data.x.columns_mut() {
        let mean = column.sum() / column.len() as f64;
        column -= mean;
        let norm = column.dot(&column).sqrt();
        column /= norm;
    }
    data
}

/// [`diabetes`] in the units in which it was measured.
pub fn diabetes_raw() -> Dataset<f64, Array1<f64>> {
    let (x, y, names, _) = table(include_str!("../data/diabetes.csv"), 1);
    Dataset::new(x, y.index_axis_move(Axis(1), 0)).with_names(names)
}

/// Linnerud: 20 men × 3 exercises; the targets are weight, waist and pulse.
pub fn linnerud() -> Dataset<f64, Array2<f64>> {
    let (x, y, names, outputs) = table(include_str!("../data/linnerud.csv"), 3);
    Dataset::new(x, y).with_names(names).with_target_names(outputs)
}

fn classes(text: &str, names: &[&str]) -> Dataset<f64, Array1<usize>> {
    let (x, y, features, _) = table(text, 1);
    let codes = y.column(0).mapv(|code| code as usize);
    Dataset::new(x, codes).with_names(features).with_target_names(names.iter().copied())
}

/// Records, targets (the last `outputs` columns), and the names of both. The text is a part of the
/// program and its tests hold every number to the original, so this cannot fail: what were missing
/// would come out as NaN.
fn table(text: &str, outputs: usize) -> (Array2<f64>, Array2<f64>, Vec<&str>, Vec<&str>) {
    let mut lines = text.lines();
    let mut names: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let (p, n) = (names.len(), text.lines().count().saturating_sub(1));
    let mut values = Array2::from_elem((n, p), f64::NAN);
    for (line, mut row) in lines.zip(values.rows_mut()) {
        for (field, value) in line.split(',').zip(&mut row) {
            *value = field.parse().unwrap_or(f64::NAN);
        }
    }
    let features = p.saturating_sub(outputs);
    let targets = names.split_off(features);
    (values.slice(s![.., ..features]).to_owned(), values.slice(s![.., features..]).to_owned(), names, targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_there() {
        let shapes = [iris(), wine(), breast_cancer(), digits()].map(|d| {
            assert!(d.x.iter().all(|v| v.is_finite()));
            assert_eq!(d.feature_names.len(), d.ncols());
            let counts = (0..d.target_names.len())
                .map(|c| d.y.iter().filter(|y| **y == c).count())
                .collect::<Vec<_>>();
            assert_eq!(counts.iter().sum::<usize>(), d.nrows());
            (d.x.dim(), counts)
        });
        assert_eq!(shapes[0], ((150, 4), vec![50, 50, 50]));
        assert_eq!(shapes[1], ((178, 13), vec![59, 71, 48]));
        assert_eq!(shapes[2], ((569, 30), vec![212, 357]));
        assert_eq!(shapes[3], ((1797, 64), vec![178, 182, 177, 183, 181, 182, 181, 179, 174, 180]));
        assert_eq!(digits().x.sum(), 561718.0);

        let data = linnerud();
        assert_eq!((data.x.dim(), data.y.dim()), ((20, 3), (20, 3)));
        assert_eq!(data.target_names, ["Weight", "Waist", "Pulse"]);
        assert_eq!(data.y.row(0), ndarray::array![191.0, 36.0, 50.0]);
    }

    #[test]
    fn diabetes_columns_are_centred_and_of_unit_length() {
        let data = diabetes();
        assert_eq!(data.x.dim(), (442, 10));
        for column in data.x.columns() {
            // 442 terms below 0.2: sums are right to 1e-14.
            assert!(column.sum().abs() < 1e-13);
            assert!((column.dot(&column) - 1.0).abs() < 1e-13);
        }
        assert_eq!(
            diabetes_raw().x.row(0).to_vec(),
            [59.0, 2.0, 32.1, 101.0, 157.0, 93.2, 38.0, 4.0, 4.8598, 87.0]
        );
        assert_eq!(data.y[0], 151.0);
    }
}
