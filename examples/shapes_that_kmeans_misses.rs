//! Moons, rings, and three clusters in noise: k-means, DBSCAN, HDBSCAN and spectral clustering side by side in one
//! picture.
//!
//! `cargo run --release --example shapes_that_kmeans_misses --features plot`

use estimand::cluster::{Affinity, SpectralClustering};
use estimand::plot::{Chart, Grid};
use estimand::prelude::*;

/// Rows in the colours of their clusters, noise in grey.
fn picture(title: &str, x: &Array2<f64>, labels: &Array1<i64>) -> Result<String> {
    let mut chart = Chart::new().size(270, 250).title(title);
    for cluster in -1..=labels.iter().copied().max().unwrap_or(-1) {
        let rows = (0..labels.len()).filter(|i| labels[*i] == cluster);
        let (across, up): (Vec<f64>, Vec<f64>) = rows.map(|i| (x[[i, 0]], x[[i, 1]])).unzip();
        chart = match cluster {
            -1 if across.is_empty() => chart,
            -1 => chart.rest(across, up, ""),
            _ => chart.points(across, up, ""),
        };
    }
    chart.svg()
}

/// The share of pairs of rows about which labels and truth agree; rows of noise are left out.
fn agreement(labels: &Array1<i64>, truth: &Array1<usize>, known: usize) -> f64 {
    let pairs = (0..known).flat_map(|i| (0..i).map(move |j| (i, j)));
    let agree =
        |(i, j): &(usize, usize)| (labels[*i] == labels[*j] && labels[*i] >= 0) == (truth[*i] == truth[*j]);
    pairs.filter(agree).count() as f64 / (known * (known - 1) / 2) as f64
}

fn main() -> Result<()> {
    let moons = datasets::make_moons(400).noise(0.06).seed(3).generate()?;
    let rings = datasets::make_circles(400).factor(0.5).noise(0.05).seed(4).generate()?;
    let blobs = datasets::make_blobs(400).centers(3).n_features(2).cluster_std(0.7).seed(11).generate()?;
    // Noise all over the third.
    let low = blobs.x.iter().copied().fold(f64::INFINITY, f64::min) - 1.0;
    let high = blobs.x.iter().copied().fold(f64::NEG_INFINITY, f64::max) + 1.0;
    let noise = Array2::from_shape_fn((80, 2), |(i, j)| {
        let share = (i as f64 * [0.618_034, 0.414_214][j] + 0.5 * j as f64).fract();
        low + share * (high - low)
    });
    let crowd = ndarray::concatenate![Axis(0), blobs.x, noise];

    let cases = [
        ("moons", moons.x, moons.y, 2, 0.22),
        ("rings", rings.x, rings.y, 2, 0.22),
        ("noise", crowd, blobs.y, 3, 0.9),
    ];
    let mut grid = Grid::new(4);
    println!(
        "share of pairs of rows, but for the noise, that are put together, or apart, as they should be\n"
    );
    println!("          k-means   DBSCAN  HDBSCAN  spectral");
    for (name, x, truth, k, eps) in cases {
        let signed = |labels: &Array1<usize>| labels.mapv(|label| label as i64);
        let near = Affinity::NearestNeighbors { n_neighbors: 10 };
        let found = [
            ("k-means", signed(KMeans::new(k).n_init(Some(5)).fit(&x)?.labels())),
            ("DBSCAN", Dbscan::new().eps(eps).min_samples(8).fit(&x)?.labels().clone()),
            ("HDBSCAN", Hdbscan::new().min_cluster_size(25).min_samples(8).fit(&x)?.labels().clone()),
            ("spectral", signed(SpectralClustering::new(k).affinity(near).fit(&x)?.labels())),
        ];
        let shares = found.each_ref().map(|(_, labels)| agreement(labels, &truth, truth.len()));
        println!("  {name:6} {:9.3} {:8.3} {:8.3} {:9.3}", shares[0], shares[1], shares[2], shares[3]);
        for (method, labels) in &found {
            grid = grid.picture(picture(method, &x, labels));
        }
    }
    let path = std::env::temp_dir().join("shapes_that_kmeans_misses.svg");
    grid.save(&path)?;
    println!("\nthe picture: {}", path.display());
    Ok(())
}
