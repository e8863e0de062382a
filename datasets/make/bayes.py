"""Golden files of the naive Bayes classifiers and of linear and quadratic discriminant analysis.

scikit-learn takes no sample weights for discriminants; there, and where its answer depends on the units of the columns,
it is given rows that are repeated, or columns that are brought to unit scale, and the answer is taken back.
"""

import warnings

import numpy as np
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import BernoulliNB, CategoricalNB, ComplementNB, GaussianNB, MultinomialNB

from golden import Family, classification, plain, scaled, short, uncentred, weights

warnings.simplefilter("ignore")
family = Family("bayes")
ROWS = 12
SUMS = "sums over the rows in another order, and logarithms of them"


def contrasts(z):
    """Scores less their mean over the classes: what decides."""
    return z - z.mean(axis=1, keepdims=True) if z.ndim == 2 else z


def case(name, model, x, y, w=None, *, attributes=(), tolerance=1e-10, reason=SUMS, params=None, seen=None):
    model.fit(x, y, **({} if w is None else {"sample_weight": w})) if seen is None else seen()
    expected = {a: getattr(model, a + "_") for a in attributes}
    if hasattr(model, "decision_function"):
        expected["scores"] = contrasts(model.decision_function(x[:ROWS]))
    elif hasattr(model, "predict_joint_log_proba") and not isinstance(model, ComplementNB):
        expected["joint"] = model.predict_joint_log_proba(x[:ROWS])
    expected["proba"] = model.predict_proba(x[:ROWS])
    family.case(name, type(model).__name__, tolerance=tolerance, reason=reason, params=params or model.get_params(),
                inputs={"x": x, "y": y, **({} if w is None else {"weights": w})},
                expected={**{k: plain(v) for k, v in expected.items()}})


# -- naive Bayes ------------------------------------------------------------------------------------------

x, y = classification(30, 4, 3, 21)
xb, yb = classification(26, 3, 2, 22)
w, wb = weights(30, 23), weights(26, 24)
MOMENTS = ["theta", "var", "class_prior", "class_count"]
CENTRE = "means of 1e4 against a spread of 1: nine digits of input, four are lost in the variances"


def gaussian(name, x, y, w=None, **kw):
    settings = kw.pop("settings", {})
    case(f"gaussian_{name}", GaussianNB(**settings), x, y, w, attributes=MOMENTS, **kw)


gaussian("multi", x, y)
gaussian("binary", xb, yb)
gaussian("uncentred", uncentred(x), y, tolerance=1e-8, reason=CENTRE)
gaussian("scales", scaled(x), y, tolerance=1e-9, reason="1e-9 of a variance of 1e12 drowns columns of 1e-6: " + SUMS)
gaussian("tiny", short(x * 1e-6), y)
gaussian("constant_column", np.column_stack([x, np.full(30, 3.0)]), y, tolerance=1e-8,
         reason="the constant column has a variance of 1e-9 of the largest alone: " + SUMS)
gaussian("duplicates", np.repeat(x[:10], 3, axis=0), np.repeat(y[:10], 3))
gaussian("wide", *classification(9, 14, 3, 25))
imbalanced = np.r_[np.zeros(28, int), 1, 1]
gaussian("imbalance", x, imbalanced)
gaussian("priors", x, y, settings={"priors": [0.2, 0.3, 0.5]})
gaussian("smoothing", x, y, settings={"var_smoothing": 0.1})
# Weighted, where scikit-learn's ε is not: ε is given as a share of the weighted variance's.
total = np.average((x - np.average(x, axis=0, weights=w)) ** 2, axis=0, weights=w).max()
case("gaussian_weights", GaussianNB(var_smoothing=0.01 * total / x.var(axis=0).max()), x, y, w, attributes=MOMENTS,
     params={"priors": None, "var_smoothing": 0.01}, reason="scikit-learn is given the ε of the weighted variance; " + SUMS)

