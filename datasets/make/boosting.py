"""Golden files of gradient boosting: LightGBM's trees and scikit-learn's.

Rows are so few that every value has a bin of its own, in all libraries alike. LightGBM grows one tree, for two classes with
leaves of many rows: of splits that gain the same, which are common where gradients take two values, it takes the last
and others take the first. Its hessians of three and more classes have a factor of their own.
"""

import numpy as np
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

from golden import Family, plain, short

family = Family("boosting")
SINGLE = "gradients and hessians in single precision there"


def data(n, p, seed, missing=False):
    rng = np.random.default_rng(seed)
    x = short(rng.standard_normal((n, p)) * np.array([1.0, 1e3, 1.0, 1e-3])[:p], 3)
    x[:, 2] = np.round(np.abs(x[:, 2]) * 3)
    z = 2 * np.sin(2 * x[:, 0]) + (x[:, 1] > 300) * x[:, 2] + 1e3 * x[:, 3]
    if missing:
        x[rng.random((n, p)) < 0.1] = np.nan
    return x, short(z + 0.3 * rng.standard_normal(n))


def write(name, subject, model, x, y, params, proba=False, tolerance=1e-6):
    model.fit(x, y)
    expected = {"proba": model.predict_proba(x)} if proba else {"predict": model.predict(x)}
    family.case(name, subject, tolerance=tolerance, reason=SINGLE, params=params, inputs={"x": x, "y": y},
                expected={k: plain(np.vectorize(lambda v: float(f"{v:.9g}"))(v)) for k, v in expected.items()})


def lightgbm(name, cls, x, y, leaves, least, l2=0.0, proba=False):
    model = cls(n_estimators=1, learning_rate=0.5, num_leaves=leaves, min_child_samples=least, reg_lambda=l2, min_child_weight=1e-3,
                max_bin=255, min_data_in_bin=1, enable_bundle=False, verbose=-1, n_jobs=1, deterministic=True, force_row_wise=True)
    write(name, "LightGBM", model, x, y, dict(rounds=1, rate=0.5, leaves=leaves, least=least, l2=l2), proba)


for i, (n, leaves, least, l2, missing) in enumerate([(250, 8, 20, 0.0, False), (250, 31, 3, 1.0, False), (200, 15, 5, 0.0, True), (60, 31, 1, 0.5, True)]):
    x, y = data(n, 4, 50 + i, missing)
    lightgbm(f"lightgbm_reg_{i}", LGBMRegressor, x, y, leaves, least, l2)
    if i in (0, 2):
        lightgbm(f"lightgbm_binary_{i}", LGBMClassifier, x, (y > 1).astype(int), leaves, least, l2, proba=True)


def sklearn(name, cls, x, y, proba=False, **kw):
    settings = dict(max_iter=15, learning_rate=0.2, max_leaf_nodes=9, min_samples_leaf=7, l2_regularization=0.3, early_stopping=False) | kw
    params = dict(rounds=settings["max_iter"], rate=settings["learning_rate"], leaves=settings["max_leaf_nodes"],
                  least=settings["min_samples_leaf"], l2=settings["l2_regularization"], loss=kw.get("loss"),
                  interactions=kw.get("interaction_cst"), depth=kw.get("max_depth"))
    write(name, "scikit-learn", cls(**settings), x, y, {k: v for k, v in params.items() if v is not None}, proba, 1e-5)


x, y = data(240, 4, 60)
xm, ym = data(220, 4, 61, missing=True)
R, C = HistGradientBoostingRegressor, HistGradientBoostingClassifier
sklearn("squared", R, x, y)
sklearn("missing", R, xm, ym)
sklearn("depth", R, x, y, max_depth=2)
sklearn("absolute", R, x, y, loss="absolute_error")
sklearn("poisson", R, x, np.round(np.exp(y / 2)), loss="poisson")
sklearn("gamma", R, x, short(np.exp(y / 2)), loss="gamma")
sklearn("interactions", R, x, y, interaction_cst=[[0, 1], [2, 3]])
sklearn("binary", C, xm, (ym > 0.5).astype(int), proba=True)
sklearn("multi", C, x, np.digitize(y, [-1, 0.5, 1.5]), proba=True)
family.close()
