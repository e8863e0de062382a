"""Golden files of Lasso, ElasticNet, their multi-task and cross-validated forms and paths.

Every fit runs with a tolerance at which scikit-learn's coordinate descent stops for rounding alone.
"""

import warnings

import numpy as np
from sklearn.linear_model import (ElasticNet, ElasticNetCV, Lasso, LassoCV, MultiTaskElasticNet, MultiTaskElasticNetCV,
                                  MultiTaskLasso, MultiTaskLassoCV, enet_path, lasso_path)

from golden import Family, regression, scaled, short, uncentred, weights

warnings.simplefilter("ignore")
family = Family("sparse_linear")
TIGHT = {"tol": 1e-14, "max_iter": 200_000}


def objective(x, y, w, coef, intercept, alpha, ratio, joint):
    w = np.ones(len(x)) if w is None else w
    W, y = np.atleast_2d(coef), np.atleast_2d(y.T).T
    r = y - x @ W.T - intercept
    norm = np.sqrt((W ** 2).sum(0)).sum() if joint else np.abs(W).sum()
    return (w @ r ** 2).sum() / (2 * w.sum()) + alpha * ratio * norm + alpha * (1 - ratio) / 2 * (W ** 2).sum()


def fit(name, cls, x, y, w=None, *, alpha, tolerance=1e-6, reason, unique=True, **params):
    model = cls(alpha=alpha, **params, **TIGHT).fit(x, y, sample_weight=w)
    joint = cls in (MultiTaskLasso, MultiTaskElasticNet)
    ratio = params.get("l1_ratio", 0.5) if "Elastic" in cls.__name__ else 1.0
    expected = {"objective": objective(x, y, w, model.coef_, model.intercept_, alpha, ratio, joint),
                "predictions": model.predict(x)}
    if unique:
        expected |= {"coef": model.coef_, "intercept": model.intercept_}
    family.case(name, cls.__name__, tolerance=tolerance, reason=reason, params={"alpha": alpha, **params},
                inputs={"x": x, "y": y, **({} if w is None else {"weights": w})}, expected=expected)


STRICT = "strictly convex near the minimum: a gap of 1e-14 of the variance leaves coefficients right to its root"
FAR = "means of 1e4 against a spread of 1: four of sixteen digits are lost when columns are centred"
UNITS = "column scales from 1e-6 to 1e6; predictions and objective do not depend on them"
TIES = "equal columns: only what they add up to is determined"

x, y = regression(24, 5, 61)
xm, ym = regression(20, 4, 62, targets=3)
xw, yw = regression(8, 20, 63)
w = weights(24, 64)
for alpha in [0.01, 0.3, 2.0]:
    fit(f"lasso_{alpha:g}", Lasso, x, y, alpha=alpha, reason=STRICT)
    fit(f"elastic_net_{alpha:g}", ElasticNet, x, y, alpha=alpha, l1_ratio=0.7, reason=STRICT)
fit("lasso_weights", Lasso, x, y, w, alpha=0.2, reason=STRICT)
fit("lasso_no_intercept", Lasso, x, y, w, alpha=0.2, fit_intercept=False, reason=STRICT)
fit("lasso_positive", Lasso, x, y, alpha=0.1, positive=True, reason=STRICT)
fit("elastic_net_positive_weights", ElasticNet, x, y, w, alpha=0.1, positive=True, reason=STRICT)
fit("lasso_targets", Lasso, xm, ym, alpha=0.2, reason=STRICT)
fit("lasso_wide", Lasso, xw, yw, alpha=0.3, reason=STRICT)
fit("elastic_net_wide", ElasticNet, xw, yw, weights(8, 65), alpha=0.3, reason=STRICT)
fit("lasso_uncentred", Lasso, uncentred(x), y, alpha=0.2, reason=FAR)
fit("lasso_scales", Lasso, scaled(x), y, alpha=0.2, unique=False, reason=UNITS)
fit("elastic_net_scales", ElasticNet, scaled(x), y, w, alpha=0.2, unique=False, reason=UNITS)
fit("lasso_twice", Lasso, np.column_stack([x, x[:, :2]]), y, alpha=0.2, unique=False, reason=TIES)
fit("elastic_net_twice", ElasticNet, np.column_stack([x, x[:, :2]]), y, alpha=0.2, reason=STRICT)
fit("lasso_rows_twice", Lasso, np.vstack([x, x[:6]]), np.r_[y, y[:6]], alpha=0.2, reason=STRICT)
fit("lasso_constant_column", Lasso, np.column_stack([x, np.full(24, 3.0)]), y, alpha=0.2, reason=STRICT)
fit("multi_task", MultiTaskLasso, xm, ym, alpha=0.4, reason=STRICT)
fit("multi_task_weights", MultiTaskLasso, xm, ym, weights(20, 66), alpha=0.4, reason=STRICT)
fit("multi_task_net", MultiTaskElasticNet, xm, ym, alpha=0.4, l1_ratio=0.6, reason=STRICT)
fit("multi_task_wide", MultiTaskElasticNet, xw, np.column_stack([yw, yw[::-1]]), alpha=0.5, reason=STRICT)


def path(name, ratio, x, y, **params):
    # scikit-learn's path functions fit no intercept.
    xc, yc = x - x.mean(0), y - y.mean()
    call = lasso_path if ratio == 1 else lambda *a, **k: enet_path(*a, l1_ratio=ratio, **k)
    alphas, coefs, _ = call(xc, yc, alphas=8, **params, **TIGHT)
    family.case(name, "path", tolerance=1e-6, reason=STRICT, params={"l1_ratio": ratio, **params},
                inputs={"x": x, "y": y}, expected={"alphas": alphas, "coefs": coefs})


path("path_lasso", 1, x, y)
path("path_net", 0.5, x, y, eps=1e-2)
path("path_positive", 1, x, y, positive=True)


def cv(name, cls, x, y, w=None, **params):
    model = cls(cv=4, **params, **TIGHT).fit(x, y, sample_weight=w)
    alphas = np.atleast_2d(model.alphas_)
    family.case(name, cls.__name__, tolerance=1e-6, reason=STRICT, params=params,
                inputs={"x": x, "y": y, **({} if w is None else {"weights": w})},
                expected={"alphas": alphas, "alpha": [model.alpha_], "coef": model.coef_,
                          "mse_path": model.mse_path_.reshape(alphas.shape + (4,))})


cv("cv_lasso", LassoCV, x, y, alphas=8)
cv("cv_lasso_weights", LassoCV, x, y, np.maximum(w, 0.1), alphas=8)
cv("cv_lasso_no_intercept", LassoCV, x, y, alphas=8, fit_intercept=False)
cv("cv_net", ElasticNetCV, x, y, l1_ratio=[0.3, 0.9], alphas=6)
cv("cv_multi_task", MultiTaskLassoCV, xm, ym, alphas=6)
cv("cv_multi_task_net", MultiTaskElasticNetCV, xm, ym, l1_ratio=[0.5], alphas=6)

family.close()
