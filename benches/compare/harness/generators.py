"""Generators of the synthetic data: each gives its arrays by name, from a seed alone.

X and y are for fitting, Xt and yt for predicting; `init` and the like hold the start that every library is given.
"""
import numpy as np
from scipy import sparse


def _ar_features(rng, n, d, rho):
    """Normal features, neighbouring columns correlated by rho."""
    X = rng.standard_normal((n, d))
    if rho:
        s = np.sqrt(1 - rho * rho)
        for j in range(1, d):
            X[:, j] = rho * X[:, j - 1] + s * X[:, j]
    return X


def _coef(rng, d, informative):
    w = np.zeros(d)
    idx = rng.permutation(d)[:informative]
    w[idx] = rng.standard_normal(informative)
    return w


def _split(arrays, n):
    out = {}
    for k, v in arrays.items():
        out[k], out[k + "t"] = np.ascontiguousarray(v[:n]), np.ascontiguousarray(v[n:])
    return out


def regression(n, d, seed, n_test=20_000, informative=None, rho=0.5, snr=5.0):
    rng = np.random.default_rng(seed)
    X = _ar_features(rng, n + n_test, d, rho)
    z = X @ _coef(rng, d, informative or d)
    y = z + rng.standard_normal(len(z)) * z.std() / np.sqrt(snr) + 3.0
    return _split({"X": X, "y": y}, n)


def spoilt(n, d, seed, share=0.05, **settings):
    """A regression of which a share of the rows lies far off, all on one side."""
    arrays = regression(n, d, seed, **settings)
    rng = np.random.default_rng(seed + 1)
    far = rng.random(len(arrays["y"])) < share
    arrays["y"][far] += 20 * arrays["y"].std() * rng.exponential(size=far.sum())
    return arrays


