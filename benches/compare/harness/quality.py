"""Quality figures, computed for every library by this code from the arrays its worker wrote.

A measure takes the data D and the outputs R (arrays by name) and gives figures by name; the first is compared.
"""
import numpy as np
from scipy import sparse

# +1: larger is better, -1: smaller is better; other figures only describe.
DIRECTION = {"objective": -1, "logloss": -1, "inertia": -1, "kl": -1, "reconstruction": -1, "dual_objective": 1, "r2": 1, "accuracy": 1,
             "ari": 1, "mean_loglik": 1, "explained": 1, "trust": 1, "log_marginal": 1, "cv_score": 1}
BLOCK = 4_000


def behind(name, value, best):
    """How far a figure lies behind the best one, relative to it; None where there is no better and worse."""
    if name not in DIRECTION:
        return None
    return max(0.0, DIRECTION[name] * (best - value)) / max(abs(best), 1e-300)


def best_of(name, values):
    sign = DIRECTION.get(name, 1)
    return max(values, key=lambda v: sign * v)


# ---------------------------------------------------------------- predictions

def r2(D, R):
    residual = D["yt"] - np.ravel(R["predict"])
    return {"r2": 1 - residual @ residual / np.square(D["yt"] - D["yt"].mean()).sum()}


def accuracy(D, R):
    return {"accuracy": np.mean(np.ravel(R["predict"]) == D["yt"])}


def boosting(D, R):
    """Log loss and, for two classes, the area under the curve on the test rows."""
    from sklearn.metrics import log_loss, roc_auc_score
    P = R["proba"].astype(float)
    figures = {"logloss": log_loss(D["yt"], P / P.sum(1, keepdims=True))} | accuracy(D, R)
    return figures | ({"auc": roc_auc_score(D["yt"], P[:, 1])} if P.shape[1] == 2 else {})


def mean_of(output, name):
    return lambda D, R: {name: np.mean(R[output])}


# ---------------------------------------------------------------- training objectives of linear models

def linear(R):
    return np.ravel(R["coef"]), np.ravel(R["intercept"])[0]


def rounds(R):
    return {"n_iter": int(np.max(R["n_iter"]))} if "n_iter" in R else {}


def least_squares(alpha):
    """‖y − Xw − b‖² / n + α‖w‖² / n on the training rows."""
    def measure(D, R):
        w, b = linear(R)
        r = D["y"] - D["X"] @ w - b
        return {"objective": (r @ r + alpha * (w @ w)) / len(r)} | r2(D, R)
    return measure


def elastic_net(alpha, l1):
    """‖r‖² / 2n + α(l1‖w‖₁ + (1 − l1)/2 ‖w‖²), the intercept at its best value, and the duality gap relative to it."""
    def measure(D, R):
        w, b = linear(R)
        X, y, n = D["X"], D["y"], len(D["y"])
        r = y - X @ w - b
        r = r - r.mean()
        l2 = alpha * (1 - l1)
        primal = r @ r / (2 * n) + alpha * l1 * np.abs(w).sum() + l2 / 2 * (w @ w)
        g = X.T @ r - n * l2 * w
        s = min(1.0, n * alpha * l1 / max(np.abs(g).max(), 1e-300))
        dual = s * ((y - y.mean()) @ r) / n - s * s * (r @ r / (2 * n) + l2 / 2 * (w @ w))
        return {"objective": primal, "gap": (primal - dual) / primal, "nonzero": np.count_nonzero(w)} | r2(D, R)
    return measure


def _binary_log_loss(y, z):
    return np.logaddexp(0, np.where(y == 1, -z, z)).mean()


def logistic(C=1.0):
    """Mean log loss + ‖W‖² / 2Cn on the training rows: scikit-learn's objective divided by Cn."""
    def measure(D, R):
        X, y, n = D["X"], D["y"], len(D["y"])
        W, b = np.atleast_2d(R["coef"]), np.ravel(R["intercept"])
        Z = np.asarray(X @ W.T) + b
        if Z.shape[1] == 1:
            loss = _binary_log_loss(y, Z[:, 0])
        else:
            m = Z.max(1)
            loss = (m + np.log(np.exp(Z - m[:, None]).sum(1)) - Z[np.arange(n), y]).mean()
        return {"objective": loss + np.square(W).sum() / (2 * C * n)} | accuracy(D, R) | rounds(R)
    return measure


