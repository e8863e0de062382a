"""Golden files of clusterings and mixtures.

scikit-learn's mixtures take no weights; there it is given rows that are repeated.
"""

import warnings

import numpy as np
from sklearn.mixture import GaussianMixture

from golden import Family, short, uncentred

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
family.close()
