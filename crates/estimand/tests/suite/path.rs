//! The main path on real data, as a user walks it.

use estimand::prelude::*;

type Fitted = Chain<StandardScalerModel<f64>, Classifier<LogisticModel<f64>, usize>>;

#[test]
fn from_data_to_a_reloaded_model() -> Result<()> {
    let (train, test) = datasets::breast_cancer().split_stratified(0.25, 42)?;
    let pipeline = StandardScaler::new().then(LogisticRegression::new());
    let candidates = grid!(pipeline, last.c: [0.01, 0.5, 10.0], first.with_std: [true, false]);
    let search = GridSearch::new(candidates).cv(StratifiedKFold::new(5)).scoring(accuracy).fit(&train)?;
    assert_eq!(search.results().trials().len(), 6);
    let predicted = search.predict(&test)?;
    assert!(accuracy(&test.y, &predicted)? > 0.95);

    let model = search.into_best();
    let path = std::env::temp_dir().join(format!("estimand-path-{}.est", std::process::id()));
    model.save(&path)?;
    let reloaded = Fitted::load(&path)?;
    assert_eq!(reloaded, model);
    assert_eq!(reloaded.predict(&test)?, predicted);
    assert!(LinearModel::<f64>::load(&path).is_err_and(|e| e.to_string().contains("LinearModel<f64>")));
    std::fs::remove_file(&path).map_err(|e| Error::io(&path, &e))
}

#[test]
fn one_row_is_as_the_batch() -> Result<()> {
    let data = datasets::iris();
    let model = StandardScaler::new().then(LogisticRegression::new()).fit(&data)?;
    let batch = model.predict(&data)?;
    let mut scratch = Scratch::new();
    for (row, expected) in data.x.rows().into_iter().zip(&batch) {
        assert_eq!(model.predict_one(&row.to_vec(), &mut scratch)?, expected);
    }
    Ok(())
}

#[test]
fn names_travel_through_a_pipeline() -> Result<()> {
    let data = datasets::iris();
    let model = StandardScaler::new().then(LogisticRegression::new()).fit(&data)?;
    assert_eq!(model.last().features().names(), Some(&data.feature_names[..]));
    let mut shuffled = data.clone();
    shuffled.feature_names.swap(0, 1);
    assert!(model.predict(&shuffled).is_err_and(|e| e.to_string().contains("another order")));
    Ok(())
}
