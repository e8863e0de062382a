"""Golden files of splitters without shuffling, of cross-validation and of grid search on fixed folds."""

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris, load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import (GridSearchCV, GroupKFold, KFold, LeaveOneGroupOut, LeaveOneOut, StratifiedGroupKFold,
                                     StratifiedKFold, TimeSeriesSplit, cross_validate)
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from golden import Family, classification, regression

family = Family("model_selection")
EXACT = "row numbers: nothing may differ"


def folds(name, splitter, inputs, **params):
    y, groups = inputs.get("y"), inputs.get("groups")
    n = inputs.get("n") or len(groups if y is None else y)
    parts = list(splitter.split(np.zeros((n, 1)), y, groups))
    family.case(name, type(splitter).__name__, tolerance=0, reason=EXACT, params=params, inputs=inputs,
                expected={"train": [train for train, _ in parts], "test": [test for _, test in parts]})


for n, k in [(10, 2), (10, 3), (11, 5), (5, 5), (23, 4)]:
    folds(f"kfold_{n}_{k}", KFold(k), {"n": n}, n_splits=k)
rng = np.random.default_rng(41)
for tag, y, k in [
    ("sorted", np.repeat([0, 1, 2], [10, 7, 6]), 3),
    ("mixed", rng.choice(3, 31, p=[0.6, 0.3, 0.1]), 3),
    ("binary", rng.choice(2, 25), 5),
    ("labels_out_of_order", np.array([2, 2, 0, 0, 1, 1, 2, 0, 1, 2, 0, 1, 1, 0, 2]), 3),
    ("uneven", np.array([0] * 13 + [1] * 4), 4),
    ("text", np.array(list("bbabcacbacbca")), 2),
]:
    folds(f"stratified_{tag}", StratifiedKFold(k), {"y": y}, n_splits=k)
groups = rng.choice(7, 29, p=[0.3, 0.2, 0.2, 0.1, 0.1, 0.05, 0.05])
groups[:7] = np.arange(7)
folds("group_kfold", GroupKFold(3), {"groups": groups}, n_splits=3)
folds("group_kfold_equal_sizes", GroupKFold(2), {"groups": np.repeat([3, 1, 2, 0], 4)}, n_splits=2)
folds("stratified_group_kfold", StratifiedGroupKFold(3), {"y": rng.choice(3, 29), "groups": groups}, n_splits=3)
folds("leave_one_out", LeaveOneOut(), {"n": 4})
folds("leave_one_group_out", LeaveOneGroupOut(), {"groups": np.array([5, 5, 1, 2, 1, 5, 2])})
folds("time_series", TimeSeriesSplit(4), {"n": 23}, n_splits=4)
options = {"n_splits": 3, "max_train_size": 6, "test_size": 2, "gap": 1}
folds("time_series_window", TimeSeriesSplit(**options), {"n": 20}, **options)


def logistic(c=1.0):
    return LogisticRegression(C=c, tol=1e-12, max_iter=1000, solver="newton-cholesky")


SCORES = ("exact folds and an exact solution: what remains is a sum per fold")
OPTIMUM = ("logistic regression at the optimum; a probability moves by as much as the coefficients, which are known to "
           "the square root of a solver's tolerance, while accuracies are counts")


def validate(name, model, subject, data, cv, scoring, *, params, tolerance, reason, inputs):
    x, y = data
    out = cross_validate(model, x, y, cv=cv, scoring=scoring, return_train_score=True, error_score="raise")
    params = {**params, "cv": type(cv).__name__, "n_splits": cv.n_splits}
    family.case(name, subject, tolerance=tolerance, reason=reason, params=params, inputs=inputs,
                expected={k: v for k, v in out.items() if not k.endswith("time")})


