use super::npy::read_array;
use super::*;
use estimand_core::{Csr, Dataset};
use ndarray::{Array0, Array3, ShapeBuilder, array, s};
use std::io::Cursor;
use std::path::PathBuf;

/// A file of its own for each test.
struct Scratch(PathBuf);
impl Scratch {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("estimand-datasets-{}-{name}", std::process::id())))
    }
}
impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

fn line_of(error: &Error) -> usize {
    match error {
        Error::Parse { line, .. } => *line,
        other => panic!("{other} names no line"),
    }
}

// -- CSV --------------------------------------------------------------------------------------------------

#[test]
fn csv_columns_take_their_roles() {
    let text = "id;age; w ;out a;who;out b\n7;30.5;1;1;x;2\n8; -2e1 ;0.5;3;y;4\n9;?;2;5;x;6\n";
    let data: Dataset<f32, Array2<f64>> = parse_csv(text)
        .delimiter(b';')
        .target("out b")
        .target("out a")
        .weights("w")
        .groups("who")
        .drop("id")
        .load()
        .unwrap();
    assert_eq!(data.feature_names, ["age"]);
    assert_eq!(data.target_names, ["out b", "out a"]);
    assert_eq!(data.x.slice(s![..2, 0]), array![30.5, -20.0]);
    assert!(data.x[[2, 0]].is_nan());
    assert_eq!(data.y, array![[2.0, 1.0], [4.0, 3.0], [6.0, 5.0]]);
    assert_eq!(data.weights, Some(array![1.0, 0.5, 2.0]));
    assert_eq!(data.groups, Some(array![0, 1, 0]));
}

#[test]
fn csv_targets_of_any_type() {
    let text = "a,\"the \"\"b\"\", quoted\"\r\n1,true\r\n2,false\r\n";
    let labels: Dataset<f64, Array1<bool>> = parse_csv(text).target("the \"b\", quoted").load().unwrap();
    assert_eq!(labels.y, array![true, false]);
    let none: Dataset<f64, ()> = parse_csv("a,b\n1,2\n").load().unwrap();
    assert_eq!(none.x, array![[1.0, 2.0]]);
    let header_only: Dataset<f64, ()> = parse_csv("a,b\n").load().unwrap();
    assert_eq!(header_only.x.dim(), (0, 2));
    let marked: Dataset<f64, ()> = parse_csv("\u{feff}a,b\n1,-1\n").missing(["-1"]).load().unwrap();
    assert_eq!(marked.feature_names, ["a", "b"]);
    assert!(marked.x[[0, 1]].is_nan());
}

#[test]
fn csv_errors_name_line_and_column() {
    let load = |text: &str| parse_csv(text).target("y").load::<f64, Array1<i32>>().map(|d| d.x).unwrap_err();
    let error = load("x,y\n1,2\n\"two\nlines\",3\n");
    assert_eq!(line_of(&error), 3);
    assert!(
        error.to_string().contains("text, line 3: column `x`: `two\nlines` is not a f64; drop the column"),
        "{error}"
    );
    let error = load("x,y\n1,2\n2,3.5\n");
    assert_eq!((line_of(&error), error.to_string().contains("column `y`: `3.5` is not a i32")), (3, true));
    let error = load("x,y\n1,2\n2,\n");
    assert_eq!((line_of(&error), error.to_string().contains("missing")), (3, true));
    let error = load("x,y\n1,2\n2,3,4\n");
    assert_eq!((line_of(&error), error.to_string().contains("3 fields where the header has 2")), (3, true));
    assert_eq!(line_of(&load("x,y,x\n1,2,3\n")), 1);
    assert!(matches!(load("a,b\n1,2\n"), Error::Parameter { name, .. } if name == "target"));
    let error = load("");
    assert_eq!((line_of(&error), error.to_string().contains("must name the columns")), (1, true), "{error}");
    assert!(parse_csv("a,b\n1,2\n").target("a").drop("a").load::<f64, Array1<f64>>().is_err());
    assert!(parse_csv("a,b\n1,2\n").load::<f64, Array1<f64>>().is_err());
    assert!(parse_csv("a,b\n1,2\n").target("a").load::<f64, ()>().is_err());
    assert!(matches!(read_csv("/no/such/file.csv").load::<f64, ()>(), Err(Error::Io { .. })));
    let file = Scratch::new("latin1.csv");
    std::fs::write(&file.0, b"a,b\n1,2\n\xe9,3\n").unwrap();
    let error = read_csv(&file.0).load::<f64, ()>().unwrap_err();
    assert_eq!((line_of(&error), error.to_string().contains("UTF-8")), (3, true));
}

