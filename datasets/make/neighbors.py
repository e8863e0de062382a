"""Golden files of neighbours: who they are in every metric, classification and regression, centroids, outliers, densities."""

import warnings

import numpy as np
from sklearn.metrics import pairwise_distances
from sklearn.impute import KNNImputer
from sklearn.neighbors import (KernelDensity, KNeighborsClassifier, KNeighborsRegressor, LocalOutlierFactor, NearestCentroid,
                               NearestNeighbors, NeighborhoodComponentsAnalysis, RadiusNeighborsClassifier, RadiusNeighborsRegressor)

from golden import Family, classification, plain, regression, scaled, short, uncentred

warnings.simplefilter("ignore")
family = Family("neighbors")
SUMS = "sums over the columns in another order, and a root"
CANCEL = "scikit-learn's cosines are 1 less a product: nearly equal directions lose half of the digits"

# -- metrics ----------------------------------------------------------------------------------------------

rng = np.random.default_rng(41)
x, q = short(rng.standard_normal((24, 4))), short(rng.standard_normal((4, 4)))
angles, asked = short(rng.uniform(-1.5, 1.5, (24, 2))), short(rng.uniform(-1.5, 1.5, (4, 2)))
truth, asked_truth = (rng.random((24, 9)) < 0.4).astype(float), (rng.random((4, 9)) < 0.4).astype(float)
gaps, asked_gaps = x.copy(), q.copy()
gaps[rng.random(x.shape) < 0.25], asked_gaps[0, 1], asked_gaps[3, 2] = np.nan, np.nan, np.nan
root = rng.standard_normal((4, 4))
inverse = short(root @ root.T + np.eye(4))
inverse = (inverse + inverse.T) / 2


def metric(name, data=x, queries=q, tolerance=1e-12, reason=SUMS, tag="", **options):
    """All distances; and neighbours, where no two distances are the same."""
    distances = pairwise_distances(queries, data, metric=name, **options)
    expected = {"distances": distances}
    if name in ("euclidean", "manhattan", "chebyshev", "minkowski", "haversine", "cosine", "mahalanobis", "seuclidean", "canberra"):
        algorithm = "brute" if name in ("cosine", "mahalanobis", "seuclidean", "canberra") else "ball_tree"
        found = NearestNeighbors(n_neighbors=7, metric=name, algorithm=algorithm, metric_params=options or None).fit(data)
        expected["rows"] = found.kneighbors(queries, return_distance=False)
        expected["counts"] = [len(i) for i in found.radius_neighbors(queries, np.median(distances), return_distance=False)]
    family.case(f"metric_{name}{tag}", "metric", tolerance=tolerance, reason=reason, params={"metric": name, **options},
                inputs={"x": data, "queries": queries}, expected=expected)


metric("euclidean", tolerance=1e-10, reason="scikit-learn takes squares from a product, which cancels")
metric("sqeuclidean")
metric("manhattan")
metric("chebyshev")
metric("minkowski", p=3.0)
metric("minkowski", tag="_1_5", p=1.5)
metric("minkowski", tag="_weighted", p=3.0, w=np.array([0.5, 2.0, 0.0, 1.0]))
metric("seuclidean", V=np.array([0.5, 2.0, 3.0, 1.0]))
metric("mahalanobis", VI=inverse, reason="a root of the matrix is taken here, a product there")
metric("cosine", tolerance=1e-10, reason=CANCEL)
metric("correlation", tolerance=1e-10, reason=CANCEL)
metric("haversine", angles, asked, tolerance=1e-12, reason="angles of chords, not the formula")
metric("canberra")
metric("braycurtis")
metric("nan_euclidean", gaps, asked_gaps, tolerance=1e-9, reason="scikit-learn takes squares from a product, which cancels")
metric("hamming", truth, asked_truth)
for name in ["jaccard", "dice", "rogerstanimoto", "russellrao", "sokalsneath", "yule"]:
    metric(name, truth.astype(bool), asked_truth.astype(bool))

# -- classification and regression ------------------------------------------------------------------------

