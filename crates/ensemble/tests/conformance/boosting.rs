use estimand_core::{Fit, Float, Predict, PredictOne, Records, Result, Samples, Scratch};
use estimand_ensemble::boosting::{EarlyStopping, ExactLoss, Growth};
use estimand_ensemble::{
    GradientBoostingClassifier, GradientBoostingRegressor, HistGradientBoostingClassifier,
    HistGradientBoostingQuantiles, HistGradientBoostingRanker, HistGradientBoostingRegressor,
    QuantileBooster, RegressionBooster, RegressionLoss,
};
use estimand_testkit::{classifier, regressor};
use ndarray::Array1;
use serde::{Deserialize, Serialize};

const HELD_OUT: &str = "rows are held out by their numbers";

/// Small leaves, so that the suite's small data grow trees.
fn numbers() -> HistGradientBoostingRegressor {
    HistGradientBoostingRegressor::new().max_iter(30).min_samples_leaf(2.0)
}

#[test]
fn regressors() {
    regressor(HistGradientBoostingRegressor::new()).saved().one_row().run();
    regressor(numbers()).saved().one_row().run();
    regressor(numbers().growth(Growth::DepthWise).max_depth(Some(3))).saved().one_row().run();
    for loss in [RegressionLoss::Absolute, RegressionLoss::Huber(1.0), RegressionLoss::Quantile(0.3)] {
        regressor(numbers().loss(loss)).saved().one_row().run();
    }
    let stops = numbers().early_stopping(EarlyStopping::Always);
    regressor(stops)
        .saved()
        .one_row()
        .except("the_order_of_training_rows_does_not_matter", HELD_OUT)
        .except("weights_are_repetitions", HELD_OUT)
        .except("weight_zero_is_absence", HELD_OUT)
        .run();
}

#[test]
fn classifiers() {
    let suite = |settings| {
        classifier(settings)
            .saved()
            .one_row()
            .probabilities()
            .class_weights(HistGradientBoostingClassifier::class_weight)
    };
    let settings = || HistGradientBoostingClassifier::new().max_iter(30).min_samples_leaf(2.0);
    let parted = "a hundred rounds tell the classes of training rows apart, whatever these weigh";
    suite(HistGradientBoostingClassifier::new()).except("class_weights_are_weights_of_rows", parted).run();
    for settings in [settings(), settings().l2_regularization(1.0)] {
        suite(settings).run();
    }
}

#[test]
fn exact_regressors() {
    let settings = || GradientBoostingRegressor::new().max_iter(20);
    regressor(settings()).saved().one_row().only_ratios_of_weights_matter().run();
    for loss in [ExactLoss::Absolute, ExactLoss::Huber(0.9), ExactLoss::Quantile(0.3)] {
        regressor(settings().loss(loss)).saved().one_row().run();
    }
}

#[test]
fn exact_classifiers() {
    let settings = GradientBoostingClassifier::new().max_iter(15);
    classifier(settings.clone()).saved().one_row().probabilities().run();
    // A leaf of rows of one class is certain of it, however little they weigh: here there is none.
    classifier(settings.min_weight_fraction_leaf(0.05))
        .class_weights(GradientBoostingClassifier::class_weight)
        .run();
}

/// All rows as one query, graded by thresholds: the suite's targets are no grades.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct OneQuery(HistGradientBoostingRanker);

estimand_core::described_by!([] OneQuery, 0);

impl<F: Float> Fit<F, Array1<F>> for OneQuery {
    type Model = RegressionBooster<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<RegressionBooster<F>> {
        samples.check()?;
        let grade = |y: F| F::of([-4.0, 0.0, 4.0, 8.0].iter().filter(|t| y.f64() > **t).count() as f64);
        let grades = samples.y.mapv(|y| if y.is_finite() { grade(y) } else { y });
        let one = Array1::zeros(grades.len());
        self.0.fit_samples(Samples { y: grades.view(), groups: Some(one.view()), ..samples })
    }
}

#[test]
fn rankers() {
    const ORDER: &str = "scores tell an order";
    const ONE: &str = "all rows of a query have one weight";
    regressor(OneQuery(HistGradientBoostingRanker::new().max_iter(30).min_samples_leaf(2.0)))
        .rows(2000)
        .saved()
        .one_row()
        .except("a_linear_signal_is_found", ORDER)
        .except("a_linear_signal_is_found_far_from_zero", ORDER)
        .except("a_constant_target_is_predicted", ORDER)
        .except("the_order_of_training_rows_does_not_matter", "rows of equal scores stand in their order")
        .except("weights_are_repetitions", ONE)
        .except("weight_zero_is_absence", ONE)
        .except("weights_of_sparse_records_agree", ONE)
        .except("fitting_many_is_fitting_each", ONE)
        .run();
}

/// Quantiles, asked for the median.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Median(HistGradientBoostingQuantiles);

#[derive(Serialize, Deserialize)]
#[serde(bound(serialize = "F: Float", deserialize = "F: Float"))]
struct MedianModel<F>(QuantileBooster<F>);

estimand_core::described_by!([] Median, 0);
estimand_core::persist!(MedianModel<F>, |model| estimand_core::Persist::check_loaded(&model.0));

impl<F: Float> Fit<F, Array1<F>> for Median {
    type Model = MedianModel<F>;

    fn fit_samples(&self, samples: Samples<'_, F, Array1<F>>) -> Result<MedianModel<F>> {
        self.0.fit_samples(samples).map(MedianModel)
    }
}
impl<F: Float> Predict<F> for MedianModel<F> {
    type Output = Array1<F>;

    fn predict_records(&self, x: Records<'_, F>) -> Result<Array1<F>> {
        Ok(self.0.predict_records(x)?.column(1).to_owned())
    }
}
impl<F: Float> PredictOne<F> for MedianModel<F> {
    type One<'m> = F;

    fn predict_one(&self, row: &[F], scratch: &mut Scratch<F>) -> Result<F> {
        Ok(self.0.predict_one(row, scratch)?[1])
    }
}

#[test]
fn quantiles() {
    let settings = HistGradientBoostingQuantiles::new().quantiles(vec![0.2, 0.5, 0.8]).max_iter(30);
    regressor(Median(settings.min_samples_leaf(2.0))).saved().one_row().run();
}
