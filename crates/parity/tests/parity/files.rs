//! Files that numpy and scikit-learn wrote are read as they were meant.

use estimand::datasets::{read_npy, read_npz, read_svmlight};
use estimand::ndarray::ArrayD;
use estimand::prelude::*;
use estimand_parity::{Case, Outcome, golden, hold};

#[test]
fn readers() {
    hold("files", |_| true, check);
}

fn check(case: &Case) -> Outcome {
    let name: &str = case.input("file")?.read()?;
    let path = golden().join("files").join(name);
    let values: ArrayD<f64> = match name.rsplit('.').next() {
        Some("npy") => read_npy(path)?,
        Some("npz") => {
            let mut file = read_npz(path)?;
            assert_eq!(file.names(), ["x", "y"]);
            assert_eq!(file.array::<i64, _>("y")?, array![0, 1, 2, 3]);
            assert!(matches!(file.array::<f64, ndarray::IxDyn>("z"), Err(Error::Parameter { .. })));
            file.array("x")?
        }
        _ => {
            let data = read_svmlight(path).n_features(4).load::<f64, i32>()?;
            assert_eq!((data.y, data.groups), (array![1, -1, 1, 1, -1], Some(array![7, 7, 9, 9, 9])));
            data.x.to_dense().into_dyn()
        }
    };
    case.same("shape", values.shape());
    case.close("values", &values);
    Ok(())
}