xc, yc = classification(45, 3, 3, 42)
xb, yb = classification(40, 4, 2, 43)
new = short(rng.standard_normal((8, 3)) * 1.5)
newb = short(rng.standard_normal((8, 4)) * 1.5)


def classifier(name, model, x, y, new, **kw):
    family.case(name, type(model).__name__, tolerance=1e-12, reason="shares of votes", params=model.get_params(),
                inputs={"x": x, "y": y, "new": new}, expected={"proba": model.fit(x, y).predict_proba(new), "predict": model.predict(new)})


for weights in ["uniform", "distance"]:
    for tag, data in [("multi", (xc, yc, new)), ("binary", (xb, yb, newb)), ("uncentred", (uncentred(xc), yc, uncentred(new))),
                      ("scales", (scaled(xb), yb, scaled(newb))), ("duplicates", (np.repeat(xc[:9], 5, axis=0), np.repeat(yc[:9], 5), xc[:9]))]:
        classifier(f"classify_{weights}_{tag}", KNeighborsClassifier(weights=weights), *data)
    classifier(f"classify_{weights}_manhattan", KNeighborsClassifier(7, weights=weights, metric="manhattan"), xc, yc, new)
    classifier(f"classify_{weights}_radius", RadiusNeighborsClassifier(4.0, weights=weights), xc, yc, new)
classifier("classify_all_rows", KNeighborsClassifier(45), xc, yc, new)

xr, yr = regression(40, 3, 44)
xt, yt = regression(40, 3, 45, targets=2)


def regressor(name, model, x, y, new, tolerance=1e-12):
    family.case(name, type(model).__name__, tolerance=tolerance, reason="means of neighbours, in another order", params=model.get_params(),
                inputs={"x": x, "y": y, "new": new}, expected={"predict": model.fit(x, y).predict(new)})


for weights in ["uniform", "distance"]:
    regressor(f"regress_{weights}", KNeighborsRegressor(weights=weights), xr, yr, new)
    regressor(f"regress_{weights}_multi", KNeighborsRegressor(4, weights=weights, metric="chebyshev"), xt, yt, new)
    regressor(f"regress_{weights}_uncentred", KNeighborsRegressor(weights=weights), uncentred(xr), yr + 1e6, uncentred(new))
    regressor(f"regress_{weights}_itself", KNeighborsRegressor(weights=weights), xr, yr, xr[:9])
    regressor(f"regress_{weights}_radius", RadiusNeighborsRegressor(4.0, weights=weights), xt, yt, new)

# -- centroids --------------------------------------------------------------------------------------------


def centroid(name, x, y, new, **settings):
    model = NearestCentroid(**settings).fit(x, y)
    expected = {"centroids": model.centroids_, "deviations": model.within_class_std_dev_, "predict": model.predict(new)}
    if settings.get("priors"):
        scores = model.decision_function(new)
        # Half of scikit-learn's, which are −d² + 2 ln π.
        expected["scores"] = (scores if scores.ndim == 1 else scores - scores.mean(axis=1, keepdims=True)) / 2
    family.case(f"centroid_{name}", "NearestCentroid", tolerance=1e-10, reason="sums over the rows in another order", params=model.get_params(),
                inputs={"x": x, "y": y, "new": new}, expected=expected)


centroid("multi", xc, yc, new)
centroid("binary", xb, yb, newb)
centroid("manhattan", xc, yc, new, metric="manhattan")
centroid("shrunken", xc, yc, new, shrink_threshold=1.5)
centroid("shrunken_manhattan", xc, yc, new, metric="manhattan", shrink_threshold=0.3)
centroid("priors", xc, yc, new, priors=[0.2, 0.3, 0.5])
centroid("empirical", xb, yb, newb, priors="empirical")
centroid("scales", scaled(xb), yb, scaled(newb), shrink_threshold=0.5)

# -- outliers and densities -------------------------------------------------------------------------------

xo = np.vstack([xc, short(rng.uniform(-9, 9, (5, 3)))])


