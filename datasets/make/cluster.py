"""Golden files of clusterings and mixtures.

scikit-learn's mixtures take no weights; there it is given rows that are repeated.
"""

import warnings

import numpy as np
from sklearn.cluster import (AffinityPropagation, AgglomerativeClustering, Birch, BisectingKMeans, MeanShift, MiniBatchKMeans,
                             SpectralClustering, estimate_bandwidth)
from sklearn.mixture import BayesianGaussianMixture, GaussianMixture
from sklearn.neighbors import kneighbors_graph

from golden import Family, short, uncentred, weights

warnings.simplefilter("ignore")
family = Family("cluster")
ROWS = 12
EM = "the same steps with sums in another order; each step multiplies what differs by no more than a few"


def groups(n, p, k, seed):
    """Overlapping stretched groups."""
    rng = np.random.default_rng(seed)
    centres = 3 * rng.standard_normal((k, p))
    mix = np.eye(p) + 0.4 * rng.standard_normal((p, p))
    return short(centres[rng.integers(k, size=n)] + rng.standard_normal((n, p)) @ mix)


# -- mixtures ---------------------------------------------------------------------------------------------

def precisions(x, k, kind):
    """The inverse variances of the columns, in the form of the type."""
    v = 1 / x.var(0)
    return {"full": np.repeat(np.diag(v)[None], k, 0), "tied": np.diag(v), "diag": np.repeat(v[None], k, 0),
            "spherical": np.full(k, v.mean())}[kind]


