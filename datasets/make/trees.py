"""Golden files of trees, forests, isolation forests and AdaBoost, from scikit-learn.

Trees are compared where their splits are unique, which is asserted here: whatever the order in which columns are tried, the
answers are the same; directions are given to all columns, as scikit-learn does not hold splits by others to the bounds of
their node. Records are short in binary, so that scikit-learn's single precision holds them. Forests draw from
another generator: what is compared is their quality, within five deviations of what the seed alone makes of it.
"""

import numpy as np
from sklearn.datasets import load_diabetes, load_wine
from sklearn.ensemble import (AdaBoostClassifier, ExtraTreesClassifier, ExtraTreesRegressor, IsolationForest,
                              RandomForestClassifier, RandomForestRegressor)
from sklearn.metrics import log_loss, r2_score
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from golden import Family, plain

family = Family("trees")
SAME = "the same sums in another order"


def data(n, seed, missing=False, scales=1.0):
    """Records in steps of 1/64, and a target that bends and jumps."""
    rng = np.random.default_rng(seed)
    u = np.round(rng.standard_normal((n, 4)) * 64) / 64
    z = 2 * np.sin(2 * u[:, 0]) + (u[:, 1] > 0.3) * u[:, 2] + 0.5 * u[:, 3]
    x = u * scales
    if missing:
        x[rng.random((n, 4)) < 0.1] = np.nan
    return x, np.round((z + 0.3 * rng.standard_normal(n)) * 256) / 256


def digits(values):
    return plain(np.vectorize(lambda v: float(f"{v:.12g}"))(values)) if np.size(values) else []


def nodes(tree):
    t = tree.tree_
    leaves = t.children_left < 0
    return {"leaves": int(leaves.sum()), "depth": int(t.max_depth), "importances": tree.feature_importances_,
            "loss": float(np.sum(t.weighted_n_node_samples[leaves] * t.impurity[leaves]) / t.weighted_n_node_samples[0])}


def single(name, cls, x, y, w=None, proba=False, path=False, scales=1.0, **kw):
    xt, _ = data(40, 999, missing=bool(np.isnan(x).any()), scales=scales)
    answer = (lambda m: m.predict_proba(xt)) if proba else (lambda m: m.predict(xt))
    model = cls(random_state=0, **kw).fit(x, y, sample_weight=w)
    for seed in range(1, 12):
        other = cls(random_state=seed, **kw).fit(x, y, sample_weight=w)
        assert np.allclose(answer(model), answer(other), rtol=0, atol=1e-12), f"{name}: splits are not unique"
    expected = {"answer": answer(model)} | nodes(model)
    if path:
        steps = model.cost_complexity_pruning_path(x, y, sample_weight=w)
        expected |= {"alphas": steps.ccp_alphas, "impurities": steps.impurities}
    inputs = {"x": x, "y": y, "xt": xt} | ({"weights": w} if w is not None else {})
    settings = {k: v for k, v in kw.items() if v is not None}
    family.case(name, cls.__name__, tolerance=1e-9, reason=SAME, params=settings, inputs=inputs,
                expected={k: plain(v) if isinstance(v, int) else digits(v) for k, v in expected.items()})


R, C = DecisionTreeRegressor, DecisionTreeClassifier
x, y = data(120, 1)
xm, ym = data(120, 2, missing=True)
w = np.round(np.random.default_rng(3).uniform(0, 3, 120) * 4) / 4
codes = np.digitize(y, [-0.7, 0.9])
single("squared", R, x, y, min_samples_leaf=6, path=True)
SCALES = np.array([1.0, 2.0**20, 2.0**-16, 1.0])
single("squared_scales", R, x * SCALES, y * 2.0**20, min_samples_leaf=6, scales=SCALES)
single("squared_weights", R, x, y, w, min_samples_leaf=6, path=True)
single("squared_missing", R, xm, ym, min_samples_leaf=7)
single("squared_depth", R, x, y, max_depth=4, min_samples_leaf=5)
single("squared_split", R, x, y, min_samples_split=25, min_samples_leaf=5)
single("squared_best_first", R, x, y, max_leaf_nodes=11, min_samples_leaf=4)
single("squared_decrease", R, x, y, min_impurity_decrease=0.02, min_samples_leaf=4)
single("squared_pruned", R, x, y, ccp_alpha=0.01, min_samples_leaf=4)
single("squared_weight_fraction", R, x, y, w, min_weight_fraction_leaf=0.05)
single("squared_monotone", R, x, y, monotonic_cst=[1, 1, -1, 1], min_samples_leaf=6)
single("absolute", R, x, y, criterion="absolute_error", max_depth=4, min_samples_leaf=7)
single("absolute_weights", R, x, y, w, criterion="absolute_error", max_depth=3, min_samples_leaf=8)
single("poisson", R, x, np.round(np.exp(y) * 64) / 64, criterion="poisson", max_depth=3, min_samples_leaf=9)
single("two_targets", R, x, np.column_stack([y, np.abs(y)]), min_samples_leaf=6)
for criterion in ("gini", "entropy"):
    single(f"{criterion}_two", C, x, (y > 0.2).astype(int), proba=True, criterion=criterion, max_depth=3, min_samples_leaf=9)
    single(f"{criterion}_three", C, x, codes, proba=True, path=True, criterion=criterion, max_depth=3, min_samples_leaf=9)
