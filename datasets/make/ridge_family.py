"""Golden files of what is built on least squares: ridge regression that chooses or classifies, non-negative least squares,
Bayesian regressions, least angle paths and matching pursuit. The reference is scikit-learn, run to convergence.
"""

import warnings

import numpy as np
from scipy.optimize import nnls
from sklearn.datasets import load_diabetes
from sklearn.linear_model import (ARDRegression, BayesianRidge, Lars, LarsCV, LassoLars, LassoLarsCV, LassoLarsIC,
                                  LinearRegression, OrthogonalMatchingPursuit, OrthogonalMatchingPursuitCV,
                                  RidgeClassifier, RidgeClassifierCV, RidgeCV)

from golden import Family, classification, deviation, exact_ridge, regression, scaled, short, uncentred, weights

family = Family("ridge_family")
warnings.simplefilter("ignore")

x, y = regression(24, 4, 21)
xm, ym = regression(20, 3, 22, targets=2)
xw, yw = regression(9, 14, 24)
w = weights(24, 23)
xd, yd = np.repeat(x[:12], 2, axis=0), short(np.repeat(y[:12], 2) + np.tile([0.5, -0.5], 12))
xr = np.column_stack([x[:, :3], x[:, 0]])
DIABETES = load_diabetes(return_X_y=True)
WELL = "well-conditioned: 1e-9 leaves room for a Gram matrix"
CENTRE = "means of 1e4 against a spread of 1: four of the digits of the input are lost when columns are centred, twice in a Gram matrix"
SCALES = "column scales from 1e-6 to 1e6"
FIXED = "a fixed point that is approached linearly: steps end at 1e-12"
SETS = {
    "dense": (x, y, 1e-9, WELL), "uncentred": (uncentred(x), y, 1e-6, CENTRE), "scales": (scaled(x), y, 1e-6, SCALES),
    "wide": (xw, yw, 1e-9, WELL), "duplicates": (xd, yd, 1e-9, "each row twice, with two targets"),
    "diabetes": ("diabetes", None, 1e-8, "condition near 1e2 after centring"),
}


def data(x, y):
    return DIABETES if isinstance(x, str) else (x, y)


def inputs(x, y, w=None):
    return ({"dataset": x} if isinstance(x, str) else {"x": x, "y": y}) | ({} if w is None else {"weights": w})


def case(name, subject, x, y, expected, tolerance, reason, w=None, header=(), **params):
    family.case(name, subject, tolerance=tolerance, reason=reason, params=params, inputs=inputs(x, y, w), expected=expected, **dict(header))


def line(model):
    return {"coef": model.coef_, "intercept": model.intercept_}


# -- ridge --------------------------------------------------------------------------------------------------

def ridge_cv(name, x, y, tolerance, reason, w=None, alphas=(0.01, 0.3, 1.0, 10.0, 100.0), **params):
    a, b = data(x, y)
    model = RidgeCV(alphas=alphas, **params).fit(a, b, sample_weight=w)
    # Here the score is a mean by weight, there the sum over the number of rows.
    scale = 1.0 if w is None or params.get("cv") else len(w) / w.sum()
    expected, header = line(model) | {"alpha": model.alpha_, "best_score": model.best_score_ * scale}, {}
    if name.endswith("scales"):
        # Here scikit-learn loses half of its digits: each row is left out in exact arithmetic.
        def error(i, alpha):
            rest = np.arange(len(b)) != i
            coef, intercept, _ = exact_ridge(a[rest], b[rest], alpha)
            return float(b[i] - np.ravel(intercept)[0] - a[i] @ np.ravel(coef).astype(float)) ** 2

        scores = [-np.mean([error(i, alpha) for i in range(len(b))]) for alpha in alphas]
        best = int(np.argmax(scores))
        coef, intercept, _ = exact_ridge(a, b, alphas[best])
        expected = {"coef": np.ravel(coef), "intercept": np.ravel(intercept)[0], "alpha": alphas[best], "best_score": scores[best]}
        header = {"reference": "exact rational arithmetic", "scikit_learn_deviates_by": {"coef": deviation(model.coef_, expected["coef"])}}
    case(name, "RidgeCV", x, y, expected, tolerance, reason, w, header, alphas=list(alphas), **params)


