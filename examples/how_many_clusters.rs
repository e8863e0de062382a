//! How many clusters are there? Three curves that bend, rise or fall where the answer may be, and the silhouettes of the
//! rows for that answer. Two of the five places are near one another: to silhouettes they are one, to mixtures two. One picture
//! is written.
//!
//! `cargo run --release --example how_many_clusters --features plot`

use estimand::cluster::{silhouette_samples, silhouette_score};
use estimand::plot::{Chart, Grid, Silhouette};
use estimand::prelude::*;

fn main() -> Result<()> {
    let data = datasets::make_blobs(900).centers(5).n_features(2).cluster_std(1.1).seed(12).generate()?;
    let x = StandardScaler::new().fit(&data.x)?.transform(&data.x)?;
    let counts: Vec<usize> = (2..=10).collect();
    let (mut inertia, mut score, mut bic) = (Vec::new(), Vec::new(), Vec::new());
    println!("900 rows around 5 places, of which the methods know nothing\n");
    println!("  clusters   inertia  silhouette     BIC");
    for k in &counts {
        let means = KMeans::new(*k).n_init(Some(5)).fit(&x)?;
        let mixture = GaussianMixture::new(*k).n_init(3).seed(1).fit(&x)?;
        inertia.push(means.inertia());
        score.push(silhouette_score(&x, means.labels(), &Metric::Euclidean)?);
        bic.push(mixture.bic(&x)?);
        let last = inertia.len() - 1;
        println!("  {k:8}  {:8.1}  {:10.3}  {:6.0}", inertia[last], score[last], bic[last]);
    }
    let best = (0..counts.len()).fold(0, |best, i| if score[i] > score[best] { i } else { best });
    let least = (0..counts.len()).fold(0, |best, i| if bic[i] < bic[best] { i } else { best });
    println!("\nthe silhouettes speak for {}, the mixtures for {}", counts[best], counts[least]);

    let chart = |title: &str, words: &str, y: &[f64], mark: Option<usize>| {
        let chart = Chart::new().size(460, 320).title(title).x_label("clusters").y_label(words);
        let chart = chart.line(&counts, y, "").points(&counts, y, "");
        if let Some(i) = mark { chart.mark_x(counts[i], "best").svg() } else { chart.svg() }
    };
    let labels = KMeans::new(counts[best]).n_init(Some(5)).fit(&x)?.labels().clone();
    let silhouettes = silhouette_samples(&x, &labels, &Metric::Euclidean)?;
    let rows = Silhouette::new(&silhouettes, &labels);
    let rows = rows.size(460, 320).title(format!("Rows of {} clusters", counts[best])).x_label("silhouette");
    let path = std::env::temp_dir().join("how_many_clusters.svg");
    Grid::new(2)
        .picture(chart("k-means: where the curve bends", "inertia", &inertia, None))
        .picture(chart("k-means: silhouettes", "mean silhouette", &score, Some(best)))
        .picture(chart("Gaussian mixtures: BIC", "BIC", &bic, Some(least)))
        .picture(rows.svg())
        .save(&path)?;
    println!("the picture: {}", path.display());
    Ok(())
}
