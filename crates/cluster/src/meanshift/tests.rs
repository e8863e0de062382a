use super::*;
use estimand_core::random::Seed;
use estimand_core::{Csr, Persist};
use estimand_par as par;
use ndarray::array;
use rand::Rng;

fn cloud(n: usize, seed: u64) -> Array2<f64> {
    let mut stream = Seed(seed).stream(0);
    let mut draw = move || (0..4).map(|_| stream.random_range(-1.0..1.0)).sum::<f64>();
    Array2::from_shape_fn((n, 2), |(i, j)| [[0.0, 0.0], [8.0, 0.0], [0.0, 9.0]][i % 3][j] + draw())
}

#[test]
fn the_bandwidth_is_a_mean_of_distances() {
    let x = array![[0.0], [1.0], [3.0], [7.0]];
    // Of 4 · 0.5 = 2 nearest, itself among them, the last: 1, 1, 2, 4.
    assert_eq!(estimate_bandwidth(&x, 0.5).unwrap(), 2.0);
    assert_eq!(estimate_bandwidth(&x, 0.0).unwrap(), 0.0);
    assert!(estimate_bandwidth(&x, 1.5).is_err());
}

#[test]
fn centres_are_means_of_what_is_around_them() {
    let x = cloud(300, 2);
    for bin_seeding in [false, true] {
        let fit = || MeanShift::new().bandwidth(Some(3.0)).bin_seeding(bin_seeding).fit(&x).unwrap();
        let model = par::with_threads(1, fit).unwrap();
        assert_eq!(par::with_threads(3, fit).unwrap(), model);
        assert_eq!(model.centers().nrows(), 3);
        for c in model.centers().rows() {
            let around: Vec<usize> =
                (0..300).filter(|i| (&x.row(*i) - &c).mapv(|d| d * d).sum() <= 9.0).collect();
            let mean = x.select(Axis(0), &around).mean_axis(Axis(0)).unwrap();
            assert!((&mean - &c).mapv(|d| d * d).sum().sqrt() <= 3e-3);
        }
        assert!((0..300).all(|i| model.labels()[i] == model.labels()[i % 3]));
        assert_eq!(MeanShiftModel::from_bytes(&model.to_bytes().unwrap()).unwrap(), model);
    }
    let single = MeanShift::new().bandwidth(Some(3.0)).fit(&x.mapv(|v| v as f32)).unwrap();
    assert_eq!(single.labels(), MeanShift::new().bandwidth(Some(3.0)).fit(&x).unwrap().labels());
}

#[test]
fn outliers_may_be_left_out_and_cubes_need_rows() {
    let mut x = cloud(90, 4);
    x.row_mut(0).fill(40.0);
    let settings = MeanShift::new().bandwidth(Some(3.0));
    assert_eq!(settings.fit(&x).unwrap().centers().nrows(), 4);
    let seeded = settings.bin_seeding(true).min_bin_freq(3);
    assert!(seeded.fit(&x).unwrap().labels()[0] >= 0);
    let model = seeded.cluster_all(false).fit(&x).unwrap();
    assert_eq!((model.centers().nrows(), model.labels()[0]), (3, NOISE));
    assert_eq!(model.predict(&array![[99.0, 99.0]]).unwrap()[0], NOISE);
}

#[test]
fn bad_input_is_refused_in_words() {
    let x = array![[0.0, 1.0], [2.0, 3.0]];
    let says = |settings: MeanShift, words: &str| {
        let error = settings.fit(&x).unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    };
    says(MeanShift::new().bandwidth(Some(0.0)), "bandwidth");
    says(MeanShift::new().seeds(Some(array![[1.0]])), "seeds");
    says(MeanShift::new().bandwidth(Some(1.0)).seeds(Some(array![[99.0, 99.0]])), "within the bandwidth");
    assert!(MeanShift::new().fit(&Csr::from_dense(x.view())).is_err());
    assert!(
        MeanShift::new().fit((&x, &[(); 2], &array![0.5, 1.0])).unwrap_err().to_string().contains("whole")
    );
}