def sgd_logistic(alpha):
    """Mean log loss + α/2 ‖w‖² on the training rows: what stochastic gradient descent minimises; and the loss alone."""
    def measure(D, R):
        w, b = linear(R)
        loss = _binary_log_loss(D["y"], D["X"] @ w + b)
        return {"objective": loss + alpha / 2 * (w @ w), "training_loss": loss} | accuracy(D, R)
    return measure


def logistic_l1(C):
    def measure(D, R):
        w, b = linear(R)
        loss = _binary_log_loss(D["y"], D["X"] @ w + b)
        return {"objective": loss + np.abs(w).sum() / (C * len(D["y"])), "nonzero": np.count_nonzero(w)} | accuracy(D, R)
    return measure


def poisson(alpha):
    def measure(D, R):
        from sklearn.metrics import mean_poisson_deviance
        w, b = linear(R)
        z = D["X"] @ w + b
        return {"objective": (np.exp(z) - D["y"] * z).mean() + alpha / 2 * (w @ w),
                "test_deviance": mean_poisson_deviance(D["yt"], R["predict"])}
    return measure


def huber(epsilon, alpha):
    """Σ(σ + σH(r/σ)) / n + α‖w‖² / n on the training rows, σ at its best for the coefficients."""
    def measure(D, R):
        from scipy.optimize import minimize_scalar
        w, b = linear(R)
        r = np.abs(D["y"] - D["X"] @ w - b)

        def value(log_sigma):
            z = r / np.exp(log_sigma)
            return np.exp(log_sigma) * (1 + np.where(z <= epsilon, z * z, 2 * epsilon * z - epsilon**2).mean())
        best = minimize_scalar(value, bracket=(np.log(r.mean()) - 1, np.log(r.mean())), tol=1e-12)
        return {"objective": best.fun + alpha * (w @ w) / len(r)} | rounds(R)
    return measure


def pinball(q, alpha):
    def measure(D, R):
        w, b = linear(R)
        r = D["y"] - D["X"] @ w - b
        return {"objective": np.maximum(q * r, (q - 1) * r).mean() + alpha * np.abs(w).sum(), "below": np.mean(r < 0)}
    return measure


def isotonic(D, R):
    """Mean square on the training rows, and how often the fit falls."""
    f, order = R["fitted"], np.argsort(D["X"][:, 0])
    return {"objective": np.square(D["y"] - f).mean(), "falls": int((np.diff(f[order]) < 0).sum())}


def squared_hinge(D, R):
    w, b = linear(R)
    m = np.maximum(0, 1 - np.where(D["y"] == 1, 1, -1) * (D["X"] @ w + b))
    return {"objective": ((w @ w + b * b) / 2 + m @ m) / len(m)} | accuracy(D, R)


def lasso_cv(D, R):
    return r2(D, R) | {"alpha": R["alpha"].item(), "nonzero": np.count_nonzero(R["coef"])}


def last_of_path(D, R):
    return {"nonzero": np.count_nonzero(R["path"][:, -1])}


# ---------------------------------------------------------------- support vectors

def svm(score, kernel=None):
    """Σ|a| − aᵀKa/2 over the support vectors (the dual objective of C-classification) where the kernel is given."""
    def measure(D, R):
        figures = score(D, R) | {"vectors": len(R["support"])}
        if kernel is None:
            return figures
        a, V = np.ravel(R["dual_coef"]), D["X"][R["support"]]
        product = np.concatenate([kernel(V[i:i + BLOCK], V) @ a for i in range(0, len(a), BLOCK)])
        return {"dual_objective": np.abs(a).sum() - a @ product / 2} | figures
    return measure


# ---------------------------------------------------------------- clusters and mixtures

def inertia(D, R):
    from sklearn.metrics import pairwise_distances_argmin_min
    _, d = pairwise_distances_argmin_min(D["X"], R["centers"].astype(float), metric="euclidean")
    return {"inertia": d @ d} | rounds(R)


def ari(D, R):
    from sklearn.metrics import adjusted_rand_score
    return {"ari": adjusted_rand_score(D["y"], R["labels"]), "clusters": len(set(R["labels"].tolist()) - {-1}),
            "noise": int((R["labels"] == -1).sum())}