rng = np.random.default_rng(26)
counts = rng.poisson(np.array([[3, 1, 0.3, 0.1, 1], [0.2, 2, 2, 0.1, 1], [1, 1, 1, 3, 0.05]])[y])
tfidf = short(counts * rng.uniform(0.2, 1.0, counts.shape))
LOGS = ["feature_count", "class_count", "feature_log_prob"]
for tag, data, weight in [("counts", counts, None), ("tfidf", tfidf, None), ("weights", counts, w)]:
    case(f"multinomial_{tag}", MultinomialNB(), data, y, weight, attributes=LOGS + ["class_log_prior"])
    case(f"complement_{tag}", ComplementNB(), data, y, weight, attributes=LOGS)
    case(f"bernoulli_{tag}", BernoulliNB(), data, y, weight, attributes=LOGS + ["class_log_prior"])
for alpha in [1e-12, 0.1, 50.0]:
    case(f"multinomial_alpha_{alpha:g}", MultinomialNB(alpha=alpha), counts, y, attributes=LOGS)
    case(f"bernoulli_alpha_{alpha:g}", BernoulliNB(alpha=alpha), counts, y, attributes=LOGS, tolerance=1e-4 if alpha < 1e-6 else 1e-10,
         reason="ln(1 − θ) is a difference there, from the counts here: with α = 1e-12 it has twelve digits less")
case("multinomial_not_forced", MultinomialNB(alpha=0.0, force_alpha=False), counts, y, attributes=LOGS)
case("multinomial_uniform", MultinomialNB(fit_prior=False), counts, y, attributes=["class_log_prior"])
case("multinomial_priors", MultinomialNB(class_prior=[0.1, 0.2, 0.7]), counts, y, attributes=["class_log_prior"])
case("complement_norm", ComplementNB(norm=True), counts, y, attributes=LOGS)
case("complement_binary", ComplementNB(), counts[:26], yb, attributes=LOGS)
case("bernoulli_binarize", BernoulliNB(binarize=1.5), counts, y, attributes=LOGS)
case("bernoulli_zero_one", BernoulliNB(binarize=None), (counts > 0).astype(int), y, attributes=LOGS)

categories = np.column_stack([rng.integers(0, 3, 30), (y + rng.integers(0, 2, 30)), rng.integers(0, 5, 30)])
for tag, settings, weight in [("plain", {}, None), ("alpha", {"alpha": 0.3}, None), ("weights", {}, w),
                              ("min_categories", {"min_categories": 6}, None),
                              ("min_categories_each", {"min_categories": [3, 7, 5]}, None),
                              ("uniform", {"fit_prior": False}, None)]:
    case(f"categorical_{tag}", CategoricalNB(**settings), categories, y, weight, attributes=["class_count", "n_categories"])


# -- discriminants ----------------------------------------------------------------------------------------

SVD = "scikit-learn decomposes the rows, here the covariance is: condition number below 1e3"
FITTED = ["means", "priors"]
xl, yl = classification(40, 4, 3, 31)
xm, ym = classification(40, 4, 2, 32)
xc = np.column_stack([xl[:, :3], xl[:, 0] - xl[:, 1], xl[:, 3] * 2, xl[:, 3]])
xk = np.column_stack([xl, np.full(40, 3.0)])


def linear(name, x, y, w=None, **kw):
    settings = kw.pop("settings", {})
    model = LinearDiscriminantAnalysis(**settings)
    rows = np.arange(len(x)) if w is None else np.repeat(np.arange(len(x)), w)
    model.fit(x[rows], y[rows])
    expected = {"means": model.means_, "scores": contrasts(model.decision_function(x[:ROWS])),
                "proba": model.predict_proba(x[:ROWS])}
    if model.solver != "lsqr" and kw.pop("transforms", True):
        # Up to sign, and with the mean of the rows taken off: eigen leaves it.
        expected["distances"] = np.abs(model.transform(x[:ROWS]) - model.transform((model.priors_ @ model.means_)[None]))
        expected["explained_variance_ratio"] = model.explained_variance_ratio_
    kw.setdefault("tolerance", 1e-9)
    kw.setdefault("reason", SVD)
    family.case(f"lda_{name}", "LinearDiscriminantAnalysis", params=model.get_params(),
                inputs={"x": x, "y": y, **({} if w is None else {"weights": w})}, expected=expected, **kw)


