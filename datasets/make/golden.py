"""What the golden-file scripts share: the format of a file and the data that go into it.

A golden file is one JSON object with one case:

    made_with   versions of everything that took part
    subject     the estimator or function under test
    tolerance   largest deviation allowed, relative to the largest entry of the expected array (see `deviation`)
    reason      why that tolerance
    params      settings, under scikit-learn's names
    inputs      arrays, or {"dataset": name} for a bundled set
    expected    what the subject must produce

JSON has no NaN and no infinity: NaN is written as null, infinities as "inf" and "-inf".
"""

import json
import math
import platform
import shutil
from fractions import Fraction
from pathlib import Path

import numpy as np
import scipy
import sklearn

ROOT = Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "datasets" / "golden"
DATA = ROOT / "crates" / "datasets" / "data"
MADE_WITH = {
    "python": platform.python_version(),
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
}


class Family:
    """One folder of golden files, emptied when its script starts."""

    def __init__(self, name):
        self.folder = GOLDEN / name
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.count = 0

    def case(self, name, subject, *, tolerance, reason, inputs, expected, params=None, **header):
        path = self.folder / f"{name}.json"
        assert not path.exists(), f"two cases are called {path}"
        document = {
            "made_with": MADE_WITH,
            "subject": subject,
            "tolerance": tolerance,
            "reason": reason,
            **header,
            "params": params or {},
            "inputs": inputs,
            "expected": expected,
        }
        lines = (f"{json.dumps(k)}: {json.dumps(plain(v), allow_nan=False, ensure_ascii=False)}" for k, v in document.items())
        path.write_text("{\n" + ",\n".join(lines) + "\n}\n")
        self.count += 1

    def close(self):
        size = sum(f.stat().st_size for f in self.folder.iterdir())
        print(f"{self.folder.relative_to(ROOT)}: {self.count} cases, {size / 1000:.0f} kB")


def plain(value):
    """The value with arrays as lists and with NaN and infinities spelt as JSON can."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, np.ndarray):
        return plain(value.tolist())
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        if value == int(value) and abs(value) < 1e15:
            return int(value)
    return value


def short(x, digits=4):
    """x rounded to so many significant digits, so that files stay small and exact in print."""
    return np.vectorize(lambda v: float(f"{v:.{digits}g}"))(np.asarray(x, dtype=float))


def deviation(a, b):
    """Largest difference relative to the largest entry of b (to 1 where b is zero up to rounding): the measure
    of `tolerance`."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    largest = np.max(np.abs(b))
    return float(np.max(np.abs(a - b)) / (largest if largest > 1e-12 else 1.0))


def regression(n, p, seed, targets=None, noise=0.5):
    """A linear problem with correlated columns."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, p)) @ (np.eye(p) + 0.3 * rng.standard_normal((p, p)))
    w = rng.standard_normal((p, targets or 1)) * 2
    y = x @ w + 1.5 + noise * rng.standard_normal((n, targets or 1))
    x, y = short(x), short(y)
    return x, (y if targets else y[:, 0])


def classification(n, p, k, seed):
    """k overlapping classes; labels 0..k, unequal in size."""
    rng = np.random.default_rng(seed)
    y = rng.choice(k, size=n, p=np.arange(k, 0, -1) / (k * (k + 1) / 2))
    y[:k] = np.arange(k)
    centres = 1.2 * rng.standard_normal((k, p))
    return short(centres[y] + rng.standard_normal((n, p))), y


def weights(n, seed):
    """Positive weights of unequal size, two of them zero."""
    w = np.random.default_rng(seed).uniform(0.1, 3.0, n)
    w[[1, n // 2]] = 0.0
    return short(w, 3)


# The columns of the adversarial cases.

def uncentred(x):
    """Every column moved by 1e4: a method that squares before centring loses eight digits."""
    return short(x + 1e4, 9)


def scaled(x):
    """Column scales from 1e-6 to 1e6."""
    return short(x * np.logspace(-6, 6, x.shape[1]))


def exact_ridge(x, y, alpha=0.0, weights=None, fit_intercept=True):
    """Coefficients and intercept of weighted ridge regression in exact rational arithmetic.

    Solves (XᵀSX + αI) w = XᵀSy on weighted-centred columns by elimination with fractions; p ≤ 8.
    """
    n, p = x.shape
    rows = [[Fraction(v) for v in row] for row in x.tolist()]
    y2 = np.atleast_2d(np.asarray(y).T).T
    ys = [[Fraction(v) for v in row] for row in y2.tolist()]
    s = [Fraction(v) for v in (np.ones(n) if weights is None else weights).tolist()]
    k = y2.shape[1]
    joined = [r + t for r, t in zip(rows, ys)]
    mean = [Fraction(0)] * (p + k)
    if fit_intercept:
        mean = [sum(si * r[j] for si, r in zip(s, joined)) / sum(s) for j in range(p + k)]
    c = [[v - m for v, m in zip(r, mean)] for r in joined]
    gram = [[sum(si * r[a] * r[b] for si, r in zip(s, c)) for b in range(p + k)] for a in range(p)]
    for j in range(p):
        gram[j][j] += Fraction(alpha)
    for j in range(p):
        pivot = next(i for i in range(j, p) if gram[i][j] != 0)
        gram[j], gram[pivot] = gram[pivot], gram[j]
        gram[j] = [v / gram[j][j] for v in gram[j]]
        for i in range(p):
            if i != j and gram[i][j] != 0:
                f = gram[i][j]
                gram[i] = [a - f * b for a, b in zip(gram[i], gram[j])]
    w = [[gram[j][p + t] for j in range(p)] for t in range(k)]
    b = [mean[p + t] - sum(wj * m for wj, m in zip(w[t], mean)) for t in range(k)]
    pred = [[sum(wj * v for wj, v in zip(w[t], r)) + b[t] for t in range(k)] for r in rows]
    coef, intercept, pred = np.array(w, float), np.array(b, float), np.array(pred, float)
    return (coef, intercept, pred) if np.ndim(y) == 2 else (coef[0], float(intercept[0]), pred[:, 0])
