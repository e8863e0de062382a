"""Golden files of density-based clustering: DBSCAN, HDBSCAN, OPTICS, and ELKI's numbers for OPTICS."""

import ast
import warnings
from pathlib import Path

import numpy as np
import sklearn
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial.distance import cdist
from sklearn.cluster import DBSCAN, HDBSCAN, OPTICS, cluster_optics_dbscan
from sklearn.cluster._hdbscan._tree import _condense_tree

from golden import Family, short, uncentred

warnings.simplefilter("ignore")
family = Family("density_clusters")


def clumps(n, p, centres, seed, noise=0.15):
    """Clusters of different spreads and sizes, and some rows anywhere."""
    rng = np.random.default_rng(seed)
    c = rng.uniform(-6, 6, (centres, p))
    y = rng.choice(centres, n, p=np.arange(1, centres + 1) / (centres * (centres + 1) / 2))
    x = c[y] + rng.standard_normal((n, p)) * rng.uniform(0.3, 0.9, centres)[y][:, None]
    anywhere = rng.random(n) < noise
    x[anywhere] = rng.uniform(-8, 8, (anywhere.sum(), p))
    return short(x, 5)


def by_first_row(labels):
    """Clusters numbered by their first row."""
    names = {-1: -1}
    for label in labels:
        names.setdefault(int(label), len(names) - 1)
    return [names[int(label)] for label in labels]


# -- DBSCAN: the very same labels, border rows and numbers too --------------------------------------------


def dbscan(name, x, weights=None, **settings):
    model = DBSCAN(**settings).fit(x, sample_weight=weights)
    family.case(f"dbscan_{name}", "DBSCAN", tolerance=0.0, reason="labels", params=model.get_params(),
                inputs={"x": x, **({} if weights is None else {"weights": weights})},
                expected={"labels": model.labels_, "core": model.core_sample_indices_})


flat = clumps(100, 2, 4, 51)
deep = clumps(70, 5, 3, 52)
for eps in [0.3, 0.6, 1.2]:
    for m in [1, 4, 9]:
        dbscan(f"flat_{eps}_{m}", flat, eps=eps, min_samples=m)
dbscan("deep", deep, eps=1.5, min_samples=5)
dbscan("manhattan", flat, eps=0.8, min_samples=5, metric="manhattan")
dbscan("cosine", deep, eps=0.05, min_samples=4, metric="cosine")
dbscan("uncentred", uncentred(flat), eps=0.6, min_samples=5)
dbscan("duplicates", np.repeat(flat[:30], 4, axis=0), eps=0.9, min_samples=8)
dbscan("weights", flat, short(np.random.default_rng(53).uniform(0.1, 3, 100), 3), eps=0.5, min_samples=6)

# -- HDBSCAN: scikit-learn's `cluster_selection_epsilon` does not run on this NumPy -----------------------


def firm_rows(x, min_cluster_size, min_samples=None, metric="euclidean", alpha=1.0, **_):
    """Rows that do not leave a cluster just where it falls apart. The others hang on both parts by edges of one length, and
    are counted to either, or to none, by the order in which these are cut."""
    d = cdist(x, x, {"manhattan": "cityblock"}.get(metric, metric))
    core = np.sort(d, axis=1)[:, (min_samples or min_cluster_size) - 1]
    m = np.maximum(d / alpha, np.maximum(core[:, None], core[None]))
    firm = np.ones(len(x), bool)
    for level in np.unique(minimum_spanning_tree(m).data):
        whole = connected_components(m <= level * (1 + 1e-12))[1]
        parts = connected_components(m < level * (1 - 1e-12))[1]
        large = np.bincount(parts)[parts] >= min_cluster_size
        for c in np.unique(whole[large]):
            if len(np.unique(parts[large & (whole == c)])) > 1:
                firm[~large & (whole == c)] = False
    return np.flatnonzero(firm)


def firmness(model, min_cluster_size):
    """Probabilities as documented: by the largest λ of the cluster. scikit-learn takes the largest of the last stretch of its
    tree in which rows of the cluster follow one another."""
    tree = _condense_tree(model._single_linkage_tree_, min_cluster_size)
    for split in tree[tree["cluster_size"] > 1]:
        assert tree["value"][tree["parent"] == split["child"]].max() > split["value"], "a cluster by the order of equal edges"
    n = len(model.labels_)
    rows = {c: set(tree["child"][(tree["parent"] == c) & (tree["child"] < n)]) for c in np.unique(tree["parent"])}
    for parent, child in sorted(zip(tree["parent"], tree["child"]), reverse=True):
        if child >= n:
            rows[parent] |= rows[child]
    leaves = np.zeros(n)
    leaves[tree["child"][tree["child"] < n]] = tree["value"][tree["child"] < n]
    out = np.zeros(n)
    for label in range(model.labels_.max() + 1):
        members = np.flatnonzero(model.labels_ == label)
        cluster = next((c for c in rows if rows[c] == set(members)), n)
        largest = tree["value"][tree["parent"] == cluster].max()
        out[members] = np.minimum(leaves[members], largest) / largest
    return out