#[test]
fn numbers_beyond_the_largest_are_refused_and_infinities_read() {
    let text = "x,w,y\n1,1,2\n3,1,-1e400\n";
    let target = parse_csv(text).target("y").load::<f64, Array1<f64>>().unwrap_err();
    let feature = parse_csv(text).target("x").load::<f64, Array1<f64>>().unwrap_err();
    let weight = parse_csv(text).weights("y").load::<f64, ()>().unwrap_err();
    for error in [target, feature, weight] {
        assert_eq!(line_of(&error), 3);
        assert!(error.to_string().contains("column `y`: `-1e400` exceeds the range of f64"), "{error}");
    }
    let text = "x,y\n1e300,1e300\n";
    let error = parse_csv(text).load::<f32, ()>().unwrap_err();
    assert!(error.to_string().contains("column `x`: `1e300` exceeds the range of f32"), "{error}");
    let error = parse_csv(text).drop("x").target("y").load::<f64, Array1<f32>>().unwrap_err();
    assert!(error.to_string().contains("column `y`: `1e300` exceeds the range of f32"), "{error}");
    let labels: Dataset<f64, Array1<String>> = parse_csv(text).target("y").load().unwrap();
    assert_eq!(labels.y, array!["1e300"]);
    let said: Dataset<f32, ()> = parse_csv("x\n-inf\n").load().unwrap();
    assert_eq!(said.x[[0, 0]], f32::NEG_INFINITY);

    let error = parse_svmlight("1 2:3\n0 1:1 3:1e400\n").load::<f64, i32>().unwrap_err();
    assert_eq!(line_of(&error), 2);
    assert!(error.to_string().contains("column 3: `1e400` exceeds the range of f64"), "{error}");
    let error = parse_svmlight("1 2:1e300\n").load::<f32, i32>().unwrap_err();
    assert!(error.to_string().contains("column 2: `1e300` exceeds the range of f32"), "{error}");
    let error = parse_svmlight("1e999 2:1\n").load::<f64, f64>().unwrap_err();
    assert!(error.to_string().contains("the target `1e999` exceeds the range of f64"), "{error}");
}

// -- npy, npz ---------------------------------------------------------------------------------------------

fn npy(descr: &str, fortran: &str, shape: &str, numbers: &[u8]) -> Vec<u8> {
    raw_npy(&format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}\n"), numbers)
}

fn raw_npy(header: &str, numbers: &[u8]) -> Vec<u8> {
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(numbers);
    file
}

fn parse<T: Element, D: ndarray::Dimension>(file: &[u8]) -> Result<ndarray::Array<T, D>> {
    read_array(Cursor::new(file), "test")
}

#[test]
fn npy_writes_what_it_reads() {
    let file = Scratch::new("round.npy");
    let x = Array2::from_shape_fn((7, 3), |(i, j)| (i as f64 - 2.5) / (j as f64 + 0.3));
    for x in [x.view(), x.t(), x.slice(s![..;-2, 1..]), x.slice(s![..0, ..])] {
        write_npy(&file.0, &x).unwrap();
        assert_eq!(read_npy::<f64, ndarray::Ix2>(&file.0).unwrap(), x);
        // Numbers begin at a multiple of 64.
        assert_eq!((std::fs::metadata(&file.0).unwrap().len() as usize - 8 * x.len()) % 64, 0);
    }
    write_npy(&file.0, &array![1_usize, 2, 3]).unwrap();
    assert_eq!(read_npy::<u8, ndarray::Ix1>(&file.0).unwrap(), array![1, 2, 3]);
    write_npy(&file.0, &array![true, false]).unwrap();
    assert_eq!(read_npy::<f32, ndarray::Ix1>(&file.0).unwrap(), array![1.0, 0.0]);
    write_npy(&file.0, &Array0::from_elem((), -7_i16)).unwrap();
    assert_eq!(read_npy::<i64, ndarray::Ix0>(&file.0).unwrap(), Array0::from_elem((), -7));
    // Longer than the block that is read at a time.
    let long = Array1::from_iter(0..100_003_i32);
    write_npy(&file.0, &long).unwrap();
    assert_eq!(read_npy::<i32, ndarray::Ix1>(&file.0).unwrap(), long);
}