def mixture(name, x, k, kind, w=None, *, tolerance=1e-9, reason=EM, given=True, **settings):
    start = dict(weights_init=np.full(k, 1 / k), means_init=x[:: len(x) // k][:k], precisions_init=precisions(x, k, kind)) if given else {}
    model = GaussianMixture(k, covariance_type=kind, **start, **settings)
    rows = x if w is None else np.repeat(x, w, axis=0)
    model.fit(rows)
    expected = {"weights": model.weights_, "means": model.means_, "covariances": model.covariances_, "precisions": model.precisions_,
                "bounds": model.lower_bounds_, "iterations": model.n_iter_, "converged": model.converged_,
                "scores": model.score_samples(x[:ROWS]), "proba": model.predict_proba(x[:ROWS]), "labels": model.predict(x),
                "bic": model.bic(x), "aic": model.aic(x)}
    params = {key: value for key, value in model.get_params().items() if key not in ("random_state", "verbose", "warm_start", "init_params")}
    family.case(f"mixture_{name}_{kind}", "GaussianMixture", tolerance=tolerance, reason=reason, params=params,
                inputs={"x": x, **({} if w is None else {"weights": w})}, expected=expected)


xg = groups(80, 3, 3, 1)
for kind in ["full", "tied", "diag", "spherical"]:
    mixture("default", xg, 3, kind)
    mixture("to_the_end", xg, 3, kind, tol=1e-10, max_iter=500, tolerance=1e-6,
            reason="near the maximum, steps are as long as what rounding leaves of them")
    mixture("weights", xg, 2, kind, np.arange(80) % 3, max_iter=6)
    mixture("one_component", xg, 1, kind, given=False)
    mixture("regularised", xg, 3, kind, reg_covar=0.5, max_iter=8)
    mixture("wide", groups(24, 9, 2, 4), 2, kind, max_iter=4, reg_covar=0.1)
    mixture("duplicates", np.repeat(xg[:30], 2, axis=0), 2, kind, max_iter=5)
    mixture("uncentred", uncentred(xg), 3, kind, max_iter=5, tolerance=1e-5,
            reason="scikit-learn takes squares about zero for all types but full: eight of sixteen digits of means of 1e4")


# -- k-means in batches: the draws differ, so one step with all rows and one with each third, from given centres --------

def batches(name, x, k, w=None, *, tolerance=1e-10, reason="weighted means, summed in another order"):
    w_ = np.ones(len(x)) if w is None else w
    model = MiniBatchKMeans(k, init=x[:: len(x) // k][:k].copy(), n_init=1, reassignment_ratio=0.0)
    steps = [slice(None)] + [slice(len(x) * i // 3, len(x) * (i + 1) // 3) for i in range(3)]
    centers = []
    for step in steps:
        model.partial_fit(x[step], sample_weight=w_[step])
        centers.append(model.cluster_centers_.copy())
    family.case(f"batches_{name}", "MiniBatchKMeans", tolerance=tolerance, reason=reason, params={"n_clusters": k},
                inputs={"x": x, "init": x[:: len(x) // k][:k], **({} if w is None else {"weights": w})},
                expected={"centers": np.concatenate(centers), "labels": model.predict(x)})


batches("plain", xg, 3)
batches("weights", xg, 4, weights(80, 3))
batches("duplicates", np.repeat(xg[:30], 2, axis=0), 2)
batches("tiny", short(xg * 1e-6), 3)
batches("uncentred", uncentred(xg), 3)


# -- trees of clusters; labels are compared up to their names --------------------------------------------------------------

TREE = "the same distances, summed in another order"


def first(labels):
    """Labels numbered by their lowest rows, noise as it is."""
    names = {}
    return [int(c) if c < 0 else names.setdefault(c, len(names)) for c in labels]


def tree(name, x, linkage, tolerance=1e-10, neighbours=None, **settings):
    graph = None if neighbours is None else kneighbors_graph(x, neighbours, include_self=False).tocoo()
    model = AgglomerativeClustering(linkage=linkage, connectivity=graph, compute_distances=True, **settings).fit(x)
    edges = {} if graph is None else {"edges": np.stack([graph.row, graph.col], 1)}
    family.case(f"tree_{name}_{linkage}", "AgglomerativeClustering", tolerance=tolerance, reason=TREE,
                params={"linkage": linkage, **{k: v for k, v in settings.items()}}, inputs={"x": x, **edges},
                expected={"children": np.sort(model.children_, 1), "distances": model.distances_, "labels": first(model.labels_)})


for linkage in ["ward", "complete", "average", "single"]:
    tree("default", xg, linkage)
    tree("threshold", xg, linkage, n_clusters=None, distance_threshold=2.5)
    tree("wide", groups(24, 9, 2, 4), linkage, n_clusters=5)
    tree("tiny", short(xg * 1e-6), linkage, n_clusters=4, tolerance=1e-8)
    tree("uncentred", uncentred(xg), linkage, n_clusters=3, tolerance=1e-8)
    tree("neighbours", xg, linkage, n_clusters=3, neighbours=8)
    if linkage != "ward":
        tree("manhattan", xg, linkage, n_clusters=3, metric="manhattan")
        tree("cosine", xg, linkage, n_clusters=3, metric="cosine", tolerance=1e-7)

# -- others: labels, and what does not depend on draws -----------------------------------------------------------------------


def same(name, estimator, x, model, expected=None, tolerance=1e-9, reason=TREE, **params):
    model.fit(x)
    family.case(f"{estimator.lower()}_{name}", estimator, tolerance=tolerance, reason=reason, params=params, inputs={"x": x},
                expected={"labels": first(model.labels_), **({} if expected is None else expected(model))})


apart = short(groups(60, 2, 3, 11) + 25 * np.repeat(np.eye(3)[:, :2], 20, 0))
for name, x in [("plain", xg), ("apart", apart), ("uncentred", uncentred(apart)), ("duplicates", np.repeat(apart[:30], 2, axis=0))]:
    for bins in [False, True]:
        h = float(estimate_bandwidth(x, quantile=0.2))
        same(f"{name}_{bins}".lower(), "MeanShift", x, MeanShift(bandwidth=h, bin_seeding=bins),
             lambda m: {"centers": m.cluster_centers_, "bandwidth": [estimate_bandwidth(x, quantile=0.3)]}, bandwidth=h, bin_seeding=bins)
same("noise", "MeanShift", xg, MeanShift(bandwidth=2.0, bin_seeding=True, min_bin_freq=2, cluster_all=False),
     lambda m: {"centers": m.cluster_centers_, "bandwidth": [estimate_bandwidth(xg)]}, bandwidth=2.0, bin_seeding=True, min_bin_freq=2, cluster_all=False)
for name, x, settings in [("plain", xg, {}), ("apart", apart, {}), ("damped", xg, {"damping": 0.9}), ("preference", apart, {"preference": -50.0})]:
    same(name, "AffinityPropagation", x, AffinityPropagation(random_state=0, **settings),
         lambda m: {"examples": m.cluster_centers_indices_, "iterations": m.n_iter_}, reason="examples are rows", **settings)
for name, x, settings in [("plain", xg, {}), ("small", xg, {"threshold": 0.3, "branching_factor": 5}), ("none", xg, {"threshold": 1.5, "n_clusters": None}),
                          ("apart", apart, {"threshold": 2.0, "branching_factor": 3})]:
    same(name, "Birch", x, Birch(**settings), lambda m: {"centers": sorted(m.subcluster_centers_.tolist())},
         **{key: "none" if value is None else value for key, value in settings.items()})
for name, settings in [("rbf", {"gamma": 0.05}), ("neighbours", {"affinity": "nearest_neighbors", "n_neighbors": 6})]:
    same(name, "SpectralClustering", apart, SpectralClustering(3, random_state=0, **settings), reason="rows are the same groups", **settings)
for strategy in ["biggest_inertia", "largest_cluster"]:
    same(strategy, "BisectingKMeans", apart, BisectingKMeans(3, n_init=10, random_state=0, tol=0, bisecting_strategy=strategy),
         lambda m: {"inertia": [m.inertia_]}, bisecting_strategy=strategy)

# -- mixtures with priors, from given shares ------------------------------------------------------------------------------


class FromShares(BayesianGaussianMixture):
    def _initialize_parameters(self, X, random_state, xp=None):
        self._initialize(X, self.shares)


def bayesian(name, x, k, kind, tolerance=1e-8, **settings):
    rng = np.random.default_rng(5)
    shares = np.round(rng.dirichlet(np.ones(k), len(x)), 4)
    shares[:, 0] = 1 - shares[:, 1:].sum(1)
    model = FromShares(n_components=k, covariance_type=kind, **settings)
    model.shares = shares
    model.fit(x)
    gamma = model.weight_concentration_
    gamma = np.stack(gamma, 1) if isinstance(gamma, tuple) else np.stack([gamma, np.zeros(k)], 1)
    params = {key: value for key, value in model.get_params().items()
              if key not in ("random_state", "verbose", "warm_start", "verbose_interval", "init_params", "n_init") and value is not None}
    family.case(f"bayesian_{name}_{kind}", "BayesianGaussianMixture", tolerance=tolerance, reason=EM, params=params,
                inputs={"x": x, "shares": shares},
                expected={"weights": model.weights_, "means": model.means_, "covariances": model.covariances_, "bounds": model.lower_bounds_,
                          "iterations": model.n_iter_, "concentration": gamma, "precision": model.mean_precision_,
                          "freedom": np.broadcast_to(model.degrees_of_freedom_, k), "scores": model.score_samples(x[:ROWS]),
                          "proba": model.predict_proba(x[:ROWS]), "labels": model.predict(x)})


for kind in ["full", "tied", "diag", "spherical"]:
    bayesian("default", xg, 3, kind, max_iter=8)
    bayesian("dirichlet", xg, 4, kind, max_iter=8, weight_concentration_prior_type="dirichlet_distribution", weight_concentration_prior=0.01)
    bayesian("priors", xg, 3, kind, max_iter=5, mean_precision_prior=0.1, mean_prior=[1.0, -2.0, 0.5], degrees_of_freedom_prior=7.5, reg_covar=0.1)
family.close()
