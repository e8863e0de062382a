"""Golden files of models that LightGBM and XGBoost saved, with what these predict."""

import json

import lightgbm
import numpy as np
import xgboost

from golden import Family, plain, short

family = Family("boosters")
rng = np.random.default_rng(70)
X = short(rng.standard_normal((300, 4)) * np.array([1.0, 1e3, 1e-3, 1.0]), 6)
X[:, 3] = rng.integers(0, 7, 300)
M = X.copy()
M[rng.random(X.shape) < 0.12] = np.nan
z = 2 * np.sin(X[:, 0]) + (X[:, 1] > 200) + 500 * X[:, 2] + np.isin(X[:, 3], [1, 4, 6])
y = short(z + 0.3 * rng.standard_normal(300))
ROWS = 40


def write(name, subject, model, x, out, tolerance, reason):
    x = x[:ROWS]
    kind = "proba" if out.ndim == 2 else "predict"
    family.case(name, subject, tolerance=tolerance, reason=reason, inputs={"model": model, "x": x}, expected={kind: plain(out)})


def lgb(name, x, y, categories=(), rounds=3, **params):
    params = dict(num_leaves=6, min_data_in_leaf=8, min_data_per_group=1, cat_smooth=1, max_cat_to_onehot=1, verbose=-1, num_threads=1) | params
    model = lightgbm.train(params, lightgbm.Dataset(x, y, categorical_feature=list(categories)), rounds)
    p = model.predict(x[:ROWS])
    if params["objective"] == "binary":
        p = np.column_stack([1 - p, p])
    text = model.model_to_string().split("\nparameters:")[0] + "\n"
    write(f"lightgbm_{name}", "LightGBM", text, x, p, 1e-13, "sums of a few numbers")


lgb("regression", X, y, objective="regression")
lgb("missing", M, y, objective="regression")
lgb("categories", X, y, [3], objective="regression")
lgb("poisson", M, np.round(np.exp(y / 2)), [3], objective="poisson")
lgb("binary", M, (y > 1).astype(int), objective="binary", sigmoid=0.7)
lgb("multiclass", X, np.digitize(y, [0, 2]), objective="multiclass", num_class=3, rounds=2)


def xgb(name, x, y, types=None, rounds=3, **params):
    params = dict(max_depth=3, tree_method="hist", nthread=1) | params
    data = xgboost.DMatrix(x, y, feature_types=types, enable_categorical=bool(types))
    model = xgboost.train(params, data, rounds)
    p = model.predict(xgboost.DMatrix(x[:ROWS], feature_types=types, enable_categorical=bool(types)))
    if params["objective"] == "binary:logistic":
        p = np.column_stack([1 - p, p])
    text = json.dumps(json.loads(bytes(model.save_raw("json"))))
    write(f"xgboost_{name}", "XGBoost", text, x, p.astype(float), 3e-6, "sums and exponentials in single precision there")


MIXED = ["float", "float", "float", "c"]
xgb("regression", X, y, objective="reg:squarederror")
xgb("missing", M, y, objective="reg:squarederror")
xgb("categories", X, y, MIXED, objective="reg:squarederror", max_cat_to_onehot=1)
xgb("poisson", X, np.round(np.exp(y / 2)), objective="count:poisson")
xgb("binary", M, (y > 1).astype(int), objective="binary:logistic")
xgb("multiclass", X, np.digitize(y, [0, 2]), objective="multi:softprob", num_class=3, rounds=2)
family.close()