for solver in ["svd", "lsqr", "eigen"]:
    s = {"solver": solver}
    linear(f"{solver}_multi", xl, yl, settings=s)
    linear(f"{solver}_binary", xm, ym, settings=s)
    linear(f"{solver}_uncentred", uncentred(xl), yl, settings=s, tolerance=1e-7,
           reason="means of 1e4 against a spread of 1: scikit-learn takes products of the means; nine digits of input")
    linear(f"{solver}_imbalance", xl, np.r_[np.zeros(37, int), 1, 1, 1], settings=s)
    linear(f"{solver}_duplicates", np.repeat(xl[:15], 2, axis=0), np.repeat(yl[:15], 2), settings=s)
    linear(f"{solver}_priors", xl, yl, settings={**s, "priors": [0.5, 0.3, 0.2]}, transforms=solver == "svd")
    linear(f"{solver}_weights", xl, yl, np.arange(40) % 4, settings=s)
linear("svd_scales", scaled(xl), yl, tolerance=1e-8, reason="columns from 1e-6 to 1e6, which are scaled first; " + SVD)
linear("svd_collinear", xc, yl)
linear("svd_constant_column", xk, yl)
linear("svd_wide", *classification(14, 20, 3, 33))
linear("svd_n_components", xl, yl, settings={"n_components": 1})
for shrinkage in [0.0, 0.3, 1.0, "auto"]:
    linear(f"lsqr_shrinkage_{shrinkage}", xl, yl, settings={"solver": "lsqr", "shrinkage": shrinkage})
    linear(f"eigen_shrinkage_{shrinkage}", xl, yl, settings={"solver": "eigen", "shrinkage": shrinkage}, transforms=False)
linear("lsqr_auto_wide", *classification(14, 20, 3, 33), settings={"solver": "lsqr", "shrinkage": "auto"})


def quadratic(name, x, y, w=None, **kw):
    settings = kw.pop("settings", {})
    model = QuadraticDiscriminantAnalysis(store_covariance=True, **settings)
    rows = np.arange(len(x)) if w is None else np.repeat(np.arange(len(x)), w)
    scale = kw.pop("scale", 1.0)
    model.fit((x / scale)[rows], y[rows])
    expected = {"means": model.means_ * scale, "scores": contrasts(model.decision_function((x / scale)[:ROWS])),
                "proba": model.predict_proba((x / scale)[:ROWS])}
    if model.solver == "eigen":
        expected["covariance"] = model.covariance_
    family.case(f"qda_{name}", "QuadraticDiscriminantAnalysis", tolerance=kw.pop("tolerance", 1e-9), params=model.get_params(),
                reason=kw.pop("reason", SVD), inputs={"x": x, "y": y, **({} if w is None else {"weights": w})}, expected=expected)


quadratic("multi", xl, yl)
quadratic("binary", xm, ym)
quadratic("priors", xl, yl, settings={"priors": [0.5, 0.3, 0.2]})
quadratic("uncentred", uncentred(xl), yl, tolerance=1e-8, reason="means of 1e4 against a spread of 1: nine digits of input")
quadratic("tiny", short(xl * 1e-6), yl, scale=1e-6, tolerance=1e-9,
          reason="scikit-learn refuses columns of this scale, and is given those of unit scale")
quadratic("scales", scaled(xl), yl, scale=np.logspace(-6, 6, 4), tolerance=1e-8,
          reason="scikit-learn is given columns of unit scale; " + SVD)
quadratic("weights", xl, yl, np.arange(40) % 4)
quadratic("duplicates", np.repeat(xl[:25], 2, axis=0), np.repeat(yl[:25], 2))
for reg in [0.1, 1.0]:
    quadratic(f"reg_{reg:g}", xl, yl, settings={"reg_param": reg})
for shrinkage in [0.3, "auto"]:
    quadratic(f"shrinkage_{shrinkage}", xl, yl, settings={"solver": "eigen", "shrinkage": shrinkage})
quadratic("auto_wide", *classification(20, 12, 2, 34), settings={"solver": "eigen", "shrinkage": "auto"})
family.close()