R2 = ["r2", "neg_mean_squared_error", "neg_mean_absolute_error"]
PROBA = ["accuracy", "neg_log_loss"]
x, y = regression(30, 4, 42)
xc, yc = classification(60, 3, 3, 43)
diabetes, iris, wine, cancer = (f(return_X_y=True) for f in (load_diabetes, load_iris, load_wine, load_breast_cancer))
validate("cross_validate_ridge", Ridge(alpha=0.5, solver="svd"), "cross_validate(Ridge)", (x, y), KFold(4), R2,
         params={"alpha": 0.5}, tolerance=1e-9, reason=SCORES, inputs={"x": x, "y": y})
validate("cross_validate_ridge_diabetes", Ridge(alpha=0.1, solver="svd"), "cross_validate(Ridge)", diabetes, KFold(5), R2,
         params={"alpha": 0.1}, tolerance=1e-9, reason=SCORES, inputs={"dataset": "diabetes"})
validate("cross_validate_logistic", logistic(2.0), "cross_validate(LogisticRegression)", (xc, yc), StratifiedKFold(3), PROBA,
         params={"C": 2.0}, tolerance=1e-6, reason=OPTIMUM, inputs={"x": xc, "y": yc})
for name, data, k in [("breast_cancer", cancer, 5), ("wine", wine, 4), ("iris", iris, 5)]:
    roc = ["roc_auc"] if name == "breast_cancer" else []
    validate(f"cross_validate_pipeline_{name}", make_pipeline(StandardScaler(), logistic(0.5)),
             "cross_validate(StandardScaler → LogisticRegression)", data, StratifiedKFold(k), PROBA + roc,
             params={"C": 0.5}, tolerance=1e-6, reason=OPTIMUM, inputs={"dataset": name})


def search(name, model, subject, parameter, values, data, cv, scoring, *, tolerance, reason, inputs):
    x, y = data
    out = GridSearchCV(model, {parameter: values}, cv=cv, scoring=scoring, error_score="raise").fit(x, y)
    table = out.cv_results_
    family.case(
        name, subject, tolerance=tolerance, reason=reason, inputs=inputs,
        params={parameter.split("__")[-1]: values, "cv": type(cv).__name__, "n_splits": cv.n_splits, "scoring": scoring},
        expected={
            "mean_test_score": table["mean_test_score"],
            "std_test_score": table["std_test_score"],
            "best_first": np.argsort(table["rank_test_score"], kind="stable"),
            "split_test_scores": np.transpose([table[f"split{i}_test_score"] for i in range(cv.n_splits)]),
            "best_index": out.best_index_,
            "best_score": out.best_score_,
        })


search("search_ridge", Ridge(solver="svd"), "GridSearch(Ridge)", "alpha", [0.001, 0.1, 1.0, 10.0, 1000.0], (x, y), KFold(5),
       "neg_mean_squared_error", tolerance=1e-9, reason=SCORES, inputs={"x": x, "y": y})
search("search_ridge_diabetes", Ridge(solver="svd"), "GridSearch(Ridge)", "alpha", [0.001, 0.01, 0.1, 1.0], diabetes, KFold(5),
       "r2", tolerance=1e-9, reason=SCORES, inputs={"dataset": "diabetes"})
search("search_logistic", logistic(), "GridSearch(LogisticRegression)", "C", [0.001, 0.1, 1.0, 100.0], (xc, yc),
       StratifiedKFold(4), "neg_log_loss", tolerance=1e-6, reason=OPTIMUM, inputs={"x": xc, "y": yc})
search("search_logistic_ties", logistic(), "GridSearch(LogisticRegression)", "C", [10.0, 1.0, 1.0, 0.1], iris,
       StratifiedKFold(5), "accuracy", tolerance=1e-12,
       reason="accuracies are counts; equal candidates share a rank and the first of the best wins", inputs={"dataset": "iris"})
search("search_pipeline_wine", make_pipeline(StandardScaler(), logistic()), "GridSearch(StandardScaler → LogisticRegression)",
       "logisticregression__C", [0.01, 0.1, 1.0, 10.0], wine, StratifiedKFold(5), "neg_log_loss", tolerance=1e-6,
       reason=OPTIMUM, inputs={"dataset": "wine"})
family.close()