for tag, (a, b, tolerance, reason) in SETS.items():
    ridge_cv(f"ridge_cv_{tag}", a, b, tolerance, reason)
ridge_cv("ridge_cv_weights", x, y, 1e-9, WELL, w)
ridge_cv("ridge_cv_no_intercept", x, y, 1e-9, WELL, w, fit_intercept=False)
ridge_cv("ridge_cv_wide_weights", xw, yw, 1e-9, WELL, weights(9, 25))
ridge_cv("ridge_cv_targets", xm, ym, 1e-9, WELL)
ridge_cv("ridge_cv_per_target", xm, ym, 1e-9, WELL, weights(20, 26), alpha_per_target=True)
ridge_cv("ridge_cv_folds", x, y, 1e-9, WELL, cv=4)
ridge_cv("ridge_cv_folds_targets", xm, ym, 1e-9, WELL, cv=3)


def ridge_classifier(name, x, y, w=None, tolerance=1e-9, reason=WELL, alphas=None, **params):
    model = RidgeClassifierCV(alphas=alphas, **params) if alphas else RidgeClassifier(**params)
    model.fit(x, y, sample_weight=w)
    expected = line(model) | {"decision": model.decision_function(x[:10])}
    if alphas:
        expected |= {"alpha": model.alpha_}
        params |= {"alphas": list(alphas)}
    case(name, type(model).__name__, x, y, expected, tolerance, reason, w, **params)


for k in (2, 4):
    a, b = classification(40, 3, k, 30 + k)
    ridge_classifier(f"ridge_classifier_{k}", a, b)
    ridge_classifier(f"ridge_classifier_{k}_weights", a, b, weights(40, 33), alpha=3.0)
    ridge_classifier(f"ridge_classifier_{k}_balanced", a, b, class_weight="balanced", fit_intercept=False)
    ridge_classifier(f"ridge_classifier_{k}_uncentred", uncentred(a), b, tolerance=1e-6, reason=CENTRE)
    ridge_classifier(f"ridge_classifier_{k}_cv", a, b, alphas=(0.1, 1.0, 30.0))
    ridge_classifier(f"ridge_classifier_{k}_wide", *classification(10, 15, k, 35), alphas=(0.1, 1.0, 30.0))

# -- non-negative least squares -----------------------------------------------------------------------------

for tag, (a, b, tolerance, reason) in SETS.items():
    for sign in (1, -1):
        u, v = data(a, b)
        if tag == "scales":
            continue  # scipy's tolerance is one number for all columns
        if tag == "diabetes" and sign < 0:
            continue
        v = sign * v
        model = LinearRegression(positive=True).fit(u, v)
        case(f"positive_{tag}{'' if sign > 0 else '_minus'}", "NonNegative", a, b if sign > 0 or b is None else v, line(model), tolerance, reason)
model = LinearRegression(positive=True, fit_intercept=False).fit(x, y, w)
case("positive_weights", "NonNegative", x, y, line(model), 1e-9, WELL, w, fit_intercept=False)

# -- Bayesian regressions -----------------------------------------------------------------------------------


def bayesian(name, cls, x, y, tolerance, reason, w=None, **params):
    a, b = data(x, y)
    model = cls(tol=1e-12, max_iter=20_000, compute_score=True, **params)
    model.fit(a, b, **({} if w is None else {"sample_weight": w}))
    std = model.predict(a[:8], return_std=True)[1]
    expected = line(model) | {"alpha": model.alpha_, "std": std}
    if cls is BayesianRidge:
        expected |= {"lambda": model.lambda_, "score": model.scores_[-1]}
    case(name, cls.__name__, x, y, expected, tolerance, reason, w, **params)


for tag, (a, b, tolerance, reason) in SETS.items():
    if tag != "scales":
        bayesian(f"bayesian_ridge_{tag}", BayesianRidge, a, b, max(tolerance, 1e-7), f"{reason}; {FIXED}")
    # Precisions of columns that are out go to infinity, slowly.
    if tag in ("dense", "uncentred", "duplicates", "diabetes"):
        bayesian(f"ard_{tag}", ARDRegression, a, b, max(tolerance, 1e-6), f"{reason}; {FIXED}")
