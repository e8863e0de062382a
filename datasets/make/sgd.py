"""Golden files of SGDClassifier, SGDRegressor and Perceptron.

Without shuffling, stochastic gradient descent is deterministic: the very steps of scikit-learn are expected. A case holds one data
set and many settings; each expected value is a fit's coefficients, row after row, and then its intercepts.

Left out, because they differ on purpose: averages under an L1 penalty, weights whose mean is not 1, class weights of three classes and
more, an intercept beside sparse records.
"""

import warnings

import numpy as np
from scipy import sparse
from sklearn.linear_model import Perceptron, SGDClassifier, SGDRegressor

from golden import Family, classification, regression, scaled, short

warnings.simplefilter("ignore")
family = Family("sgd")
STEPS = ("the same few hundred steps in another order of operations: roundings of 1e-16 each, which decreasing steps keep from "
         "growing; losses with a kink take the same side")
SHARED = {"penalty": "l2", "max_iter": 4, "tol": None, "shuffle": False, "alpha": 0.01, "l1_ratio": 0.3, "eta0": 0.02}
PENALTIES = ["l2", "l1", "elasticnet", None]


def answer(model):
    return np.concatenate([np.ravel(model.coef_), np.ravel(model.intercept_)])


def key(settings):
    return " ".join(f"{k}={v}" for k, v in settings.items()) or "defaults"


def case(name, cls, x, y, runs, *, w=None, csr=False, counts=False, proba=False, tolerance=1e-10, reason=STEPS, **shared):
    shared = ({} if cls is Perceptron else SHARED) | shared
    expected, kept, keys = {}, [], []
    given = sparse.csr_matrix(x) if csr else x
    for settings in runs:
        try:
            model = cls(**shared | settings).fit(given, y, sample_weight=w)
        except ValueError as error:
            assert "overflow" in str(error), error
            continue
        keys.append(key(settings))
        kept.append(shared | settings | ({"average": int(settings["average"])} if "average" in settings else {}))
        expected[key(settings)] = answer(model)
        if counts:
            expected["epochs " + key(settings)] = model.n_iter_
        if proba:
            expected["proba " + key(settings)] = model.predict_proba(given[:12])
    family.case(name, cls.__name__, tolerance=tolerance, reason=reason,
                inputs={"x": x, "y": y, "sparse": csr, "runs": kept, "keys": keys, **({} if w is None else {"weights": w})},
                expected=expected)


def product(rates, penalties=PENALTIES, averages=(False, 1, 50)):
    return [{"penalty": p, "learning_rate": r, "average": a} for r in rates for p in penalties for a in averages
            if not (a and p in ("l1", "elasticnet"))]


x, y = classification(40, 4, 2, 7)
xk, yk = classification(45, 3, 4, 8)
xr, yr = regression(40, 4, 3)
w = np.random.default_rng(5).uniform(0.2, 0.99, 20).round(2)
w = np.concatenate([w, 2 - w])
RATES = ["constant", "optimal", "invscaling", "adaptive"]

# With a squared loss the first steps of "optimal", α^(−1/4) long, overshoot and make 1e-16 large; with α = 1 they do so little.
SQUARED = ["squared_error", "huber", "squared_epsilon_insensitive"]


def runs_of(loss):
    if loss not in SQUARED:
        return product(RATES)
    optimal = [{**run, "alpha": 1.0} for run in product(["optimal"], ["l2", None])]
    return product([r for r in RATES if r != "optimal"]) + optimal


for loss in ["hinge", "squared_hinge", "modified_huber", "log_loss", "perceptron", "squared_error", "huber",
             "epsilon_insensitive", "squared_epsilon_insensitive"]:
    case(f"classifier_{loss}", SGDClassifier, x, y, runs_of(loss), loss=loss, proba=loss in ("modified_huber", "log_loss"))
for loss in ["squared_error", "huber", "epsilon_insensitive", "squared_epsilon_insensitive"]:
    case(f"regressor_{loss}", SGDRegressor, xr, yr, runs_of(loss), loss=loss)