single("gini_weights", C, x, codes, w, proba=True, max_depth=3, min_samples_leaf=8)
single("gini_balanced", C, x, np.digitize(y, [0.6]), proba=True, class_weight="balanced", max_depth=3, min_samples_leaf=12)
single("gini_missing", C, xm, np.digitize(ym, [-0.7, 0.9]), proba=True, max_depth=3, min_samples_leaf=9)
single("gini_best_first", C, x, codes, proba=True, max_leaf_nodes=7, min_samples_leaf=8)


# AdaBoost: small trees with unique splits.
def samme(name, y, depth, w=None, rate=1.0):
    def fit(seed):
        tree = DecisionTreeClassifier(max_depth=depth, random_state=seed)
        return AdaBoostClassifier(tree, n_estimators=12, learning_rate=rate, random_state=seed).fit(x, y, sample_weight=w)
    model = fit(0)
    for seed in range(1, 6):
        assert np.allclose(fit(seed).decision_function(x), model.decision_function(x), atol=1e-12), f"{name}: splits are not unique"
    # Shares of the votes: of two classes their difference, where scikit-learn's decisions are twice that, or centred.
    k, decision = len(model.classes_), model.decision_function(x)
    decision = decision / 2 if k == 2 else (decision * (k - 1) + 1) / k
    expected = {"decision": decision, "proba": model.predict_proba(x), "weights": model.estimator_weights_,
                "errors": model.estimator_errors_}
    family.case(name, "AdaBoostClassifier", tolerance=1e-9, reason=SAME, params=dict(depth=depth, rounds=12, rate=rate),
                inputs={"x": x, "y": y} | ({"weights": w} if w is not None else {}), expected={k: digits(v) for k, v in expected.items()})


samme("samme_two", (y > 0.2).astype(int), 1)
samme("samme_two_rate", (y > 0.2).astype(int), 2, w, 0.3)
samme("samme_three", codes, 2)


# AdaBoost.R2 as published, on weighted rows: scikit-learn's trees, its rows are drawn.
def drucker(name, loss):
    weights = np.full(len(y), 1 / len(y))
    trees, says = [], []
    for _ in range(8):
        weights = weights / weights.sum()
        tree = DecisionTreeRegressor(max_depth=3, min_samples_leaf=5, random_state=0).fit(x, y, sample_weight=weights)
        l = np.abs(tree.predict(x) - y)
        l = l / l.max()
        l = {"linear": l, "square": l**2, "exponential": 1 - np.exp(-l)}[loss]
        error = weights @ l
        beta = error / (1 - error)
        trees.append(tree.predict(x))
        says.append(-np.log(beta))
        weights = weights * beta ** (1 - l)
    trees, says = np.array(trees), np.array(says)
    order = np.argsort(trees, axis=0)
    at = np.argmax(np.cumsum(says[order], axis=0) >= says.sum() / 2, axis=0)
    middle = trees[order[at, np.arange(len(y))], np.arange(len(y))]
    family.case(name, "AdaBoostRegressor", tolerance=1e-8, reason="weights are products of eight rounds", params=dict(loss=loss, rounds=8),
                inputs={"x": x, "y": y}, expected=dict(predict=digits(middle), weights=digits(says)))


for loss in ("linear", "square", "exponential"):
    drucker(f"r2_{loss}", loss)


# Forests: a score on rows not seen, and importances.
def forest(name, cls, dataset, **kw):
    fx, fy = load_diabetes(return_X_y=True) if dataset == "diabetes" else load_wine(return_X_y=True)
    fx, train = fx.astype(np.float32).astype(float), np.arange(len(fy)) % 3 != 0
    scores, shares = [], []
    for seed in range(20):
        model = cls(n_estimators=100, random_state=seed, **kw).fit(fx[train], fy[train])
        test = fx[~train]
        scores.append(r2_score(fy[~train], model.predict(test)) if dataset == "diabetes" else log_loss(fy[~train], model.predict_proba(test)))
        shares.append(model.feature_importances_)
    scores, shares = np.array(scores), np.array(shares)
    for kind, values in (("score", scores[:, None]), ("importances", shares)):
        mean, deviation = values.mean(0), values.std(0, ddof=1)
        family.case(f"{name}_{kind}", cls.__name__, tolerance=float(f"{5 * deviation.max() / np.abs(mean).max():.3g}"),
                    reason="five deviations between seeds", params=kw, inputs={"dataset": dataset},
                    expected={kind: [float(f"{v:.6g}") for v in mean]})


forest("rf_reg", RandomForestRegressor, "diabetes", max_features=0.4, min_samples_leaf=2)
forest("et_reg", ExtraTreesRegressor, "diabetes", max_features=1.0)
forest("rf_clf", RandomForestClassifier, "wine", max_features="sqrt")
forest("et_clf", ExtraTreesClassifier, "wine", max_features="sqrt")

# Isolation forests: the mean score of many trees.
outlying = np.vstack([np.round(np.random.default_rng(5).standard_normal((290, 2)) * 64) / 64, [[4, 4], [-5, 2], [0, 6], [9, -9], [3, 0]]])
for size, depth in ((256, None), (64, None)):
    scores = [IsolationForest(n_estimators=200, max_samples=size, random_state=s).fit(outlying).score_samples(outlying) for s in range(20)]
    family.case(f"isolation_{size}", "IsolationForest", tolerance=0.015,
                reason="mean depths of leaves with few rows are approximated there; and a hundredth of the spread by chance",
                params=dict(max_samples=size), inputs={"x": outlying}, expected={"score": [float(f"{v:.6g}") for v in np.mean(scores, 0)]})
family.close()
