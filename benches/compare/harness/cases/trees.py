"""Decision trees, forests and gradient boosting."""
from harness import quality as q
from harness.registry import Lib, case, fit_x, fit_xy, new, out_predict, predict, sklearn

TARGETS = (("clf", "Classifier", "tab_clf_100k_20", q.accuracy, 0.2), ("reg", "Regressor", "tab_reg_100k_20", q.r2, 1 / 3))

# ---------------------------------------------------------------- trees and forests: 100 trees, grown out

FAMILY = "trees"


def lightgbm_forest(cls, fraction):
    return Lib(new(f"lightgbm:LGBM{cls}", jobs=True, boosting_type="rf", n_estimators=100, num_leaves=8192, min_child_samples=2,
                   min_child_weight=0, bagging_freq=1, bagging_fraction=0.632, feature_fraction_bynode=fraction, verbose=-1, seed=0))


def xgboost_forest(cls, fraction):
    return Lib(new(f"xgboost:XGBRF{cls}", jobs=True, n_estimators=100, max_depth=0, max_leaves=8192, grow_policy="lossguide",
                   subsample=0.632, colsample_bynode=fraction, tree_method="hist", min_child_weight=0, reg_lambda=1e-3, random_state=0))


for kind, cls, data, measure, fraction in TARGETS:
    common = dict(predict=predict, outputs=out_predict, quality=measure, latency=True)
    case(f"tree_{kind}", FAMILY, data, sklearn(new(f"sklearn.tree:DecisionTree{cls}", random_state=0), intelex=False), fit_xy, **common)
    settings = dict(jobs=True, n_estimators=100, max_features="sqrt" if kind == "clf" else fraction, random_state=0)
    note = f"100 trees, max_features {'sqrt' if kind == 'clf' else '1/3'}"
    case(f"rf_{kind}", FAMILY, data,
         sklearn(new(f"sklearn.ensemble:RandomForest{cls}", **settings))
         | {"lightgbm:rf": lightgbm_forest(cls, fraction), "xgboost:rf": xgboost_forest(cls, fraction)},
         fit_xy, note=f"{note}; the rf modes of the boosting libraries: histograms, 8192 leaves", **common)
    case(f"rf_{kind}_hist", FAMILY, data,
         sklearn(new(f"sklearn.ensemble:RandomForest{cls}", **settings))
         | {"lightgbm:rf": lightgbm_forest(cls, fraction), "xgboost:rf": xgboost_forest(cls, fraction)},
         fit_xy, note=f"{note}; thresholds between 255 bins where the library has them", **common)
    case(f"et_{kind}", FAMILY, data, sklearn(new(f"sklearn.ensemble:ExtraTrees{cls}", **settings)), fit_xy, note=note, **common)
case("rf_reg_all", FAMILY, "tab_reg_20k_20",
     sklearn(new("sklearn.ensemble:RandomForestRegressor", jobs=True, n_estimators=100, random_state=0)),
     fit_xy, predict=predict, outputs=out_predict, quality=q.r2, note="100 trees, max_features 1.0 (the default)")
case("iforest", FAMILY, "tab_clf_100k_20",
     sklearn(new("sklearn.ensemble:IsolationForest", jobs=True, n_estimators=100, random_state=0), intelex=False),
     fit_x, predict=lambda o, D: o.score_samples(D["Xt"]), outputs=out_predict, quality=q.mean_of("predict", "mean_score"))

# ---------------------------------------------------------------- boosting: 100 rounds, 31 leaves, rate 0.1, 255 bins

FAMILY = "boosting"


def catboost(cls, **settings):
    def make(threads):
        return new(f"catboost:CatBoost{cls}", iterations=100, learning_rate=0.1, border_count=254, thread_count=threads,
                   verbose=0, allow_writing_files=False, random_seed=0, **settings)(threads)
    return Lib(make)


def xgboost(cls, **settings):
    # It has no least number of rows of a leaf: its own limits (hessians of 1, λ = 1) stay.
    return Lib(new(f"xgboost:XGB{cls}", jobs=True, n_estimators=100, learning_rate=0.1, max_bin=255, tree_method="hist", random_state=0, **settings))


def boosters(cls):
    return sklearn(new(f"sklearn.ensemble:HistGradientBoosting{cls}", max_iter=100, max_leaf_nodes=31, learning_rate=0.1, max_bins=255,
                       min_samples_leaf=20, early_stopping=False, random_state=0), intelex=False) | {
        "lightgbm": Lib(new(f"lightgbm:LGBM{cls}", jobs=True, n_estimators=100, num_leaves=31, learning_rate=0.1, max_bin=255,
                            verbose=-1, random_state=0)),
        "xgboost:leaves31": xgboost(cls, grow_policy="lossguide", max_leaves=31, max_depth=0),
        "xgboost:depth5": xgboost(cls, max_depth=5),
        "catboost:depth5": catboost(cls, depth=5),
        "catboost:leaves31": catboost(cls, grow_policy="Lossguide", max_leaves=31, depth=16)}


def out_proba(o, D, fitted, predicted):
    return {"predict": predicted, "proba": o.predict_proba(D["Xt"])}


case("gb_binary", FAMILY, "tab_clf_1m_28", boosters("Classifier"), fit_xy, predict=predict, outputs=out_proba, quality=q.boosting, latency=True)
case("gb_reg", FAMILY, "tab_reg_100k_100", boosters("Regressor"), fit_xy, predict=predict, outputs=out_predict, quality=q.r2, latency=True)
case("gb_multi", FAMILY, "tab_clf_50k_50_10", boosters("Classifier"), fit_xy, predict=predict, outputs=out_proba, quality=q.boosting, latency=True,
     note="10 classes: 1000 trees")
for rows, columns in ((1_000, 10), (10_000, 20)):
    name = f"{rows // 1000}k_{columns}"
    case(f"gb_small_{'1e3' if rows == 1_000 else '1e4'}", FAMILY, f"tab_clf_{name}", boosters("Classifier"), fit_xy, predict=predict,
         outputs=out_proba, quality=q.boosting, latency=True, note="small data")
