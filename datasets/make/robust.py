"""Golden files of HuberRegressor, QuantileRegressor, TheilSenRegressor and IsotonicRegression.

Huber's scikit-learn answer is polished by Newton steps on (w, b, log sigma) with numerical care, so that its gradient is zero;
the header says by how much scikit-learn deviates. Quantile regression is compared by objective and by prediction where
the optimum is unique, which data in general position make it. RANSAC draws other random numbers and is held to what its
tests prove.
"""

import warnings

import numpy as np
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import HuberRegressor, QuantileRegressor, TheilSenRegressor
from sklearn.linear_model._huber import _huber_loss_and_gradient

from golden import Family, deviation, regression, scaled, short, uncentred, weights

family = Family("robust")


def inputs_of(x, y, w):
    return {"x": x, "y": y, **({} if w is None else {"weights": w})}


def spoilt(n, p, seed, far):
    """A linear problem of which `far` rows are moved far off."""
    x, y = regression(n, p, seed)
    y = y.copy()
    y[:far] = short(60 - 4 * y[:far])
    return x, y


# -- Huber --------------------------------------------------------------------------------------------------

def huber_newton(x, y, w, theta, epsilon, alpha, fit_intercept):
    """Newton's method on scikit-learn's own objective, its Hessian written out; the scale is theta[-1]."""
    w = np.ones(len(y)) if w is None else w
    a = np.column_stack([x, np.ones(len(y))]) if fit_intercept else x
    k = a.shape[1]
    unit = np.append(np.maximum(np.abs(a).max(0), 1e-300), 1.0)
    for _ in range(200):
        value, gradient = _huber_loss_and_gradient(theta, x, y, epsilon, alpha, w)
        sigma, r = theta[-1], y - a @ theta[:k]
        near = np.abs(r) <= epsilon * sigma
        h = np.zeros((k + 1, k + 1))
        an, rn, wn = a[near], r[near], w[near]
        h[:k, :k] = 2 / sigma * (an * wn[:, None]).T @ an
        h[:k, k] = h[k, :k] = 2 / sigma**2 * an.T @ (wn * rn)
        h[k, k] = 2 / sigma**3 * wn @ rn**2
        h[np.arange(x.shape[1]), np.arange(x.shape[1])] += 2 * alpha
        scaled_h = h / unit[:, None] / unit
        step = np.linalg.lstsq(scaled_h, -gradient / unit, rcond=1e-14)[0] / unit
        t = 1.0
        while t > 1e-12:
            trial = theta + t * step
            if trial[-1] > 0 and _huber_loss_and_gradient(trial, x, y, epsilon, alpha, w)[0] <= value:
                break
            t /= 2
        else:
            return theta
        theta = trial
    return theta


def huber(name, x, y, w=None, *, tolerance=1e-7, reason, epsilon=1.35, alpha=1e-4, fit_intercept=True):
    model = HuberRegressor(epsilon=epsilon, alpha=alpha, fit_intercept=fit_intercept, max_iter=100_000, tol=1e-10)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y, sample_weight=w)
    theta = np.concatenate([model.coef_, [model.intercept_] if fit_intercept else [], [model.scale_]])
    theta = huber_newton(x, y, w, theta, epsilon, alpha, fit_intercept)
    p = x.shape[1]
    intercept = theta[p] if fit_intercept else 0.0
    predictions = x @ theta[:p] + intercept
    omega = np.ones(len(y)) if w is None else w
    objective = _huber_loss_and_gradient(theta, x, y, epsilon, alpha, omega)[0]
    family.case(name, "HuberRegressor", tolerance=tolerance, reason=reason,
                params={"epsilon": epsilon, "alpha": alpha, "fit_intercept": fit_intercept}, inputs=inputs_of(x, y, w),
                reference="Newton steps on scikit-learn's objective",
                scikit_learn_deviates_by={"predictions": deviation(model.predict(x), predictions)},
                expected={"predictions": predictions, "scale": theta[-1], "objective": objective})


NEWTON = "both are minima of a smooth convex function to rounding; condition numbers below 1e3"
x, y = spoilt(40, 3, 1, 8)
w = weights(40, 3)
huber("huber", x, y, reason=NEWTON)
huber("huber_weights", x, y, w, reason=NEWTON)
huber("huber_no_intercept", x, y, reason=NEWTON, fit_intercept=False)
huber("huber_penalty", x, y, w, reason=NEWTON, alpha=5.0)
huber("huber_small_epsilon", x, y, reason=NEWTON, epsilon=1.1)
huber("huber_epsilon_3", x, y, reason=NEWTON, epsilon=3.0)
huber("huber_uncentred", uncentred(x), y, tolerance=1e-6, reason="columns near 1e4: the reference is not centred and loses eight digits")
huber("huber_small", short(x * 1e-3), short(y * 1e-3), reason=NEWTON)
huber("huber_duplicates", np.repeat(x[:20], 2, 0), np.repeat(y[:20], 2), reason=NEWTON)

