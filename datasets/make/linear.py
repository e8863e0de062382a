"""Golden files of LinearRegression, Ridge and LogisticRegression.

Least squares of full rank is solved a second time in exact rational arithmetic; logistic regression is
polished by Newton steps whose gradient is computed in extended precision. So the expected values are right
to their last digits, and a case whose scikit-learn answer is further than that from them says so.
"""

import warnings

import numpy as np
from scipy.special import expit, softmax
from sklearn import datasets
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from golden import (Family, classification, deviation, exact_ridge, plain, regression, scaled, short, uncentred,
                    weights)

family = Family("linear")
BUNDLED = {name: getattr(datasets, f"load_{name}")(return_X_y=True) for name in
           ["iris", "wine", "breast_cancer", "digits", "diabetes", "linnerud"]}


def inputs_of(x, y, w):
    if isinstance(x, str):
        return {"dataset": x, **({} if w is None else {"weights": w})}
    return {"x": x, "y": y, **({} if w is None else {"weights": w})}


# -- least squares ----------------------------------------------------------------------------------------

def least_squares(name, subject, x, y=None, w=None, *, alpha=0.0, tolerance=1e-9, reason, exact=True, **params):
    inputs = inputs_of(x, y, w)
    if isinstance(x, str):
        x, y = BUNDLED[x]
    if subject == "Ridge":
        model = Ridge(alpha=alpha, solver="svd" if alpha else "auto", **params)
        params = {"alpha": alpha, **params}
    else:
        # `tol` is the rank tolerance of the SVD since 1.9; its default drops columns of scale 1e-6.
        model = LinearRegression(tol=1e-14, **params)
    model.fit(x, y, sample_weight=w)
    header = {}
    coef, intercept, pred = model.coef_, model.intercept_, model.predict(x)
    if exact:
        coef, intercept, pred = exact_ridge(x, y, alpha, w, params.get("fit_intercept", True))
        header = {"reference": "exact rational arithmetic",
                  "scikit_learn_deviates_by": {"coef": deviation(model.coef_, coef),
                                               "predictions": deviation(model.predict(x), pred)}}
    if isinstance(inputs.get("dataset"), str):
        pred = pred[:20]
    family.case(name, subject, tolerance=tolerance, reason=reason, params=params, inputs=inputs, **header,
                expected={"coef": coef, "intercept": intercept, "predictions": pred})


WELL = "condition number below 1e3: at most 1e3 · 1e-16 in X, squared by a Gram matrix, with room to spare"
x, y = regression(24, 4, 1)
xm, ym = regression(20, 3, 2, targets=2)
w = weights(24, 3)
xt = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [1, 1], [2, 1], [0, 0]], float)
yt = np.array([1, 2, 2, 3, 4, 4, 5, 0.5])
xr = np.column_stack([x[:, :3], x[:, 0], x[:, 1] - x[:, 2]])
xc = np.column_stack([x[:, :2], np.full(24, 3.0), x[:, 2]])
xw, yw = regression(6, 10, 4)
NARROW = "minimum-norm solution of a rank-deficient problem: the smallest kept singular value is above 1e-2 of the largest"
CENTRE = "means of 1e4 against a spread of 1: nine digits of input, four are lost when columns are centred"
SCALES = ("column scales from 1e-6 to 1e6: harmless to a method that does not depend on column scale; "
          "coefficients and predictions agree to the digits that centring and a Gram matrix leave")
LARGE = "condition number near 1e2 after centring; the reference is scikit-learn's own SVD"

