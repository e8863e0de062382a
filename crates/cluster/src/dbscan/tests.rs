//! By definition, by hand, with weights, without clusters.

use super::*;
use estimand_core::{Csr, Seed, random::below};
use ndarray::{Array2, Axis, array};

/// Labels by a walk over all distances, cluster after cluster, as the paper has it.
fn twin(x: &Array2<f64>, eps: f64, least: f64, weights: &Array1<f64>) -> Vec<i64> {
    let n = x.nrows();
    let d = estimand_index::pairwise(x, x, &Metric::Euclidean).unwrap();
    let near = |i: usize| (0..n).filter(|j| d[[i, *j]] <= eps).collect::<Vec<_>>();
    let core: Vec<bool> = (0..n)
        .map(|i| weights[i] > 0.0 && near(i).iter().map(|j| weights[*j]).sum::<f64>() >= least)
        .collect();
    let (mut labels, mut next) = (vec![NOISE; n], 0);
    for i in 0..n {
        if !core[i] || labels[i] != NOISE {
            continue;
        }
        let mut front = vec![i];
        labels[i] = next;
        while let Some(j) = front.pop() {
            for other in near(j) {
                if labels[other] == NOISE {
                    labels[other] = next;
                    if core[other] {
                        front.push(other);
                    }
                }
            }
        }
        next += 1;
    }
    labels
}

fn noise(n: usize, p: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    Array2::from_shape_simple_fn((n, p), || below(1 << 30, &mut stream) as f64 / f64::from(1 << 30))
}

#[test]
fn labels_are_those_of_a_walk() {
    let weights = Array1::from_shape_fn(500, |i| [1.0, 1.0, 2.0, 0.0, 0.5][i % 5]);
    for (p, eps) in [(1, 0.003), (2, 0.05), (3, 0.12), (6, 0.4)] {
        let x = noise(500, p, p as u64);
        for min_samples in [1, 3, 6] {
            let settings = Dbscan::new().eps(eps).min_samples(min_samples);
            let model = settings.fit(&x).unwrap();
            assert_eq!(
                model.labels().to_vec(),
                twin(&x, eps, min_samples as f64, &Array1::ones(500)),
                "{p} {min_samples}"
            );
            assert_eq!(model.predict(&x).unwrap(), model.labels());
            let weighted = settings.fit_samples(Samples::<f64, ()>::from(&x).with_weights(&weights)).unwrap();
            assert_eq!(weighted.labels().to_vec(), twin(&x, eps, min_samples as f64, &weights));
        }
    }
}

#[test]
fn weights_are_repetitions() {
    let x = noise(200, 2, 5);
    let weights = Array1::from_shape_fn(200, |i| (i % 3) as f64);
    let rows: Vec<usize> = (0..200).flat_map(|i| std::iter::repeat_n(i, i % 3)).collect();
    let settings = Dbscan::new().eps(0.07).min_samples(6);
    let weighted = settings.fit_samples(Samples::<f64, ()>::from(&x).with_weights(&weights)).unwrap();
    let repeated = settings.fit(&x.select(Axis(0), &rows)).unwrap();
    assert_eq!(rows.iter().map(|i| weighted.labels()[*i]).collect::<Array1<i64>>(), repeated.labels());
    assert!(weighted.n_clusters() > 1);
}

#[test]
fn a_border_row_has_the_lowest_cluster() {
    // The row at 1 is within reach of the only core rows, at 0 and at 2.
    let x = array![[5.0], [0.0], [-0.1], [-0.2], [1.0], [2.0], [2.1], [2.2]];
    let model = Dbscan::new().eps(1.0).min_samples(4).fit(&x).unwrap();
    assert_eq!(model.core_rows(), [1, 5]);
    assert_eq!(model.labels(), array![-1, 0, 0, 0, 0, 1, 1, 1]);
}

#[test]
fn all_noise_is_a_model_too() {
    let x = array![[0.0], [10.0]];
    let model = Dbscan::new().fit(&x).unwrap();
    assert_eq!((model.labels(), model.n_clusters()), (&array![-1, -1], 0));
    assert_eq!(model.predict(&array![[0.0]]).unwrap(), array![-1]);
    assert!(model.predict(&array![[f64::NAN]]).is_err() && model.predict(&array![[0.0, 1.0]]).is_err());
    assert!(Dbscan::new().eps(0.0).fit(&x).is_err() && Dbscan::new().min_samples(0).fit(&x).is_err());
    assert!(Dbscan::new().fit(&Csr::from_dense(x.view())).unwrap_err().to_string().contains("sparse"));
}