bayesian("bayesian_ridge_weights", BayesianRidge, x, y, 1e-7, FIXED, w)
bayesian("bayesian_ridge_priors", BayesianRidge, x, y, 1e-7, FIXED, alpha_1=0.3, alpha_2=0.2, lambda_1=0.4, lambda_2=0.1)
bayesian("bayesian_ridge_no_intercept", BayesianRidge, x, y, 1e-7, FIXED, fit_intercept=False)
bayesian("bayesian_ridge_collinear", BayesianRidge, xr, y, 1e-7, FIXED)
bayesian("ard_threshold", ARDRegression, *regression(40, 10, 41), 1e-6, FIXED, threshold_lambda=2.0)

# -- paths --------------------------------------------------------------------------------------------------


def path(name, cls, x, y, tolerance, reason, **params):
    a, b = data(x, y)
    model = cls(**({"alpha": 0.0} if cls is LassoLars else {}), **params).fit(a, b)
    expected, header = {"alphas": model.alphas_, "path": model.coef_path_} | line(model), {}
    if params.get("positive"):
        # The end of the path is non-negative least squares, which scikit-learn stops short of.
        centred = a - a.mean(axis=0)
        end = nnls(centred, b - b.mean())[0]
        expected["path"][:, -1] = end
        expected |= {"coef": end, "intercept": b.mean() - a.mean(axis=0) @ end}
        header = {"reference": "scikit-learn up to the last breakpoint, which is scipy's nnls"}
    case(name, cls.__name__, x, y, expected, tolerance, reason, header=header, **params)


for tag, (a, b, tolerance, reason) in SETS.items():
    if tag != "scales":  # there the smallest columns count as collinear
        path(f"lars_{tag}", Lars, a, b, max(tolerance, 1e-8), reason)
        path(f"lasso_lars_{tag}", LassoLars, a, b, max(tolerance, 1e-8), reason)
        path(f"lasso_lars_positive_{tag}", LassoLars, a, b, max(tolerance, 1e-8), reason, positive=True)
path("lars_few", Lars, x, y, 1e-9, WELL, n_nonzero_coefs=2)
for tag in ("dense", "diabetes"):
    a, b, tolerance, reason = SETS[tag]
    for criterion in ("aic", "bic"):
        model = LassoLarsIC(criterion=criterion).fit(*data(a, b))
        case(f"lasso_lars_ic_{criterion}_{tag}", "LassoLarsIC", a, b, line(model) | {
            "alpha": model.alpha_, "criterion": model.criterion_, "noise_variance": model.noise_variance_}, 1e-8, reason, criterion=criterion)
    # On folds of the diabetes data LarsCV takes a step without a new column after a change of sign, as the lasso would.
    for cls in (LarsCV, LassoLarsCV) if tag == "dense" else (LassoLarsCV,):
        model = cls(cv=4).fit(*data(a, b))
        case(f"{cls.__name__.lower()}_{tag}", cls.__name__, a, b, line(model) | {
            "alpha": model.alpha_, "mse": model.mse_path_.mean(axis=1)}, 1e-8, reason, cv=4)

# -- matching pursuit ---------------------------------------------------------------------------------------

for tag, (a, b, tolerance, reason) in SETS.items():
    for count in (1, 3):
        u, v = data(a, b)
        model = OrthogonalMatchingPursuit(n_nonzero_coefs=count, precompute=False).fit(u, v)
        case(f"omp_{count}_{tag}", "OrthogonalMatchingPursuit", a, b, line(model), tolerance, reason, n_nonzero_coefs=count)
model = OrthogonalMatchingPursuit(tol=float(np.square(y - y.mean()).sum() / 3)).fit(x, y)
case("omp_tol", "OrthogonalMatchingPursuit", x, y, line(model), 1e-9, WELL, tol=float(np.square(y - y.mean()).sum() / 3))
model = OrthogonalMatchingPursuitCV(cv=4).fit(*DIABETES)
case("omp_cv_diabetes", "OrthogonalMatchingPursuitCV", "diabetes", None, line(model) | {"count": model.n_nonzero_coefs_}, 1e-9, WELL, cv=4)
family.close()
