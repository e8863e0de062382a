"""Golden files of LogisticRegression with L1 and elastic-net penalties, and of the path of its cross-validation.

scikit-learn's saga (liblinear where there is no intercept, which it would penalise) finds the coefficients that are
not zero; on these the objective is smooth, and Newton steps with gradients in extended precision take it to its minimum.
The optimality conditions of all coefficients are then checked, so that the expected values are right to their last
digits.
"""

import warnings

import numpy as np
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression

from golden import Family, classification, deviation, plain, scaled, short, weights

family = Family("logistic")


def smooth(x, code, k, s, coef, intercept):
    """Σ sᵢ ℓᵢ, its residuals and probabilities."""
    z = x @ coef.T + intercept
    if k == 2:
        z = z[:, 0]
        p = 1 / (1 + np.exp(-z))
        loss = (s * (np.logaddexp(0, z) - np.where(code == 1, z, 0))).sum()
        return loss, (s * (p - (code == 1)))[:, None], p[:, None]
    e = np.exp(z - z.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    loss = -(s * np.log(p[np.arange(len(z)), code])).sum()
    return loss, s[:, None] * (p - (code[:, None] == np.arange(k))), p


def polish(x, code, k, s, c, ratio, coef, intercept, fit_intercept):
    """Newton steps on the coefficients that are not zero, whose signs stay."""
    wide = np.longdouble
    a, s = x.astype(wide), s.astype(wide)
    coef, intercept = coef.astype(wide), intercept.astype(wide)
    m, p = coef.shape
    support = coef != 0
    sign = np.sign(coef)
    places = [(i, j) for i in range(m) for j in range(p) if support[i, j]]
    places += [(i, p) for i in range(m)] if fit_intercept else []
    ones = np.column_stack([a, np.ones(len(a), wide)])
    for _ in range(100):
        _, r, prob = smooth(a, code, k, s, coef, intercept)
        full = c * r.T @ ones
        full[:, :p] += ratio * sign + (1 - ratio) * coef
        gradient = np.array([full[i, j] for i, j in places])
        hessian = np.empty((len(places), len(places)))
        for u, (i, j) in enumerate(places):
            for v, (l, q) in enumerate(places):
                d = prob[:, i] * ((i == l) - prob[:, l]) if k > 2 else prob[:, 0] * (1 - prob[:, 0])
                hessian[u, v] = c * (s * d * ones[:, j] * ones[:, q]).sum()
                hessian[u, v] += (1 - ratio) if u == v and j < p else 0
        step = np.linalg.lstsq(hessian, gradient.astype(float), rcond=1e-13)[0]
        for (i, j), d in zip(places, step):
            if j < p:
                coef[i, j] -= d
            else:
                intercept[i] -= d
        if np.max(np.abs(step)) < 1e-16 * max(1.0, float(np.max(np.abs(coef)))):
            break
    assert (np.sign(coef) == sign).all(), "a sign changed: the support was wrong"
    _, r, _ = smooth(a, code, k, s, coef, intercept)
    v = c * r.T @ a + (1 - ratio) * coef
    off = np.where(support, np.abs(v + ratio * sign), np.maximum(np.abs(v) - ratio, 0)).max()
    return coef, intercept, float(max(off, np.abs(c * r.sum(axis=0)).max() if fit_intercept else 0))


def penalised(name, x, y, w=None, *, c, ratio, tolerance=1e-6, fit_intercept=True, class_weight=None, reason):
    classes, code = np.unique(y, return_inverse=True)
    k = len(classes)
    inputs = {"x": x, "y": y, **({} if w is None else {"weights": w})}
    s = np.ones(len(x)) if w is None else w
    if class_weight == "balanced":
        counts = np.bincount(code, s)
        s = s * (s.sum() / (k * counts))[code]
    # Columns at unit scale would be another problem; far from 0 saga is slow, so many steps are allowed.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = LogisticRegression(C=c, l1_ratio=ratio, fit_intercept=fit_intercept, solver="saga", tol=1e-13,
                                   max_iter=200_000, random_state=0).fit(x, y, sample_weight=s)
    coef = np.where(np.abs(model.coef_) < 1e-10, 0.0, model.coef_)
    coef, intercept, off = polish(x, code, k, s, c, ratio, coef, model.intercept_, fit_intercept)
    assert off < 1e-9, (name, off)
    if k > 2:
        intercept = intercept - intercept.mean()
    coef, intercept = coef.astype(float), intercept.astype(float)
    loss, _, _ = smooth(x, code, k, s, coef, intercept)
    best = c * loss + ratio * np.abs(coef).sum() + (1 - ratio) / 2 * (coef**2).sum()
    z = x[:12] @ coef.T + intercept
    proba = softmax(z, axis=1) if k > 2 else np.column_stack([expit(-z), expit(z)])
    family.case(name, "LogisticRegression", tolerance=tolerance, reason=reason, inputs=inputs,
                params={"C": c, "l1_ratio": ratio, "fit_intercept": fit_intercept, "class_weight": class_weight},
                reference="scikit-learn's support, polished by Newton steps in extended precision; intercepts of three "
                          "classes and more are shifted to sum to zero",
                scikit_learn_deviates_by={"coef": deviation(model.coef_, coef) if np.any(coef) else 0.0},
                expected={"classes": plain(classes), "coef": coef, "intercept": intercept, "objective": float(best),
                          "proba": proba, "nonzero": int(np.count_nonzero(coef))})


GAP = ("a duality gap of 1e-11 of the objective: coefficients are then known to its square root, over the curvature "
       "that the data leave them")
xb, yb = classification(40, 6, 2, 107)
xk, yk = classification(60, 5, 3, 108)
wb, wk = weights(40, 109), weights(60, 110)
for tag, x1, y1, w1 in [("binary", xb, yb, wb), ("multi", xk, yk, wk)]:
    for c in [0.05, 1.0, 20.0]:
        penalised(f"{tag}_l1_c_{c:g}", x1, y1, c=c, ratio=1.0, reason=GAP)
        penalised(f"{tag}_enet_c_{c:g}", x1, y1, c=c, ratio=0.5, reason=GAP)
    penalised(f"{tag}_l1_weights", x1, y1, w1, c=1.0, ratio=1.0, reason=GAP)
    penalised(f"{tag}_enet_balanced", x1, y1, c=1.0, ratio=0.7, class_weight="balanced", reason=GAP)
    penalised(f"{tag}_l1_no_intercept", x1, y1, c=1.0, ratio=1.0, fit_intercept=False, reason=GAP)
    penalised(f"{tag}_l1_shifted", short(x1 + 3.0), y1, c=1.0, ratio=1.0, reason=GAP)
penalised("binary_l1_wide", *classification(16, 25, 2, 111), c=1.0, ratio=1.0, reason=GAP)
penalised("multi_l1_wide", *classification(18, 25, 3, 112), c=1.0, ratio=1.0, reason=GAP)
penalised("binary_l1_rare", *(lambda x, y: (x, np.where(np.arange(len(y)) < 3, 1, 0)))(*classification(300, 3, 2, 113)),
          c=5.0, ratio=1.0, reason=GAP)
penalised("binary_enet_separable", np.array([[-2.0, 1], [-1, -1], [1, 1], [2, -1]]), np.array([0, 0, 1, 1]), c=10.0,
          ratio=0.5, reason="separable classes held by the penalty; " + GAP)
family.close()
