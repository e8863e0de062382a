//! Everything a program usually needs: `use estimand::prelude::*;`.

pub use crate::datasets;
pub use estimand_bayes::{BernoulliNb, CategoricalNb, ComplementNb, GaussianNb, MultinomialNb};
pub use estimand_cluster::{
    AffinityPropagation, AgglomerativeClustering, BayesianGaussianMixture, Birch, BisectingKMeans,
    CovarianceType, Dbscan, GaussianMixture, GaussianMixtureModel, Hdbscan, KMeans, KMeansInit, KMeansModel,
    KMedoids, MeanShift, MiniBatchKMeans, MiniBatchKMeansModel, MixtureInit, Optics, SpectralClustering,
};
pub use estimand_compose::{Chain, Then};
pub use estimand_core::split::{GroupKFold, KFold, StratifiedKFold};
pub use estimand_core::{
    Boxed, ClassWeight, Classes, Classifier, Csr, Dataset, Decide, Error, Fit, InverseTransform, PartialFit,
    Persist, Predict, PredictOne, PredictProba, Records, Report, Result, Samples, Scratch, Transform,
    TransformOne,
};
pub use estimand_ensemble::{
    AdaBoostClassifier, AdaBoostRegressor, ExtraTreesClassifier, ExtraTreesRegressor,
    HistGradientBoostingClassifier, HistGradientBoostingRegressor, IsolationForest, RandomForestClassifier,
    RandomForestRegressor, RandomTreesEmbedding,
};
pub use estimand_gaussian_process::{
    Covariance, GaussianProcessClassifier, GaussianProcessRegressor, SparseGaussianProcessRegressor,
};
pub use estimand_linear::{
    ArdRegression, BayesianRidge, ElasticNet, ElasticNetCv, GammaRegressor, GlmModel, HuberRegressor,
    InverseGaussianRegressor, IsotonicRegression, Lars, LarsCv, Lasso, LassoCv, LassoLars, LassoLarsCv,
    LassoLarsIc, LinearDiscriminantAnalysis, LinearModel, LinearRegression, LogisticModel,
    LogisticRegression, LogisticRegressionCv, MultiLinearModel, MultiTaskElasticNet, MultiTaskElasticNetCv,
    MultiTaskLasso, MultiTaskLassoCv, OrthogonalMatchingPursuit, OrthogonalMatchingPursuitCv, Perceptron,
    PoissonRegressor, QuadraticDiscriminantAnalysis, QuantileRegressor, RansacRegressor, Ridge,
    RidgeClassifier, RidgeClassifierCv, RidgeCv, SgdClassifier, SgdOneClassSvm, SgdRegressor,
    TheilSenRegressor, TweedieRegressor,
};
pub use estimand_metrics::{
    Average, accuracy, classification_report, confusion_matrix, f1, log_loss, lower_is_better,
    mean_absolute_error, mean_squared_error, r2, roc_auc, scorers,
};
pub use estimand_model_selection::{
    CalibratedClassifier, CalibrationMethod, GridSearch, SearchModel, cross_val_score, cross_validate,
    cross_validate_scorers, grid, train_test_split,
};
pub use estimand_neighbors::{
    ApproximateNeighbors, KNeighborsClassifier, KNeighborsRegressor, KernelDensity, KnnImputer,
    LocalOutlierFactor, Metric, NearestCentroid, NearestNeighbors, NeighborWeights,
    RadiusNeighborsClassifier, RadiusNeighborsRegressor,
};
pub use estimand_preprocessing::{MinMaxScaler, MinMaxScalerModel, StandardScaler, StandardScalerModel};
pub use estimand_svm::{
    Gamma, Kernel, KernelRidge, LinearSvc, LinearSvr, NuSvc, NuSvr, Nystroem, OneClassSvm, RbfSampler, Svc,
    Svr,
};
pub use estimand_tree::{
    ClassCriterion, DecisionTreeClassifier, DecisionTreeRegressor, ExtraTreeClassifier, ExtraTreeRegressor,
    MaxFeatures, RegressionCriterion,
};
pub use ndarray::{self, Array1, Array2, ArrayView1, ArrayView2, Axis, array, s};
