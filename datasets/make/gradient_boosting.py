"""Golden files of gradient boosting with exact trees: scikit-learn's.

Values are exact in single precision, which scikit-learn rounds to. Of splits that gain the same it takes one by chance: each case
is fitted with several seeds, which must agree.
"""

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor

from golden import Family, plain, short

family = Family("gradient_boosting")
N = 121  # quantiles 0.5 and 0.9 are values, not between two
rng = np.random.default_rng(80)
X = np.round(rng.standard_normal((N, 3)) * 256) / 256
z = 2 * np.sin(2 * X[:, 0]) + (X[:, 1] > 0.3) * X[:, 2]
Y = short(z + 0.3 * rng.standard_normal(N))
Y[::17] += 8
W = short(rng.uniform(0.2, 3, N), 4)


def write(name, cls, y, weights=None, **kw):
    settings = dict(n_estimators=25, max_depth=3) | kw

    def fit(seed):
        return cls(random_state=seed, **settings).fit(X, y, sample_weight=weights)

    def answers(model):
        if cls is GradientBoostingClassifier:
            return np.stack(list(model.staged_predict_proba(X)))[[4, -1]]
        return np.stack(list(model.staged_predict(X)))[[4, -1]]

    model = fit(0)
    for other in map(fit, range(1, 6)):
        assert np.allclose(answers(other), answers(model), rtol=0, atol=1e-10), name
        assert np.allclose(other.feature_importances_, model.feature_importances_, rtol=0, atol=1e-10), name
    fifth, last = answers(model)
    kind = "proba" if cls is GradientBoostingClassifier else "predict"
    half = 0.5 if settings.get("loss", "squared_error") in ("squared_error", "log_loss") and last.shape[-1] != 3 else 1.0
    family.case(name, "scikit-learn", tolerance=1e-8, reason="sums in another order",
                params={k: v for k, v in settings.items()}, inputs={"x": X, "y": y} | ({} if weights is None else {"weights": weights}),
                expected={f"{kind}_5": plain(fifth), kind: plain(last), "importances": plain(model.feature_importances_)}
                # Huber's loss changes from round to round: here it is that of the next one.
                | ({} if settings.get("loss") == "huber" else {"losses": plain(half * model.train_score_)}))


R, C = GradientBoostingRegressor, GradientBoostingClassifier
write("squared", R, Y, min_samples_leaf=8)
write("squared_weights", R, Y, W, learning_rate=0.3, min_samples_leaf=8)
write("squared_leaves", R, Y, max_depth=None, max_leaf_nodes=6, min_samples_leaf=4)
write("squared_pruned", R, Y, ccp_alpha=0.02, min_impurity_decrease=0.01, min_samples_split=18, min_samples_leaf=8)
write("zero", R, Y, init="zero", min_weight_fraction_leaf=0.05)
write("absolute_weights", R, Y, W, loss="absolute_error", max_depth=2, min_samples_leaf=10)
write("huber", R, Y, loss="huber", alpha=0.8, max_depth=2, min_samples_leaf=5)
write("huber_weights", R, Y, W, loss="huber", alpha=0.9, min_samples_leaf=5)
write("quantile_weights", R, Y, W, loss="quantile", alpha=0.9, max_depth=2, min_samples_leaf=10)
write("binary_weights", C, (Y > 0).astype(int), W, max_depth=2, min_samples_leaf=6)
write("exponential_weights", C, (Y > 0).astype(int), W, loss="exponential", learning_rate=0.2, max_depth=2, min_samples_leaf=6)
write("multi_weights", C, np.digitize(Y, [-1, 1]), W, n_estimators=12, max_depth=2, min_samples_leaf=6)
family.close()
