//! Published results on the data that come with the library.

use estimand::linear::PathCriterion;
use estimand::prelude::*;

/// The ten columns as in the papers: centred, of one length.
fn diabetes() -> Result<(Array2<f64>, Array1<f64>, Vec<String>)> {
    let data = datasets::diabetes();
    let x = StandardScaler::new().fit(&data)?.transform(&data.x)?;
    Ok((x, data.y, data.feature_names))
}

#[test]
fn least_angle_regression_takes_the_columns_in_the_order_of_efron_and_others() -> Result<()> {
    let (x, y, names) = diabetes()?;
    let path = LassoLars::new().alpha(0.0).path((&x, &y))?;
    let entry = |j: usize| path.coefs.row(j).iter().position(|w| *w != 0.0);
    let mut order: Vec<usize> = (0..10).collect();
    order.sort_by_key(|j| entry(*j));
    // Efron and others (2004), figure 1: 3, 9, 4, 7, 2, 10, 5, 8, 6, 1.
    let names: Vec<&str> = order.iter().map(|j| names[*j].as_str()).collect();
    assert_eq!(names, ["bmi", "s5", "bp", "s3", "sex", "s6", "s1", "s4", "s2", "age"]);
    // Column 7, s3, leaves and comes back: 12 steps, not 10.
    assert_eq!(path.alphas.len(), 13);
    Ok(())
}

#[test]
fn both_criteria_stop_after_seven_steps_as_in_zou_and_others() -> Result<()> {
    let (x, y, _) = diabetes()?;
    for criterion in [PathCriterion::Aic, PathCriterion::Bic] {
        // Zou, Hastie and Tibshirani (2007), figure 2.
        let model = LassoLarsIc::new().criterion(criterion).fit((&x, &y))?;
        assert_eq!(model.coef().iter().filter(|w| **w != 0.0).count(), 7);
        let best = model.criterion().iter().enumerate().min_by(|a, b| a.1.total_cmp(b.1));
        assert_eq!(best.map(|(step, _)| step), Some(7));
    }
    Ok(())
}