LR = "LinearRegression"
least_squares("ols_dense", LR, x, y, reason=WELL)
least_squares("ols_no_intercept", LR, x, y, reason=WELL, fit_intercept=False)
least_squares("ols_weights", LR, x, y, w, reason=WELL)
least_squares("ols_weights_no_intercept", LR, x, y, w, reason=WELL, fit_intercept=False)
least_squares("ols_multi_target", LR, xm, ym, reason=WELL)
least_squares("ols_multi_target_weights", LR, xm, ym, weights(20, 5), reason=WELL)
least_squares("ols_one_feature", LR, x[:, :1], y, reason=WELL)
least_squares("ols_ties", LR, xt, yt, reason=WELL)
least_squares("ols_two_rows", LR, x[:2, :1], y[:2], reason=WELL)
least_squares("ols_rank_deficient", LR, xr, y, reason=NARROW, exact=False)
least_squares("ols_rank_deficient_weights", LR, xr, y, w, reason=NARROW, exact=False)
least_squares("ols_constant_column", LR, xc, y, reason=NARROW, exact=False)
least_squares("ols_wide", LR, xw, yw, reason=NARROW, exact=False)
least_squares("ols_wide_no_intercept", LR, xw, yw, reason=NARROW, exact=False, fit_intercept=False)
least_squares("ols_one_row", LR, xw[:1], yw[:1], reason=NARROW, exact=False)
least_squares("ols_uncentred", LR, uncentred(x), y, tolerance=1e-8, reason=CENTRE)
least_squares("ols_uncentred_weights", LR, uncentred(x), y, w, tolerance=1e-8, reason=CENTRE)
least_squares("ols_scales", LR, scaled(x), y, tolerance=1e-8, reason=SCALES)
least_squares("ols_scales_weights", LR, scaled(x), y, w, tolerance=1e-8, reason=SCALES)
least_squares("ols_diabetes", LR, "diabetes", reason=LARGE, exact=False)
least_squares("ols_linnerud", LR, "linnerud", reason=LARGE, exact=False)

for alpha in [1e-4, 0.1, 1.0, 100.0, 1e6]:
    least_squares(f"ridge_alpha_{alpha:g}", "Ridge", x, y, alpha=alpha, reason=WELL)
least_squares("ridge_alpha_0", "Ridge", x, y, alpha=0.0, reason=WELL)
least_squares("ridge_no_intercept", "Ridge", x, y, alpha=1.0, reason=WELL, fit_intercept=False)
least_squares("ridge_weights", "Ridge", x, y, w, alpha=0.5, reason=WELL)
least_squares("ridge_weights_no_intercept", "Ridge", x, y, w, alpha=0.5, reason=WELL, fit_intercept=False)
least_squares("ridge_multi_target", "Ridge", xm, ym, alpha=2.0, reason=WELL)
least_squares("ridge_multi_target_weights", "Ridge", xm, ym, weights(20, 5), alpha=2.0, reason=WELL)
least_squares("ridge_ties", "Ridge", xt, yt, alpha=0.3, reason=WELL)
least_squares("ridge_collinear", "Ridge", xr, y, alpha=0.1, reason=WELL)
least_squares("ridge_constant_column", "Ridge", xc, y, alpha=1.0, reason=WELL)
least_squares("ridge_wide", "Ridge", xw, yw, alpha=0.7, reason=WELL)
least_squares("ridge_wide_weights", "Ridge", xw, yw, weights(6, 6), alpha=0.7, reason=WELL)
least_squares("ridge_wide_no_intercept", "Ridge", xw, yw, alpha=0.7, reason=WELL, fit_intercept=False)
least_squares("ridge_one_row", "Ridge", xw[:1], yw[:1], alpha=1.0, reason=WELL)
least_squares("ridge_uncentred", "Ridge", uncentred(x), y, alpha=1.0, tolerance=1e-8, reason=CENTRE)
least_squares("ridge_scales", "Ridge", scaled(x), y, alpha=1.0, tolerance=1e-8, reason=SCALES)
least_squares("ridge_diabetes", "Ridge", "diabetes", alpha=1.0, reason=LARGE, exact=False)
least_squares("ridge_linnerud", "Ridge", "linnerud", alpha=1.0, reason=LARGE, exact=False)


# -- logistic regression ----------------------------------------------------------------------------------