# -- quantiles ----------------------------------------------------------------------------------------------

def pinball(x, y, w, q, alpha, coef, intercept):
    w = np.ones(len(y)) if w is None else w
    r = y - x @ coef - intercept
    return float(w @ np.maximum(q * r, (q - 1) * r) / w.sum() + alpha * np.abs(coef).sum())


def quantile(name, x, y, w=None, *, tolerance=1e-9, reason, q=0.5, alpha=0.0, fit_intercept=True, unique=True):
    model = QuantileRegressor(quantile=q, alpha=alpha, fit_intercept=fit_intercept, solver="highs").fit(x, y, sample_weight=w)
    expected = {"objective": pinball(x, y, w, q, alpha, model.coef_, model.intercept_)}
    if unique:
        expected["predictions"] = model.predict(x)
    family.case(name, "QuantileRegressor", tolerance=tolerance, reason=reason,
                params={"quantile": q, "alpha": alpha, "fit_intercept": fit_intercept}, inputs=inputs_of(x, y, w), expected=expected)


VERTEX = "both are the vertex that is optimal: a linear system of condition below 1e4"
x, y = spoilt(41, 4, 5, 6)
w = weights(41, 7)
for q in (0.1, 0.5, 0.85):
    quantile(f"quantile_{q}", x, y, reason=VERTEX, q=q)
    quantile(f"quantile_{q}_l1", x, y, w, reason=VERTEX, q=q, alpha=0.2)
quantile("quantile_no_intercept", x, y, w, reason=VERTEX, q=0.3, alpha=0.05, fit_intercept=False)
quantile("quantile_uncentred", uncentred(x), y, reason="columns near 1e4 with a spread of 1 cost HiGHS four digits", q=0.6, tolerance=1e-6)
quantile("quantile_scales", scaled(x), y, reason="columns of 1e-6 and 1e6: HiGHS drops what is below its tolerances, 1e-7", q=0.6,
         tolerance=1e-5, unique=False)
xt, yt = np.round(x), np.round(y)
quantile("quantile_ties", xt, yt, reason="many planes are optimal, all with the same objective", q=0.4, unique=False)
quantile("quantile_ties_l1", xt, yt, reason="many planes are optimal, all with the same objective", q=0.4, alpha=0.3, unique=False)
xw, yw = regression(6, 10, 4)
quantile("quantile_wide", xw, yw, reason=VERTEX, q=0.4, alpha=0.1)

# -- Theil–Sen ----------------------------------------------------------------------------------------------

def theil_sen(name, x, y, *, tolerance=1e-6, reason, **params):
    model = TheilSenRegressor(tol=1e-9, max_iter=100_000, max_subpopulation=100_000, **params).fit(x, y)
    family.case(name, "TheilSenRegressor", tolerance=tolerance, reason=reason, params=params, inputs=inputs_of(x, y, None),
                expected={"coef": model.coef_, "intercept": model.intercept_, "predictions": model.predict(x)})


ALL = "all subsets: the same points, and the same point of least distances, which Weiszfeld's iteration nears slowly"
x, y = spoilt(14, 2, 8, 2)
theil_sen("theil_sen", x, y, reason=ALL)
theil_sen("theil_sen_no_intercept", x, y, reason=ALL, fit_intercept=False)
theil_sen("theil_sen_larger_subsets", x, y, reason=ALL, n_subsamples=5)
theil_sen("theil_sen_one_column", x[:, :1], y, reason=ALL)

# -- isotonic -----------------------------------------------------------------------------------------------

def isotonic(name, x, y, w=None, *, reason="means of at most forty numbers", tolerance=1e-12, increasing=True, **params):
    model = IsotonicRegression(increasing=increasing, out_of_bounds="clip", **params)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(x, y, sample_weight=w)
    at = np.sort(np.concatenate([x, (x[1:] + x[:-1]) / 2, [x.min() - 1, x.max() + 1]]))
    family.case(name, "IsotonicRegression", tolerance=tolerance, reason=reason, params={"increasing": increasing, **params},
                inputs={**inputs_of(x, y, w), "at": at},
                expected={"x_thresholds": model.X_thresholds_, "y_thresholds": model.y_thresholds_, "predictions": model.predict(at)})


rng = np.random.default_rng(9)
x = short(rng.standard_normal(40))
y = short(x + rng.standard_normal(40))
w = weights(40, 11)
isotonic("isotonic", x, y)
isotonic("isotonic_weights", x, y, w)
isotonic("isotonic_falling", x, -y, w, increasing=False)
isotonic("isotonic_auto", x, short(-y + 0.1 * x), increasing="auto")
isotonic("isotonic_bounds", x, y, y_min=-0.5, y_max=0.7)
isotonic("isotonic_ties", np.round(2 * x), y, w)
isotonic("isotonic_constant", x, np.full(40, 3.0))
isotonic("isotonic_large", short(x * 1e6), short(y * 1e6), w)

family.close()