def outlier(name, x, new, **settings):
    own = LocalOutlierFactor(**settings).fit(x)
    later = LocalOutlierFactor(novelty=True, **settings).fit(x)
    family.case(f"outlier_{name}", "LocalOutlierFactor", tolerance=1e-10, reason="means of distances in another order", params=own.get_params(),
                inputs={"x": x, "new": new}, expected={"factors": -own.negative_outlier_factor_, "labels": own.fit_predict(x),
                                                       "limit": -own.offset_, "scores": later.score_samples(new), "predict": later.predict(new)})


outlier("default", xo, new)
outlier("few", xo, new, n_neighbors=3)
outlier("share", xo, new, n_neighbors=10, contamination=0.15)
outlier("manhattan", xo, new, n_neighbors=10, metric="manhattan")
outlier("all_rows", xo, new, n_neighbors=49)

for kernel in ["gaussian", "tophat", "epanechnikov", "exponential", "linear", "cosine"]:
    for tag, data, w, h in [("plain", xc, None, 1.3), ("weights", xc, short(rng.uniform(0.1, 3, 45), 3), 0.8), ("one", xc[:, :1], None, 0.5)]:
        model = KernelDensity(kernel=kernel, bandwidth=h).fit(data, sample_weight=w)
        queries = new[:, :data.shape[1]]
        family.case(f"density_{kernel}_{tag}", "KernelDensity", tolerance=1e-12, reason="logarithms of sums in another order",
                    params=model.get_params(), inputs={"x": data, "new": queries, **({} if w is None else {"weights": w})},
                    expected={"log_density": model.score_samples(queries)})
for rule in ["scott", "silverman"]:
    model = KernelDensity(bandwidth=rule).fit(xc)
    family.case(f"density_{rule}", "KernelDensity", tolerance=1e-12, reason="logarithms of sums in another order",
                params=model.get_params(), inputs={"x": xc, "new": new}, expected={"log_density": model.score_samples(new)})

# -- missing values, and a linear map ---------------------------------------------------------------------

gaps = short(rng.standard_normal((40, 5)))
gaps[rng.random(gaps.shape) < 0.25] = np.nan
asked = short(rng.standard_normal((8, 5)))
asked[rng.random(asked.shape) < 0.3] = np.nan
for name, data, settings in [("default", gaps, {}), ("distance", gaps, {"weights": "distance", "n_neighbors": 3}), ("all_rows", gaps, {"n_neighbors": 40}),
                             ("scales", gaps * [100, 1, 0.01, 1, 1], {"n_neighbors": 4})]:
    model = KNNImputer(**settings).fit(data)
    new = asked * [100, 1, 0.01, 1, 1] if name == "scales" else asked
    family.case(f"impute_{name}", "KNNImputer", tolerance=1e-12, reason="means of values in another order",
                params={"n_neighbors": model.n_neighbors, "weights": model.weights}, inputs={"x": data, "new": new},
                expected={"own": model.transform(data), "filled": model.transform(new)})

# Few distinct rows: the maximum is at a finite map. Most often it is not.
rng = np.random.default_rng(0)
xn = rng.integers(0, 6, (160, 3)).astype(float)
yn = (rng.random(160) < 1 / (1 + np.exp(-0.8 * (xn[:, 0] + 0.5 * xn[:, 1] - 4)))).astype(int)
for init, q in [("pca", 2), ("lda", 1), ("identity", 2)]:
    model = NeighborhoodComponentsAnalysis(n_components=q, init=init, max_iter=5000, tol=1e-14).fit(xn, yn)
    z = model.transform(xn)
    s = np.exp(-((z[:, None] - z[None]) ** 2).sum(2)) * (1 - np.eye(len(z)))
    share = (s * (yn[:, None] == yn[None])).sum(1) / s.sum(1)
    family.case(f"components_{init}", "NeighborhoodComponentsAnalysis", tolerance=1e-4, reason="a flat maximum, by two solvers",
                params={"n_components": q, "init": init}, inputs={"x": xn, "y": yn, "map": model.components_},
                expected={"objective": [share.mean()], "gram": model.components_.T @ model.components_})

family.close()