def objective(x, code, k, s, c, coef, intercept):
    """C Σᵢ sᵢ ℓᵢ + ½‖W‖², in the precision of the arguments."""
    z = x @ coef.T + intercept
    if k == 2:
        z = z[:, 0]
        loss = np.logaddexp(0, z) - np.where(code == 1, z, 0)
    else:
        top = z.max(axis=1, keepdims=True)
        loss = (np.log(np.exp(z - top).sum(axis=1, keepdims=True)) + top)[:, 0] - z[np.arange(len(z)), code]
    return c * (s * loss).sum() + (coef**2).sum() / 2


def polish(x, code, k, s, c, coef, intercept, fit_intercept):
    """Newton steps with the gradient in extended precision and columns brought to unit scale.

    Returns coefficients, intercepts and the largest entry of the last gradient (in the scaled columns).
    """
    wide = np.longdouble
    mean = np.average(x, axis=0, weights=s) if fit_intercept else np.zeros(x.shape[1])
    scale = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=s))
    scale[scale == 0] = 1.0
    mean, scale = mean.astype(wide), scale.astype(wide)
    a = (x.astype(wide) - mean) / scale
    if fit_intercept:
        a = np.column_stack([a, np.ones(len(a), wide)])
    penalty = np.concatenate([1 / scale**2, np.zeros(int(fit_intercept), wide)])
    s = s.astype(wide)
    t = coef.astype(wide) * scale
    if fit_intercept:
        t = np.column_stack([t, intercept.astype(wide) + coef.astype(wide) @ mean])
    m, q = t.shape
    for _ in range(60):
        z = a @ t.T
        if k == 2:
            prob = 1 / (1 + np.exp(-z))
            residual = prob - (code == 1)[:, None]
        else:
            e = np.exp(z - z.max(axis=1, keepdims=True))
            prob = e / e.sum(axis=1, keepdims=True)
            residual = prob - (code[:, None] == np.arange(k))
        gradient = c * (s[:, None] * residual).T @ a + t * penalty
        hessian = np.zeros((m * q, m * q))
        for i in range(m):
            for j in range(m):
                v = prob[:, i] * ((i == j) - prob[:, j]) if k > 2 else prob[:, 0] * (1 - prob[:, 0])
                h = (c * (s * v)[:, None] * a).T @ a + (i == j) * np.diag(penalty)
                hessian[i * q:(i + 1) * q, j * q:(j + 1) * q] = h
        d = np.sqrt(np.diag(hessian))
        step = np.linalg.lstsq(hessian / np.outer(d, d), gradient.ravel().astype(float) / d, rcond=1e-13)[0] / d
        t = t - step.reshape(m, q)
        if k > 2:
            # At the optimum the classes sum to zero in every penalised column; the intercepts may.
            t = t - t.mean(axis=0)
        if np.max(np.abs(step)) < 1e-17 * max(np.max(np.abs(t)), 1e-3):
            break
    last = float(np.max(np.abs(gradient)))
    coef = t[:, :len(scale)] / scale
    intercept = t[:, -1] - coef @ mean if fit_intercept else np.zeros(m, wide)
    return coef, intercept, last


def logistic(name, x, y=None, w=None, *, c=1.0, tolerance=1e-6, fit_intercept=True, class_weight=None, reason,
             close=1e-5):
    inputs = inputs_of(x, y, w)
    if isinstance(x, str):
        x, y = BUNDLED[x]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the polish below judges convergence, not scikit-learn
        model = LogisticRegression(C=c, fit_intercept=fit_intercept, class_weight=class_weight, tol=1e-12,
                                   max_iter=10_000, solver="newton-cholesky").fit(x, y, sample_weight=w)
    classes, code = np.unique(y, return_inverse=True)
    k = len(classes)
    s = np.ones(len(x)) if w is None else w
    if class_weight == "balanced":
        # n / (k · n_c), with the sums of the weights in the place of counts.
        counts = np.bincount(code, s)
        s = s * (s.sum() / (k * counts))[code]
    coef, intercept, gradient = polish(x, code, k, s, c, model.coef_, model.intercept_, fit_intercept)
    assert gradient < 1e-9 * c * s.sum(), (name, gradient)
    best = objective(x.astype(np.longdouble), code, k, s, c, coef, intercept)
    coef, intercept = coef.astype(float), intercept.astype(float)
    theirs = objective(x, code, k, s, c, model.coef_, model.intercept_)
    assert abs(theirs - best) <= close * abs(best), (name, theirs, best)
    rows = x[:12]
    z = rows @ coef.T + intercept
    proba = softmax(z, axis=1) if k > 2 else np.column_stack([expit(-z), expit(z)])
    params = {"C": c, "fit_intercept": fit_intercept, "class_weight": class_weight}
    family.case(name, "LogisticRegression", tolerance=tolerance, reason=reason, params=params, inputs=inputs,
                reference="scikit-learn's optimum, polished by Newton steps in extended precision; "
                          "intercepts of three classes and more are shifted to sum to zero",
                scikit_learn_deviates_by={"coef": deviation(model.coef_, coef),
                                          "objective": abs(float(theirs - best)) / abs(float(best))},
                expected={"classes": plain(classes), "coef": coef, "intercept": intercept,
                          "objective": float(best), "proba": proba})


