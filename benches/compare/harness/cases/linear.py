"""Linear models."""
import numpy as np

from harness import quality as q
from harness.registry import RUST_PEERS, Lib, call, case, fit_xy, new, out_linear, predict, sklearn

FAMILY = "linear"
LINEAR = "sklearn.linear_model:"


class NormalEquations:
    """Centred normal equations by Cholesky in plain numpy: the cheapest route, a floor for OLS and ridge."""

    def __init__(self, alpha):
        self.alpha = alpha

    def fit(self, X, y):
        from scipy.linalg import cho_factor, cho_solve
        n, m, ym = len(y), X.mean(0), y.mean()
        G = X.T @ X - n * np.outer(m, m)
        G.flat[:: len(m) + 1] += self.alpha
        self.coef_ = cho_solve(cho_factor(G), X.T @ y - n * m * ym)
        self.intercept_ = ym - m @ self.coef_

    def predict(self, X):
        return X @ self.coef_ + self.intercept_


def glum(**settings):
    return Lib(new("glum:GeneralizedLinearRegressor", **settings))


class GlumLogistic:
    """glum with the penalty of scikit-learn's C = 1."""

    def fit(self, X, y):
        from glum import GeneralizedLinearRegressor
        self.model = GeneralizedLinearRegressor(family="binomial", alpha=1 / len(y), l1_ratio=0).fit(X, y)
        self.coef_, self.intercept_ = self.model.coef_, self.model.intercept_

    def predict(self, X):
        return (self.model.predict(X) > 0.5).astype(int)


class StatsmodelsOls:
    """Least squares with all that its summary prints."""

    def fit(self, X, y):
        import statsmodels.api as sm
        fitted = sm.OLS(y, sm.add_constant(X)).fit()
        fitted.summary()
        self.intercept_, self.coef_ = fitted.params[0], fitted.params[1:]

    def predict(self, X):
        return X @ self.coef_ + self.intercept_


# ---------------------------------------------------------------- least squares

case("ols", FAMILY, "reg_1m_50",
     sklearn(new(LINEAR + "LinearRegression")) | {"numpy:normal-eq": Lib(lambda T: NormalEquations(0.0))},
     fit_xy, predict=predict, outputs=out_linear, quality=q.least_squares(0.0), latency=True, peers=RUST_PEERS)
case("ols_summary", FAMILY, "reg_100k_50", {"statsmodels": Lib(lambda T: StatsmodelsOls())},
     fit_xy, predict=predict, outputs=out_linear, quality=q.least_squares(0.0),
     note="standard errors, tests and intervals, printed")
case("ridge", FAMILY, "reg_1m_50",
     sklearn(new(LINEAR + "Ridge", alpha=1.0)) | {"numpy:normal-eq": Lib(lambda T: NormalEquations(1.0))},
     fit_xy, predict=predict, outputs=out_linear, quality=q.least_squares(1.0), peers=RUST_PEERS, note="alpha 1")

for shape, data, lasso_alpha in (("wide", "reg_10k_2000", 0.1), ("tall", "reg_200k_100", 0.05)):
    for name, cls, l1, alpha in (("lasso", "Lasso", 1.0, lasso_alpha), ("enet", "ElasticNet", 0.5, 2 * lasso_alpha)):
        settings = {"alpha": alpha, "tol": 1e-6} | ({} if l1 == 1 else {"l1_ratio": l1})
        case(f"{name}_{shape}", FAMILY, data,
             sklearn(new(LINEAR + cls, **settings), intelex=False)
             | {"daal4py": Lib(new(f"daal4py.sklearn.linear_model:{cls}", **settings)),
                "celer": Lib(new(f"celer:{cls}", **settings), warmup=True),
                "skglm": Lib(new(f"skglm:{cls}", **settings), warmup=True),
                "glum": glum(family="normal", alpha=alpha, l1_ratio=l1)},
             fit_xy, predict=predict, outputs=out_linear, quality=q.elastic_net(alpha, l1), note=f"alpha {alpha}, l1 ratio {l1}, tol 1e-6")


