//! Clusterings and mixtures, from the same start as the reference.

use crate::inputs::weights_of;
use estimand::cluster::Covariances;
use estimand::prelude::ndarray::Array3;
use estimand::prelude::*;
use estimand_parity::{Case, hold};

/// Rows whose densities and responsibilities are kept.
const ROWS: usize = 12;

fn kind(case: &Case) -> Result<CovarianceType, String> {
    Ok(match case.param("covariance_type")?.read::<&str>()? {
        "full" => CovarianceType::Full,
        "tied" => CovarianceType::Tied,
        "diag" => CovarianceType::Diag,
        _ => CovarianceType::Spherical,
    })
}

fn precisions(case: &Case, kind: CovarianceType) -> Result<Option<Covariances>, String> {
    let Some(values) = case.optional_param("precisions_init") else { return Ok(None) };
    Ok(Some(match kind {
        CovarianceType::Full => {
            let all: Vec<Vec<Vec<f64>>> = values.read()?;
            let shape = (all.len(), all[0].len(), all[0].len());
            let flat = all.into_iter().flatten().flatten().collect();
            Covariances::Full(Array3::from_shape_vec(shape, flat).map_err(|e| e.to_string())?)
        }
        CovarianceType::Tied => Covariances::Tied(values.matrix()?),
        CovarianceType::Diag => Covariances::Diag(values.matrix()?),
        _ => Covariances::Spherical(values.vector()?),
    }))
}

fn flat(covariances: &Covariances) -> Vec<f64> {
    match covariances {
        Covariances::Full(all) => all.iter().copied().collect(),
        Covariances::Tied(values) | Covariances::Diag(values) => values.iter().copied().collect(),
        Covariances::Spherical(values) => values.to_vec(),
        _ => Vec::new(),
    }
}

#[test]
fn gaussian_mixtures() {
    hold(
        "cluster",
        |s| s == "GaussianMixture",
        |case| {
            let (x, weights, kind) = (case.input("x")?.matrix()?, weights_of(case)?, kind(case)?);
            let settings = GaussianMixture::new(case.param("n_components")?.read()?)
                .covariance(kind)
                .tol(case.param("tol")?.number()?)
                .reg_covar(case.param("reg_covar")?.number()?)
                .max_iter(case.param("max_iter")?.read()?)
                .weights_init(case.optional_param("weights_init").map(|v| v.vector()).transpose()?)
                .means_init(case.optional_param("means_init").map(|v| v.matrix()).transpose()?)
                .precisions_init(precisions(case, kind)?);
            let samples = Samples::<f64, ()> { weights: weights.as_ref().map(|w| w.view()), ..(&x).into() };
            let model = settings.fit(samples)?;
            case.close("weights", model.weights());
            case.close("means", model.means());
            case.close("covariances", &flat(model.covariances()));
            case.close("precisions", &flat(&model.precisions()?));
            case.close("bounds", model.lower_bounds());
            case.same("iterations", model.report().iterations);
            case.same("converged", model.report().converged);
            let first = x.slice(s![..ROWS, ..]).to_owned();
            case.close("scores", &model.score_samples(&first)?);
            case.close("proba", &model.predict_proba(&first)?);
            case.same("labels", model.predict(&x)?.to_vec());
            case.close("bic", &[model.bic(&x)?]);
            case.close("aic", &[model.aic(&x)?]);
            Ok(())
        },
    );
}