STOP = ("a solver stops with an objective within 1e-12 of the best: coefficients are then known to the square root "
        "of that")
xb, yb = classification(40, 4, 2, 7)
xk, yk = classification(45, 3, 4, 8)
wb, wk = weights(40, 9), weights(45, 10)
FREE = "gradient conditions fix the optimum; " + STOP

for c in [0.01, 1.0, 100.0]:
    logistic(f"logistic_binary_c_{c:g}", xb, yb, c=c, reason=FREE)
    logistic(f"logistic_multi_c_{c:g}", xk, yk, c=c, reason=FREE)
for tag, x1, y1, w1 in [("binary", xb, yb, wb), ("multi", xk, yk, wk)]:
    logistic(f"logistic_{tag}_no_intercept", x1, y1, reason=FREE, fit_intercept=False)
    logistic(f"logistic_{tag}_weights", x1, y1, w1, reason=FREE)
    logistic(f"logistic_{tag}_weights_no_intercept", x1, y1, w1, reason=FREE, fit_intercept=False)
    logistic(f"logistic_{tag}_balanced", x1, y1, reason=FREE, class_weight="balanced")
    logistic(f"logistic_{tag}_balanced_weights", x1, y1, w1, reason=FREE, class_weight="balanced")
    logistic(f"logistic_{tag}_uncentred", short(x1 + 1e4, 8), y1, close=1.0,
             reason="means of 1e4 against a spread of 1 lose four digits of the gradient; " + STOP)
    logistic(f"logistic_{tag}_scales", scaled(x1), y1, close=1.0,
             reason="column scales from 1e-6 to 1e6: the penalty holds the small columns at zero, the large ones "
                    "carry almost none; " + STOP)
xd = np.repeat(xb[:12], 2, axis=0)
logistic("logistic_binary_duplicates", xd, np.tile([0, 1], 12), reason="duplicates with opposite labels, every "
         "weight zero at the optimum; " + STOP)
logistic("logistic_binary_ties", xt, np.array([0, 1, 1, 1, 0, 0, 1, 0]), reason=FREE)
logistic("logistic_binary_separable", np.array([[-2.0], [-1.0], [1.0], [2.0]]), np.array([0, 0, 1, 1]), c=10.0,
         reason="separable classes held by the penalty; " + STOP)
logistic("logistic_binary_wide", *classification(12, 20, 2, 11), reason=FREE)
logistic("logistic_multi_wide", *classification(15, 20, 3, 12), reason=FREE)
logistic("logistic_binary_odd_labels", xb, np.where(yb == 1, 7, -3), reason=FREE)
logistic("logistic_iris", "iris", reason=FREE)
logistic("logistic_breast_cancer", "breast_cancer", close=1e-3, reason="raw columns with scales from 1e-3 to 1e3 and a "
         "condition number near 1e7; " + STOP)
logistic("logistic_wine", "wine", close=1e-3, reason="raw columns, one of them a thousand times the others; " + STOP)
family.close()