class CelerCV:
    """celer's path on five folds and one refit (its own LassoCV does not run on this scikit-learn)."""

    def fit(self, X, y):
        from celer import Lasso, celer_path
        alphas = np.abs((X - X.mean(0)).T @ (y - y.mean())).max() / len(y) * np.logspace(0, -3, 100)
        mse = np.zeros(100)
        for k in range(5):
            test = np.arange(k * len(y) // 5, (k + 1) * len(y) // 5)
            A, b = np.asfortranarray(np.delete(X, test, 0)), np.delete(y, test)
            m, c = A.mean(0), b.mean()
            W = celer_path(A - m, b - c, pb="lasso", alphas=alphas)[1]
            mse += ((y[test][:, None] - (X[test] - m) @ W - c) ** 2).mean(0)
        self.alpha_ = alphas[mse.argmin()]
        self.model = Lasso(alpha=self.alpha_).fit(X, y)
        self.coef_, self.intercept_ = self.model.coef_, self.model.intercept_

    def predict(self, X):
        return self.model.predict(X)


case("lasso_cv", FAMILY, "reg_10k_500",
     sklearn(new(LINEAR + "LassoCV", jobs=True, alphas=100, cv=5), intelex=False) | {"celer:path-cv": Lib(lambda T: CelerCV(), warmup=True)},
     fit_xy, predict=predict, outputs=lambda o, *rest: out_linear(o, *rest) | {"alpha": o.alpha_}, quality=q.lasso_cv,
     note="100 alphas, 5 folds")


def sklearn_path(T):
    from sklearn.linear_model import lasso_path
    return lambda D: lasso_path(D["X"] - D["X"].mean(0), D["y"] - D["y"].mean(), alphas=100)[1]


def celer_path(T):
    from celer import celer_path
    return lambda D: celer_path(np.asfortranarray(D["X"] - D["X"].mean(0)), D["y"] - D["y"].mean(), pb="lasso", n_alphas=100)[1]


case("lasso_path", FAMILY, "reg_10k_500", sklearn(sklearn_path, intelex=False) | {"celer": Lib(celer_path, warmup=True)},
     call, outputs=lambda o, D, fitted, predicted: {"path": fitted}, quality=q.last_of_path, note="100 alphas, eps 1e-3")

# ---------------------------------------------------------------- classification

# "tight": the largest power of ten as tolerance at which the objective is the exact minimum to 1e-8 of its value;
# newton-cholesky and scikit-learn-intelex are that close by default.
case("logreg_binary", FAMILY, "log_500k_50",
     sklearn(new(LINEAR + "LogisticRegression", max_iter=200), tag="lbfgs")
     | sklearn(new(LINEAR + "LogisticRegression", max_iter=200, tol=1e-5), intelex=False, tag="lbfgs-tight")
     | sklearn(new(LINEAR + "LogisticRegression", solver="newton-cholesky"), intelex=False, tag="newton-cholesky")
     | {"glum": Lib(lambda T: GlumLogistic())},
     fit_xy, predict=predict, outputs=out_linear, quality=q.logistic(), latency=True, peers=RUST_PEERS, note="C 1")
case("logreg_multi", FAMILY, "log_100k_50_10",
     sklearn(new(LINEAR + "LogisticRegression", max_iter=200), tag="lbfgs")
     | sklearn(new(LINEAR + "LogisticRegression", max_iter=200, tol=1e-6), intelex=False, tag="lbfgs-tight")
     | sklearn(new(LINEAR + "LogisticRegression", solver="newton-cholesky"), intelex=False, tag="newton-cholesky"),
     fit_xy, predict=predict, outputs=out_linear, quality=q.logistic(), peers=RUST_PEERS, note="C 1, 10 classes")
case("logreg_sparse", FAMILY, "text_50k_100k",
     sklearn(new(LINEAR + "LogisticRegression", C=10, tol=1e-6, max_iter=500), tag="lbfgs")
     | sklearn(new(LINEAR + "LogisticRegression", C=10, solver="liblinear"), intelex=False, tag="liblinear")
     | sklearn(new(LINEAR + "LogisticRegression", C=10, solver="saga", max_iter=100), intelex=False, tag="saga")
     | sklearn(new(LINEAR + "LogisticRegression", C=10, tol=1e-6, solver="newton-cg"), intelex=False, tag="newton-cg"),
     fit_xy, predict=predict, outputs=out_linear, quality=q.logistic(10.0),
     note="CSR, 100 terms a row, C 10; lbfgs and newton-cg at tol 1e-6 (the default stops far off)")
case("logreg_l1_sparse", FAMILY, "text_50k_100k",
     sklearn(new(LINEAR + "LogisticRegression", l1_ratio=1, solver="liblinear"), intelex=False, tag="liblinear")
     | {"celer": Lib(new("celer:LogisticRegression", C=1.0), warmup=True)},
     fit_xy, predict=predict, outputs=out_linear, quality=q.logistic_l1(1.0), note="C 1; celer fits no intercept")
case("sgd_classifier", FAMILY, "log_500k_50",
     sklearn(new(LINEAR + "SGDClassifier", loss="log_loss", max_iter=5, tol=None, random_state=0), intelex=False),
     fit_xy, predict=predict, outputs=out_linear, quality=q.sgd_logistic(1e-4), note="5 epochs")
case("poisson", FAMILY, "poisson_500k_30",
     sklearn(new(LINEAR + "PoissonRegressor", alpha=1e-4, max_iter=200), intelex=False, tag="lbfgs")
     | sklearn(new(LINEAR + "PoissonRegressor", alpha=1e-4, solver="newton-cholesky"), intelex=False, tag="newton-cholesky")
     | {"glum": glum(family="poisson", alpha=1e-4, l1_ratio=0)},
     fit_xy, predict=predict, outputs=out_linear, quality=q.poisson(1e-4), note="alpha 1e-4")


case("lasso_sparse", FAMILY, "text_50k_100k",
     sklearn(new(LINEAR + "Lasso", alpha=5e-5, tol=1e-6), intelex=False)
     | {"celer": Lib(new("celer:Lasso", alpha=5e-5, tol=1e-6), warmup=True)},
     lambda o, D: o.fit(D["X"], D["y"].astype(float)), predict=predict, outputs=out_linear, quality=q.elastic_net(5e-5, 1.0),
     note="CSR, 100 terms a row, alpha 5e-5, tol 1e-6")