PA = [{"learning_rate": r, "penalty": p, "average": a, "eta0": c} for r in ("pa1", "pa2") for p in (None, "l2") for a in (False, 1)
      for c in (0.1, 1.0)]
case("classifier_passive_aggressive", SGDClassifier, x, y, PA)
case("regressor_passive_aggressive", SGDRegressor, xr, yr, PA, loss="epsilon_insensitive")
case("perceptron", Perceptron, x, y, [{"penalty": p, "eta0": e} for p in PENALTIES for e in (1.0, 0.3)], max_iter=4, tol=None,
     shuffle=False)

# With a squared loss the first steps of "optimal", α^(−1/4) long, overshoot and make 1e-16 large; with α = 1 they do so little.
SQUARED = ["squared_error", "huber", "squared_epsilon_insensitive"]


def runs_of(loss):
    if loss not in SQUARED:
        return product(RATES)
    optimal = [{**run, "alpha": 1.0} for run in product(["optimal"], ["l2", None])]
    return product([r for r in RATES if r != "optimal"]) + optimal


for loss in ["hinge", "log_loss", "modified_huber"]:
    case(f"classes_{loss}", SGDClassifier, xk, yk, product(["optimal", "invscaling"], averages=(False, 1)), loss=loss,
         proba=loss != "hinge")
case("classifier_no_intercept", SGDClassifier, x, y, product(["optimal"]), loss="log_loss", fit_intercept=False)
case("classifier_weights", SGDClassifier, x, y, product(["optimal", "constant"]), w=w, loss="log_loss")
case("regressor_weights", SGDRegressor, xr, yr, product(["invscaling"]), w=w)
case("classifier_balanced", SGDClassifier, x, y, [{"loss": loss} for loss in ("hinge", "log_loss")], class_weight="balanced")
case("classifier_powers", SGDClassifier, x, y, [{"power_t": p} for p in (0.0, 0.25, 0.5, 0.7, 1.0)], learning_rate="invscaling")

# A third of the values are zero; columns that do not occur in a row keep their L1 penalty until they do.
gaps = np.where(np.random.default_rng(9).uniform(size=x.shape) < 0.35, 0.0, x)
case("sparse_classifier", SGDClassifier, gaps, y, product(["optimal", "constant"]), csr=True, loss="log_loss", fit_intercept=False)
case("sparse_regressor", SGDRegressor, np.where(gaps == 0, 0.0, xr), yr, product(["invscaling"]), csr=True, fit_intercept=False)

# Where to stop is decided by the same sums: without a penalty they are the same numbers.
for cls, name, a, b in [(SGDClassifier, "classifier", x, y), (SGDRegressor, "regressor", xr, yr)]:
    losses = ["hinge", "log_loss"] if cls is SGDClassifier else ["squared_error", "huber"]
    runs = [{"loss": loss, "learning_rate": r, "tol": tol} for loss in losses for r in ("invscaling", "adaptive")
            for tol in (1e-3, 1e-2)]
    case(f"{name}_stopping", cls, a, b, runs, counts=True, penalty=None, max_iter=300, n_iter_no_change=3)

ROUGH = ("means and scales that stochastic gradient descent is not made for: steps overshoot and roundings grow with them; ")
wide = short(x * np.logspace(-3, 3, 4))
case("classifier_scales", SGDClassifier, wide, y, product(["optimal"], averages=(False,)), reason=ROUGH + STEPS, tolerance=1e-9)
case("classifier_uncentred", SGDClassifier, short(x + 100, 6), y, product(["optimal"], averages=(False,)), reason=ROUGH + STEPS,
     tolerance=1e-9)
case("classifier_duplicates", SGDClassifier, np.repeat(x[:12], 2, axis=0), np.tile([0, 1], 12), product(["optimal"]), loss="log_loss")
case("classifier_wide", SGDClassifier, *classification(12, 20, 2, 11), product(["optimal"], averages=(False, 1)), loss="log_loss")
case("classifier_separable", SGDClassifier, np.array([[-2.0], [-1.0], [1.0], [2.5]]), np.array([0, 0, 1, 1]), product(["optimal"]))
family.close()