def gaussian_mixture(D, R):
    """Mean log-likelihood of the training rows under weights, means and (full) covariances."""
    from scipy.special import logsumexp
    from scipy.stats import multivariate_normal
    parts = [np.log(w) + multivariate_normal(m, S).logpdf(D["X"]) for w, m, S in zip(R["weights"], R["means"], R["covariances"])]
    return {"mean_loglik": logsumexp(parts, axis=0).mean()} | rounds(R)


# ---------------------------------------------------------------- decompositions and embeddings

def explained_variance(D, R):
    """Share of the variance of X that lies in the span of the components."""
    X, V = D["X"], np.linalg.qr(R["components"].T)[0]
    if sparse.issparse(X):
        total = X.multiply(X).mean(0).sum() - np.square(X.mean(0)).sum()
    else:
        total = X.var(0).sum()
    return {"explained": (X @ V).var(0).sum() / total}


def reconstruction(D, R):
    return {"reconstruction": np.linalg.norm(D["X"] - R["W"] @ R["H"])} | rounds(R)


def log_cosh(D, R):
    return {"mean_logcosh": np.log(np.cosh(R["sources"])).mean()}


def trust(D, R):
    from sklearn.manifold import trustworthiness
    return {"trust": trustworthiness(D["X"][:BLOCK], R["embedding"][:BLOCK], n_neighbors=10)}


def tsne(perplexity):
    """Kullback–Leibler divergence between the neighbour affinities of the data and of the embedding."""
    def measure(D, R):
        from sklearn.manifold._t_sne import _joint_probabilities_nn
        from sklearn.neighbors import NearestNeighbors
        Y, n = R["embedding"].astype(float), len(R["embedding"])
        graph = NearestNeighbors(n_neighbors=min(n - 1, int(3 * perplexity + 1))).fit(D["X"]).kneighbors_graph(mode="distance")
        graph.data **= 2
        P = _joint_probabilities_nn(graph, perplexity, 0).tocoo()
        total = sum((1 / (1 + np.square(Y[i:i + 500, None] - Y).sum(2))).sum() for i in range(0, n, 500)) - n
        q = 1 / (1 + np.square(Y[P.row] - Y[P.col]).sum(1)) / total
        return {"kl": (P.data * np.log(np.maximum(P.data, 1e-300) / q)).sum()} | trust(D, R)
    return measure


# ---------------------------------------------------------------- Gaussian processes

def gaussian_process(D, R):
    """Log marginal likelihood of standardised targets under an RBF kernel (length) plus white noise (variance)."""
    from scipy.linalg import cho_factor, cho_solve
    from scipy.spatial.distance import cdist
    length, noise = R["kernel"]
    y = (D["y"] - D["y"].mean()) / D["y"].std()
    K = np.exp(-cdist(D["X"], D["X"], "sqeuclidean") / (2 * length * length)) + noise * np.eye(len(y))
    L = cho_factor(K, lower=True)
    fit = -(y @ cho_solve(L, y) / 2 + np.log(np.diag(L[0])).sum() + len(y) / 2 * np.log(2 * np.pi))
    return {"log_marginal": fit} | r2(D, R)


# ---------------------------------------------------------------- transformers, metrics, selection

def against(reference):
    """Largest deviation of the first transformed rows from reference(D, rows), the same in longer numbers."""
    def measure(D, R):
        return {"max_error": np.abs(R["sample"] - reference(D, len(R["sample"]))).max()}
    return measure


def sample(D, R):
    """What describes the transformed rows well enough to see that two libraries did the same."""
    Z = R["sample"]
    return {"mean_abs": (np.abs(Z).sum() if sparse.issparse(Z) else np.abs(Z).sum(dtype=float)) / np.prod(Z.shape), "columns": int(R["shape"][1])}


def value(D, R):
    return {"value": np.mean(R["value"])}


def confusion(D, R):
    return {"accuracy": np.trace(R["value"]) / R["value"].sum()}


def cv_score(D, R):
    return {"cv_score": np.mean(R["value"])}


def split(D, R):
    """Every row lands in one of the two parts: the column sums of the parts add up to the whole's."""
    whole = D["X"].sum(0)
    error = np.abs(R["train_sum"] + R["test_sum"] - whole).max() / np.abs(D["X"]).sum(0).max()
    return {"max_error": error, "train_rows": int(R["train_rows"].item())}
