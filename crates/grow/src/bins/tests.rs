use super::*;
use estimand_core::random::{Seed, below};
use estimand_core::{Csr, Records};
use ndarray::{Array2, ShapeBuilder};

/// Columns of few values, many values, heavy values, missing values, constants, and categories.
fn mixed(n: usize) -> Array2<f64> {
    let mut stream = Seed(3).stream(0);
    let mut draw = |k: usize| below(k, &mut stream) as f64;
    Array2::from_shape_fn((n, 12), |(_, j)| match j {
        0 => draw(5),
        1 => draw(100_000) / 7.0,
        2 => {
            if draw(2) == 0.0 {
                0.0
            } else {
                draw(1000)
            }
        }
        3 => {
            if draw(4) == 0.0 {
                f64::NAN
            } else {
                draw(50)
            }
        }
        4 => 3.0,
        5 => f64::NAN,
        6 => draw(40) * 3.0,
        _ => draw(300) - 150.0,
    })
}

fn rules() -> BinRules<'static> {
    BinRules { max_bins: 64, categorical: &[6], ..BinRules::default() }
}

#[test]
fn bins_are_where_the_cuts_say_for_any_layout() {
    let x = mixed(3000);
    let mut by_columns = Array2::zeros(x.dim().f());
    by_columns.assign(&x);
    let sparse = Csr::from_dense(x.view());
    for records in [Records::from(&x), Records::from(&by_columns), Records::from(&sparse)] {
        let table = Binned::new(records, None, &rules()).unwrap();
        for j in 0..x.ncols() {
            let bins = table.bins_of(j);
            let expected: Vec<u8> = x.column(j).iter().map(|v| table.columns()[j].bin(*v) as u8).collect();
            assert_eq!(bins, expected, "column {j}");
            assert_eq!(table.has_missing(j), x.column(j).iter().any(|v| v.is_nan()));
            assert!(table.columns()[j].count() <= 64);
        }
        for block in table.blocks() {
            assert!(block.columns.iter().all(|j| table.columns()[*j].count() < block.stride));
        }
    }
}

#[test]
fn cuts_lie_halfway_between_neighbours() {
    let halfway =
        |values: &[f64], max| cuts::cuts(&values.iter().map(|v| (*v, 1.0)).collect::<Vec<_>>(), max);
    assert_eq!(halfway(&[1.0, 2.0, 4.0], 255), [1.5, 3.0]);
    assert_eq!(halfway(&[], 255), [0.0; 0]);
    assert_eq!(halfway(&[7.0], 255), [0.0; 0]);
    assert_eq!(halfway(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], 3), [2.5, 4.5]);
    // Neighbouring numbers have nothing between them; the largest ones no sum.
    let next = 1.0_f64.next_up();
    assert_eq!(halfway(&[1.0, next], 255), [1.0]);
    assert_eq!(halfway(&[-f64::MAX, f64::MAX], 255), [0.0]);
}

#[test]
fn heavy_values_have_bins_of_their_own() {
    let mut values: Vec<(f64, f64)> = (0..100).map(|i| (f64::from(i), 1.0)).collect();
    values[50].1 = 100.0;
    let found = cuts::cuts(&values, 10);
    assert!(found.contains(&49.5) && found.contains(&50.5) && found.len() <= 9, "{found:?}");
}

#[test]
fn a_weight_of_two_is_the_row_twice() {
    let x = mixed(500);
    let weights: Vec<f64> = (0..500).map(|i| f64::from(i % 3)).collect();
    let rows: Vec<usize> = (0..500).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
    let repeated = x.select(ndarray::Axis(0), &rows);
    let rules = BinRules { max_bins: 20, ..rules() };
    let weighted = BinRules { categorical: &[], ..rules }.columns((&x).into(), Some(&weights)).unwrap();
    assert_eq!(weighted, BinRules { categorical: &[], ..rules }.columns((&repeated).into(), None).unwrap());
}

#[test]
fn what_cannot_be_binned_is_refused() {
    let x = |value: f64| {
        let mut x = Array2::zeros((10, 2));
        x[[3, 1]] = value;
        x
    };
    let new = |x: &Array2<f64>, categorical: &[usize]| {
        Binned::new(x.into(), None, &BinRules { categorical, ..BinRules::default() })
            .map_err(|e| e.to_string())
    };
    assert!(new(&x(f64::INFINITY), &[]).unwrap_err().contains("row 3"));
    assert!(new(&x(0.5), &[1]).unwrap_err().contains("0.5"));
    assert!(new(&x(-1.0), &[1]).is_err() && new(&x(1e9), &[1]).is_err() && new(&x(1.0), &[2]).is_err());
    assert!(new(&Array2::from_shape_fn((300, 1), |(i, _)| i as f64), &[0]).is_err());
}

#[test]
fn cuts_of_a_sample_are_nearly_those_of_all() {
    let x = Array2::from_shape_fn((20_000, 1), |(i, _)| (i as f64 * 0.618_033_988_75).fract());
    let rules = BinRules { max_bins: 10, sample: 4000, ..BinRules::default() };
    let [ColumnBins::Numbers(cuts)] = &rules.columns((&x).into(), None).unwrap()[..] else { panic!() };
    // Shares of 0.1 of 4000 rows have a standard deviation of 0.005 at most, five of which are 0.025.
    assert!(cuts.iter().zip(1..).all(|(cut, i)| (cut - 0.1 * f64::from(i)).abs() < 0.04), "{cuts:?}");
    assert_eq!(rules.columns((&x).into(), None).unwrap(), rules.columns((&x).into(), None).unwrap());
}