def monotone(n, seed, n_test=20_000):
    """One column in random order, and a rising function of it with noise."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n + n_test, 1))
    y = X[:, 0] + np.tanh(3 * X[:, 0]) + rng.standard_normal(n + n_test)
    return _split({"X": X, "y": y}, n)


def logistic(n, d, seed, classes=2, n_test=20_000, rho=0.5, scale=2.0):
    rng = np.random.default_rng(seed)
    X = _ar_features(rng, n + n_test, d, rho)
    Z = X @ (rng.standard_normal((d, classes)) * scale / np.sqrt(d))
    y = np.argmax(Z + rng.gumbel(size=Z.shape), axis=1).astype(np.int64)
    return _split({"X": X, "y": y}, n)


def poisson(n, d, seed, n_test=20_000):
    rng = np.random.default_rng(seed)
    X = _ar_features(rng, n + n_test, d, 0.3)
    y = rng.poisson(np.exp(X @ (rng.standard_normal(d) * 0.5 / np.sqrt(d)) + 0.5)).astype(float)
    return _split({"X": X, "y": y}, n)


def sparse_text(n, d, nnz_row, seed, n_test=5_000):
    """CSR rows of nnz_row Zipf-distributed terms, tf-idf-like weights, unit rows; balanced labels."""
    rng = np.random.default_rng(seed)
    m = n + n_test
    p = 1.0 / np.arange(1, d + 1) ** 0.8
    cdf = np.cumsum(p / p.sum())
    cols = np.minimum(np.searchsorted(cdf, rng.random((m, nnz_row))), d - 1)
    rows = np.repeat(np.arange(m), nnz_row)
    M = sparse.coo_matrix((np.ones(m * nnz_row), (rows, cols.ravel())), shape=(m, d)).tocsr()
    df = np.bincount(M.indices, minlength=d)
    M.data = np.sqrt(M.data) * np.log(1 + m / (1 + df))[M.indices]
    norms = np.sqrt(np.asarray(M.multiply(M).sum(axis=1)).ravel())
    M = sparse.csr_matrix(sparse.diags(1 / norms) @ M)
    M.sort_indices()
    z = M @ (rng.standard_normal(d) * 6.0)
    y = (z - np.median(z) + rng.logistic(size=m) > 0).astype(np.int64)
    return {"X": M[:n], "Xt": M[n:], "y": y[:n], "yt": y[n:]}


def tabular(n, d, seed, kind, classes=2, n_test=50_000):
    """Nonlinear target over mixed features: normals, heavy tails, small integers, rounded values."""
    rng = np.random.default_rng(seed)
    m = n + n_test
    X = rng.standard_normal((m, d))
    for j in range(d):
        if j % 4 == 1:
            X[:, j] = np.exp(0.7 * X[:, j])
        elif j % 4 == 2:
            X[:, j] = np.floor(np.abs(X[:, j]) * 4)
        elif j % 4 == 3:
            X[:, j] = np.round(X[:, j], 1)
    S = (X - X.mean(0)) / X.std(0)

    def score():
        a = rng.permutation(d)
        g = lambda i: S[:, a[i % d]]
        z = 1.2 * np.sin(2 * g(0)) + g(1) * g(2) + 0.8 * np.abs(g(3)) + 0.7 * (g(4) > 0.3) * g(5)
        z += 0.5 * g(6) + 0.4 * np.tanh(g(7) + g(8)) + 0.3 * g(9) ** 2 / (1 + g(9) ** 2)
        return (z - z.mean()) / z.std()

    if kind == "reg":
        y = 2 * score() + 0.7 * rng.standard_normal(m)
    else:
        Z = np.stack([2.0 * score() for _ in range(classes)], axis=1)
        y = np.argmax(Z + rng.gumbel(size=Z.shape) * 0.7, axis=1).astype(np.int64)
    return _split({"X": X, "y": y}, n)


def blobs(n, d, centers, seed, std=1.0, box=10.0, k=None, n_test=0):
    """Normal clusters of unequal size; `init` holds k distinct rows (initial centres)."""
    rng = np.random.default_rng(seed)
    C = rng.uniform(-box, box, (centers, d))
    w = rng.dirichlet(np.full(centers, 5.0))
    y = rng.choice(centers, size=n + n_test, p=w)
    X = C[y] + rng.standard_normal((n + n_test, d)) * std * rng.uniform(0.5, 1.5, centers)[y][:, None]
    out = {"X": X[:n], "y": y[:n].astype(np.int64)}
    if n_test:
        out["Xt"], out["yt"] = X[n:], y[n:].astype(np.int64)
    if k:
        out["init"] = X[rng.choice(n, min(k, n), replace=False)]
    return out


def uniform_noise_blobs(n, d, centers, seed, noise=0.05, std=0.3):
    """Clusters plus uniform background points (density-based clustering)."""
    out = blobs(n, d, centers, seed, std=std)
    rng = np.random.default_rng(seed + 1)
    m = int(noise * n)
    idx = rng.choice(n, m, replace=False)
    out["X"][idx] = rng.uniform(-10, 10, (m, d))
    out["y"][idx] = -1
    return out


def gaussian_process(n, d, seed, n_test=2_000):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-2, 2, (n + n_test, d))
    y = np.sin(2 * X[:, 0]) + 0.5 * X[:, 1] * X[:, 2] + 0.1 * rng.standard_normal(n + n_test)
    return _split({"X": X, "y": y}, n)


def nonneg_lowrank(n, d, rank, seed, k=20):
    rng = np.random.default_rng(seed)
    W, H = rng.gamma(0.5, size=(n, rank)), rng.gamma(0.5, size=(rank, d))
    X = W @ H * rng.gamma(20, 1 / 20, size=(n, d))
    a = np.sqrt(X.mean() / k)
    return {"X": X, "W0": a * np.abs(rng.standard_normal((n, k))), "H0": a * np.abs(rng.standard_normal((k, d)))}


def lowrank(n, d, rank, seed):
    rng = np.random.default_rng(seed)
    s = 10.0 * 0.85 ** np.arange(rank)
    X = (rng.standard_normal((n, rank)) * s) @ rng.standard_normal((rank, d)) / np.sqrt(d)
    return {"X": X + rng.standard_normal((n, d)) + rng.standard_normal(d)}


def mixed_sources(n, d, k, seed):
    rng = np.random.default_rng(seed)
    S = np.concatenate([rng.laplace(size=(n, d // 2)), rng.uniform(-1.7, 1.7, (n, d - d // 2))], axis=1)
    return {"X": S @ rng.standard_normal((d, d)), "w_init": rng.standard_normal((k, k))}


def clustered_highdim(n, d, seed, centers=10):
    out = blobs(n, d, centers, seed, std=1.5, box=3.0)
    rng = np.random.default_rng(seed + 1)
    out["Y0"] = rng.standard_normal((n, 2)) * 1e-4
    return out


def knn_clf(n, n_test, d, seed, centers=20):
    return blobs(n, d, centers, seed, std=2.0, box=3.0, n_test=n_test)


def integers(n, d, seed):
    rng = np.random.default_rng(seed)
    sizes = [3, 10, 50, 200, 1000][:d]
    X = np.stack([np.minimum(rng.geometric(3.0 / s, n), s) - 1 for s in sizes], axis=1)
    return {"X": X.astype(np.int64)}


def missing(n, d, seed, share=0.1):
    rng = np.random.default_rng(seed)
    X = _ar_features(rng, n, d, 0.7)
    X[rng.random((n, d)) < share] = np.nan
    return {"X": X}


def documents(n, seed, vocab=50_000, tokens=100):
    rng = np.random.default_rng(seed)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words, seen = [], set()
    while len(words) < vocab:
        w = "".join(rng.choice(letters, rng.integers(2, 10)))
        if w not in seen:
            seen.add(w)
            words.append(w)
    p = 1.0 / np.arange(1, vocab + 1)
    ids = np.minimum(np.searchsorted(np.cumsum(p / p.sum()), rng.random((n, tokens))), vocab - 1)
    words = np.array(words)
    return {"docs": [" ".join(words[r]) for r in ids]}


def scores(n, seed, classes=10):
    rng = np.random.default_rng(seed)
    s = rng.standard_normal(n)
    y = (s + 1.5 * rng.standard_normal(n) > 0.5).astype(np.int64)
    L = rng.standard_normal((n, classes))
    yc = np.argmax(L + rng.gumbel(size=L.shape), axis=1).astype(np.int64)
    P = np.exp(L)
    return {"y": y, "score": s, "proba": 1 / (1 + np.exp(-s)), "yc": yc,
            "pc": np.argmax(L, axis=1).astype(np.int64), "P": P / P.sum(1, keepdims=True)}
