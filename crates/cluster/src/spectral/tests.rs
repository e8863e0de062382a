use super::*;
use ndarray::array;

/// Rows around k places, in turn.
fn groups(n: usize, k: usize) -> Array2<f64> {
    Array2::from_shape_fn((n, 2), |(i, j)| {
        ((i % k * (j + 1)) % k) as f64 * 6.0 + ((i * 31 + j * 17) % 29) as f64 / 29.0
    })
}

fn same_groups(labels: &Array1<usize>, k: usize) -> bool {
    let n = labels.len();
    (0..n).all(|i| (0..n).all(|j| (labels[i] == labels[j]) == (i % k == j % k)))
}

#[test]
fn every_affinity_finds_groups_that_lie_apart() {
    let x = groups(200, 4);
    let near = Affinity::NearestNeighbors { n_neighbors: 25 };
    for affinity in [Affinity::Rbf { gamma: 1.0 }, near] {
        let fit = || SpectralClustering::new(4).affinity(affinity).fit(&x).unwrap();
        let model = par::with_threads(1, fit).unwrap();
        assert_eq!(par::with_threads(3, fit).unwrap(), model);
        assert!(model.report().converged && same_groups(model.labels(), 4));
        assert!(model.eigenvalues().iter().all(|v| *v > 0.99 && *v < 1.0 + 1e-12));
        assert_eq!(SpectralModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
    }
    let Graph::Dense(a) = gaussian((&x).into(), 1.0).unwrap() else { panic!() };
    let dense = SpectralClustering::new(4).affinity(Affinity::Precomputed).fit(&a).unwrap();
    let thin =
        SpectralClustering::new(4).affinity(Affinity::Precomputed).fit(&Csr::from_dense(a.view())).unwrap();
    assert!(same_groups(dense.labels(), 4) && same_groups(thin.labels(), 4));
}

#[test]
fn vectors_are_those_of_the_normalised_laplacian() {
    let x = groups(150, 3) / 6.0;
    let model = SpectralClustering::new(3).fit(&x).unwrap();
    let Graph::Dense(a) = gaussian((&x).into(), 1.0).unwrap() else { panic!() };
    let degree = a.sum_axis(Axis(1));
    // (D − A) e = (1 − λ) D e
    for (e, value) in model.embedding().columns().into_iter().zip(model.eigenvalues()) {
        let left = &degree * &e - a.dot(&e);
        let right = &degree * &e * (1.0 - value);
        assert!((left - right).iter().all(|d| d.abs() < 1e-6));
        assert!(((&degree * &e * e).sum() - 1.0).abs() < 1e-9);
    }
    assert!((model.eigenvalues()[0] - 1.0).abs() < 1e-12);
}

#[test]
fn bad_input_is_refused_in_words() {
    let x = array![[0.0, 1.0], [2.0, 3.0], [4.0, 4.0]];
    let says = |settings: SpectralClustering, words: &str| {
        let error = settings.fit(&x).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    says(SpectralClustering::new(4), "n_clusters");
    says(SpectralClustering::new(2).n_components(Some(4)), "n_components");
    says(SpectralClustering::new(2).affinity(Affinity::Rbf { gamma: 0.0 }), "gamma");
    says(SpectralClustering::new(2).affinity(Affinity::NearestNeighbors { n_neighbors: 0 }), "n_neighbors");
    says(SpectralClustering::new(2).affinity(Affinity::Precomputed), "similarities");
    let negative = array![[0.0, -1.0], [-1.0, 0.0]];
    let given = SpectralClustering::new(1).affinity(Affinity::Precomputed);
    assert!(given.fit(&negative).unwrap_err().to_string().contains("row 0"));
    assert!(given.fit(&Csr::from_dense(negative.view())).unwrap_err().to_string().contains("row 0"));
    assert!(SpectralClustering::new(1).fit(&Csr::from_dense(x.view())).is_err());
    assert!(SpectralClustering::new(1).fit((&x, &[(); 3], &array![1.0, 1.0, 1.0])).is_err());
}