#[test]
fn npy_converts_what_fits_and_refuses_the_rest() {
    let file = npy("<i8", "False", "(2,)", &[1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
    assert_eq!(parse::<f32, ndarray::Ix1>(&file).unwrap(), array![1.0, 256.0]);
    assert_eq!(parse::<u16, ndarray::Ix1>(&file).unwrap(), array![1, 256]);
    assert!(
        parse::<u8, ndarray::Ix1>(&file).unwrap_err().to_string().contains("number 1 (a I64) does not fit")
    );
    assert!(parse::<bool, ndarray::Ix1>(&file).is_err());
    let file = npy(">f8", "False", "(1,)", &1e300_f64.to_be_bytes());
    assert_eq!(parse::<f64, ndarray::Ix1>(&file).unwrap(), array![1e300]);
    assert!(parse::<f32, ndarray::Ix1>(&file).is_err());
    assert!(parse::<i64, ndarray::Ix1>(&file).is_err());
    assert!(
        parse::<f32, ndarray::Ix1>(&npy("<f8", "False", "(1,)", &f64::NAN.to_le_bytes())).unwrap()[0]
            .is_nan()
    );
    assert!(matches!(parse::<f64, ndarray::Ix2>(&file), Err(Error::Shape { .. })));
}

#[test]
fn npy_fortran_order() {
    let numbers: Vec<u8> = (0..24_u8).collect();
    let cube: Array3<u8> = parse(&npy("|u1", "True", "(2, 3, 4)", &numbers)).unwrap();
    assert_eq!(cube, Array3::from_shape_vec((2, 3, 4).f(), numbers).unwrap());
    assert_eq!(cube[[1, 2, 3]], 23);
    assert_eq!(cube[[1, 0, 0]], 1);
}

#[test]
fn npy_headers_are_read_strictly() {
    let eight = [0; 8];
    let good = |header: &str| parse::<f64, ndarray::IxDyn>(&raw_npy(header, &eight)).is_ok();
    assert!(good("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}"));
    assert!(good("{\"shape\":(1,1),\"descr\":\"<f8\",\"fortran_order\":True}   \n"));
    assert!(good("{'descr': '<f8', 'fortran_order': False, 'shape': ()}"));
    for bad in [
        "",
        "{}",
        "{'descr': '<f8', 'fortran_order': False}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,), 'more': 1}",
        "{'descr': '<f8', 'descr': '<f8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': 1}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1 1)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)} x",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1,)",
        "{'descr': '<c16', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '|f8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '=f8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': 'é8', 'fortran_order': False, 'shape': (1,)}",
        "{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (0,)}",
    ] {
        assert!(!good(bad), "{bad}");
    }
}

#[test]
fn npy_believes_no_claim() {
    for shape in [
        "(1000000000000,)",
        "(4611686018427387904, 8)",
        "(2305843009213693952, 2)",
        "(0, 18446744073709551615)",
    ] {
        let error = parse::<f64, ndarray::Ix2>(&npy("<f8", "False", shape, &[0; 64])).unwrap_err();
        assert!(matches!(error, Error::Format { .. }), "{shape}: {error}");
    }
    // A header of four gigabytes.
    assert!(parse::<f64, ndarray::Ix1>(b"\x93NUMPY\x02\x00\xff\xff\xff\xff{'descr'").is_err());
    // Every shorter file, and every file with one bit changed, is read or refused.
    let whole = npy("<f4", "False", "(2, 2)", &[1; 16]);
    assert!(parse::<f64, ndarray::Ix2>(&whole).is_ok());
    for length in 0..whole.len() {
        assert!(parse::<f64, ndarray::Ix2>(&whole[..length]).is_err());
    }
    for bit in 0..whole.len() * 8 {
        let mut changed = whole.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let _ = parse::<f64, ndarray::IxDyn>(&changed);
    }
}

#[cfg(feature = "npz")]
#[test]
fn npz_refuses_what_is_none() {
    let file = Scratch::new("bad.npz");
    std::fs::write(&file.0, b"PK\x03\x04 nothing more").unwrap();
    assert!(matches!(read_npz(&file.0), Err(Error::Format { .. })));
    assert!(matches!(read_npz("/no/such/file.npz"), Err(Error::Io { .. })));
}

// -- svmlight ---------------------------------------------------------------------------------------------

#[test]
fn svmlight_bases_comments_and_groups() {
    let text = "# a comment\n\n+1 qid:3 1:0.5 4:2 # more\n-1 qid:3\n2 qid:1 3:-1e-3\r\n";
    let data: Dataset<f64, Array1<i32>, Csr<f64>> = parse_svmlight(text).load().unwrap();
    assert_eq!(data.y, array![1, -1, 2]);
    assert_eq!(data.groups, Some(array![3, 3, 1]));
    assert_eq!(data.x.to_dense(), array![[0.5, 0.0, 0.0, 2.0], [0.0; 4], [0.0, 0.0, -1e-3, 0.0]]);
    let from_zero: Dataset<f32, Array1<f64>, Csr<f32>> =
        parse_svmlight(text).index_base(IndexBase::Zero).n_features(7).load().unwrap();
    assert_eq!(from_zero.x.view().ncols(), 7);
    assert_eq!(from_zero.x.to_dense()[[0, 1]], 0.5);
    let auto: Dataset<f64, Array1<String>, Csr<f64>> = parse_svmlight("yes 0:1 2:3\nno 1:1").load().unwrap();
    assert_eq!(auto.x.to_dense(), array![[1.0, 0.0, 3.0], [0.0, 1.0, 0.0]]);
    assert_eq!((auto.y, auto.groups), (array!["yes".to_string(), "no".into()], None));
    let empty: Dataset<f64, Array1<f64>, Csr<f64>> = parse_svmlight("").load().unwrap();
    assert_eq!((empty.x.view().nrows(), empty.x.view().ncols()), (0, 0));
}

#[test]
fn svmlight_errors_name_the_line() {
    let load = |text: &str| parse_svmlight(text).load::<f64, f64>().map(|d| d.x).unwrap_err();
    for bad in [
        "x 1:1",
        "1 2:1 2:2",
        "1 3:1 2:2",
        "1 1",
        "1 a:1",
        "1 1:a",
        "1 -1:2",
        "1 4294967296:1",
        "1 qid:x 1:1",
        "1,2 1:1",
    ] {
        assert_eq!(line_of(&load(&format!("1 1:1\n\n{bad}\n1 1:1\n"))), 3, "{bad}");
    }
    assert_eq!(line_of(&load("1 qid:1 1:1\n1 1:1")), 2);
    assert_eq!(line_of(&load("1 1:1\n1 qid:1 1:1")), 2);
    assert!(parse_svmlight("1 0:1").index_base(IndexBase::One).load::<f64, f64>().is_err());
    assert!(parse_svmlight("1 3:1").n_features(2).load::<f64, f64>().is_err());
    // The largest column number is a claim that costs nothing.
    let wide = parse_svmlight("1 4294967295:1").load::<f64, f64>().unwrap();
    assert_eq!(wide.x.view().ncols(), 4294967295);
}

#[test]
fn svmlight_writes_what_it_reads() {
    let file = Scratch::new("round.svm");
    let x = array![[0.1, 0.0, 1.0 / 3.0], [0.0, 0.0, 0.0], [-5e-324, 1e300, 0.0]];
    let mut data = Dataset::new(x.clone(), array!["a", "b", "c"]);
    data.groups = Some(array![4, 4, 0]);
    write_svmlight(&file.0, &data).unwrap();
    let back: Dataset<f64, Array1<String>, Csr<f64>> = read_svmlight(&file.0).load().unwrap();
    assert_eq!(
        (back.x.to_dense(), back.y, back.groups),
        (x.clone(), data.y.mapv(String::from), data.groups.clone())
    );
    write_svmlight(&file.0, &Dataset::new(Csr::from_dense(x.view()), array![1.5, 2.0, -1.0])).unwrap();
    let back = read_svmlight(&file.0).load::<f64, f64>().unwrap();
    assert_eq!((back.x.to_dense(), back.y), (x.clone(), array![1.5, 2.0, -1.0]));
    data.weights = Some(array![1.0, 1.0, 1.0]);
    assert!(matches!(write_svmlight(&file.0, &data), Err(Error::Unsupported { .. })));
    assert!(matches!(
        write_svmlight(&file.0, &Dataset::new(x, array!["a b", "", "#"])),
        Err(Error::Target { .. })
    ));
}
