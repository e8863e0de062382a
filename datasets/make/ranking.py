"""Golden files of LambdaRank: LightGBM's.

One round begins with equal scores, so that both make the same tree. Later ones differ in rounding (LightGBM looks logistic
functions up in a table), and with it in trees: there the quality on other queries is compared. LightGBM counts the rows of a leaf by
its hessian, so that leaves are limited by that alone.
"""

import numpy as np
from lightgbm import LGBMRanker
from sklearn.metrics import ndcg_score

from golden import Family, plain, short

family = Family("ranking")
rng = np.random.default_rng(90)


def queries(count):
    sizes = rng.integers(5, 12, count)
    x = np.round(rng.standard_normal((sizes.sum(), 4)) * 20) / 20
    z = 1.5 * np.sin(2 * x[:, 0]) + x[:, 1] * (x[:, 2] > 0) + 0.4 * rng.standard_normal(len(x))
    return x, np.digitize(z, [-1, 0, 1, 2]).astype(float), sizes, np.repeat(np.arange(count), sizes)


x, y, sizes, groups = queries(70)
xt, yt, _, groups_t = queries(60)
for name, rounds, leaves, rate in (("one_round", 1, 12, 0.5), ("quality", 40, 7, 0.1)):
    model = LGBMRanker(n_estimators=rounds, learning_rate=rate, num_leaves=leaves, min_child_samples=1, min_child_weight=0.8, reg_lambda=0.1,
                       min_data_in_bin=1, enable_bundle=False, verbose=-1, n_jobs=1, deterministic=True, force_row_wise=True)
    model.fit(x, y, group=sizes)
    scores = model.predict(xt)
    ndcg = np.mean([ndcg_score([2 ** yt[groups_t == q] - 1], [scores[groups_t == q]]) for q in range(60)])
    one = rounds == 1  # on the rows learnt from, as between them cuts may differ
    family.case(name, "LightGBM", tolerance=1e-6 if one else 0.01,
                reason="gradients in single precision there" if one else "trees differ from the second round on",
                params=dict(rounds=rounds, rate=rate, leaves=leaves, least=1, min_hessian=0.8, l2=0.1),
                inputs={"x": x, "y": y, "groups": groups, "xt": x if one else xt, "yt": y if one else yt, "groups_t": groups if one else groups_t},
                expected={"predict": plain(model.predict(x))} if one else {"ndcg": [float(ndcg)]})
family.close()
