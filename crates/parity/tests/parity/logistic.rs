//! Logistic regression with L1 and elastic-net penalties: dense and sparse records give the reference's answers.

use crate::inputs::{classes_of, weighted, weights_of};
use estimand::core::Fit;
use estimand::prelude::*;
use estimand_parity::hold;

#[test]
fn l1_and_elastic_net() {
    for sparse in [false, true] {
        hold(
            "logistic",
            |s| s == "LogisticRegression",
            |case| {
                let balanced = case.optional_param("class_weight").is_some();
                let settings = LogisticRegression::new()
                    .c(case.param("C")?.number()?)
                    .l1_ratio(case.param("l1_ratio")?.number()?)
                    .fit_intercept(case.param("fit_intercept")?.read()?)
                    .class_weight(if balanced { ClassWeight::Balanced } else { ClassWeight::Uniform })
                    .tol(1e-10)
                    .max_iter(1_000);
                let (x, y) = classes_of(case)?;
                let csr = Csr::from_dense(x.view());
                let records = if sparse { Records::from(&csr) } else { Records::from(&x) };
                let weights = weights_of(case)?;
                let samples = weighted(Samples::new(records, y.view()), &weights);
                let model = Fit::<f64, Array1<i64>>::fit_samples(&settings, samples)?;
                case.same("classes", model.classes());
                case.close("coef", model.coef());
                // With three classes, a constant added to all intercepts changes nothing.
                let intercept = model.intercept();
                let centre = if intercept.len() > 1 { intercept.sum() / intercept.len() as f64 } else { 0.0 };
                case.close("intercept", &(intercept - centre));
                case.close("objective", &model.report().objective);
                case.close("proba", &model.predict_proba(x.slice(s![..x.nrows().min(12), ..]))?);
                let used: usize = model.coef().iter().filter(|w| **w != 0.0).count();
                case.same("nonzero", used);
                Ok(())
            },
        );
    }
}