def hdbscan(name, x, **settings):
    model = HDBSCAN(copy=True, **settings).fit(x)
    firm, weights = firm_rows(x, **settings), firmness(model, settings["min_cluster_size"])
    expected = {"labels": by_first_row(model.labels_[firm]), "probabilities": weights[firm]}
    if len(firm) == len(x):
        groups = [np.flatnonzero(np.array(by_first_row(model.labels_)) == c) for c in range(model.labels_.max() + 1)]
        d = cdist(x, x, {"manhattan": "cityblock"}.get(settings.get("metric"), "euclidean"))
        expected["centroids"] = [np.average(x[g], weights=weights[g], axis=0) for g in groups]
        expected["medoids"] = [int(g[(d[np.ix_(g, g)] * weights[g]).sum(axis=1).argmin()]) for g in groups]
    family.case(f"hdbscan_{name}", "HDBSCAN", tolerance=1e-10, reason="inverses of distances; clusters numbered by their first row",
                params=model.get_params(), inputs={"x": x, "firm": firm}, expected=expected)


for tag, x in [("flat", flat), ("deep", deep), ("many", clumps(180, 2, 8, 54))]:
    for m in [5, 12]:
        hdbscan(f"{tag}_{m}", x, min_cluster_size=m)
    hdbscan(f"{tag}_samples", x, min_cluster_size=9 if tag == "many" else 8, min_samples=3)
    hdbscan(f"{tag}_leaf", x, min_cluster_size=6, cluster_selection_method="leaf")
    hdbscan(f"{tag}_manhattan", x, min_cluster_size=8, metric="manhattan")
hdbscan("max_size", flat, min_cluster_size=5, max_cluster_size=30)
hdbscan("alpha", flat, min_cluster_size=8, alpha=1.3)
hdbscan("single", short(np.random.default_rng(55).standard_normal((60, 2))), min_cluster_size=20, allow_single_cluster=True)
hdbscan("uncentred", uncentred(flat), min_cluster_size=8)

# -- OPTICS -----------------------------------------------------------------------------------------------


def optics(name, x, cut=None, elki=None, **settings):
    model = OPTICS(**settings).fit(x)
    expected = {"order": model.ordering_, "reachability": model.reachability_, "core": model.core_distances_,
                "predecessor": model.predecessor_, "labels": model.labels_}
    if hasattr(model, "cluster_hierarchy_"):
        expected["hierarchy"] = model.cluster_hierarchy_
    if cut:
        expected["cut"] = cluster_optics_dbscan(reachability=model.reachability_, core_distances=model.core_distances_,
                                                ordering=model.ordering_, eps=cut)
    if elki:
        order, reachability, predecessor = elki
        expected |= {"order": order, "reachability": np.array(reachability)[np.argsort(order)], "predecessor": np.array(predecessor)[np.argsort(order)]}
    family.case(f"optics_{name}", "OPTICS", tolerance=1e-12, reason="scikit-learn rounds distances to 15 decimals; sums in another order",
                params={**model.get_params(), "cut": cut}, inputs={"x": x}, expected=expected)


for tag, x in [("flat", flat), ("deep", deep)]:
    optics(tag, x, cut=1.0)
    optics(f"{tag}_ten", x, min_samples=10)
    optics(f"{tag}_near", x, max_eps=1.5, min_samples=4)
    optics(f"{tag}_xi", x, xi=0.2, min_cluster_size=8)
    optics(f"{tag}_uncorrected", x, predecessor_correction=False)
    optics(f"{tag}_dbscan", x, cluster_method="dbscan", eps=0.9)
    # scikit-learn rounds to 15 decimals, and so decides between rows at one distance. Large numbers do not have so many.
    optics(f"{tag}_manhattan", x * 3, metric="manhattan")

# The data and the values of ELKI 0.7.5 (OPTICSHeap, minpts 5) that scikit-learn's tests hold.
rng = np.random.RandomState(0)
C = [[-5, -2] + 0.8 * rng.randn(10, 2), [4, -1] + 0.1 * rng.randn(10, 2), [1, -2] + 0.2 * rng.randn(10, 2),
     [-2, 3] + 0.3 * rng.randn(10, 2), [3, -2] + 1.6 * rng.randn(10, 2), [5, 6] + 2 * rng.randn(10, 2)]
X = np.vstack(C)
tests = ast.parse((Path(sklearn.__file__).parent / "cluster/tests/test_optics.py").read_text())
elki = next(f for f in tests.body if getattr(f, "name", "") == "test_compare_to_ELKI")
values = {}
for line in elki.body:
    if isinstance(line, ast.Assign) and isinstance(line.value, ast.List):
        values[line.targets[0].id] = eval(compile(ast.Expression(line.value), "ELKI", "eval"), {"np": np})
optics("elki", X, elki=(values["o1"], values["r1"], values["p1"]), min_samples=5)
optics("elki_near", X, elki=(values["o2"], values["r2"], values["p2"]), min_samples=5, max_eps=0.5)
family.close()
