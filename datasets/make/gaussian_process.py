"""Golden files of Gaussian processes. A covariance is written in postfix order, each term with its hyper-parameters."""

import warnings

import numpy as np
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import (
    RBF, ConstantKernel, DotProduct, Exponentiation, ExpSineSquared, Matern, Product, RationalQuadratic, Sum, WhiteKernel,
)

from golden import Family, classification, regression, scaled, uncentred

warnings.simplefilter("ignore")
family = Family("gaussian_process")
ROWS = 12
SOLVED = "systems of forty unknowns, solved otherwise"
LEARNT = "scikit-learn stops once a step gains less than 2e-9 of the evidence; here less than that is left to gain"


def postfix(kernel):
    match kernel:
        case Sum() | Product():
            return postfix(kernel.k1) + postfix(kernel.k2) + [["sum" if isinstance(kernel, Sum) else "product", []]]
        case Exponentiation():
            return postfix(kernel.kernel) + [["power", [kernel.exponent]]]
        case ConstantKernel():
            return [["constant", [kernel.constant_value]]]
        case WhiteKernel():
            return [["white", [kernel.noise_level]]]
        case DotProduct():
            return [["dot_product", [kernel.sigma_0]]]
        case RationalQuadratic():
            return [["rational_quadratic", [kernel.length_scale, kernel.alpha]]]
        case ExpSineSquared():
            return [["exp_sine_squared", [kernel.length_scale, kernel.periodicity]]]
    name = f"matern {kernel.nu}" if isinstance(kernel, Matern) else "rbf"
    return [[name, np.atleast_1d(kernel.length_scale)]]


def order(kernel, first=0):
    """Places of scikit-learn's parameters, in the order of ours: its rational quadratic kernel has them by their names."""
    match kernel:
        case Sum() | Product():
            left = order(kernel.k1, first)
            return left + order(kernel.k2, first + len(left))
        case Exponentiation():
            return order(kernel.kernel, first)
        case RationalQuadratic():
            return [first + 1, first]
    return list(range(first, first + kernel.n_dims))


def params(model):
    return {name: value for name, value in model.get_params(deep=False).items() if name in ("alpha", "normalize_y", "n_restarts_optimizer")} | {
        "kernel": postfix(model.kernel), "optimize": model.optimizer is not None}


def regressor(name, kernel, x, y, *, tolerance=1e-9, reason=SOLVED, learn=False, **settings):
    model = GaussianProcessRegressor(kernel, optimizer="fmin_l_bfgs_b" if learn else None, **settings).fit(x, y)
    if learn:
        expected = {"evidence": [model.log_marginal_likelihood_value_]}
    else:
        value, gradient = model.log_marginal_likelihood(model.kernel_.theta, eval_gradient=True)
        mean, deviation = model.predict(x[:ROWS] + 0.25, return_std=True)
        _, covariance = model.predict(x[:4] + 0.25, return_cov=True)
        expected = {"evidence": [value], "gradient": gradient[order(model.kernel_)], "mean": mean.reshape(ROWS, -1), "deviation": deviation.reshape(ROWS, -1)}
        if y.ndim == 1:
            expected |= {"covariance": covariance}
    family.case(name, "GaussianProcessRegressor", tolerance=tolerance, reason=reason, params=params(model), inputs={"x": x, "y": y}, expected=expected)


def classifier(name, kernel, x, y, *, learn=False, tolerance=1e-7, reason="both stop once Newton's method gains 1e-10"):
    model = GaussianProcessClassifier(kernel, optimizer="fmin_l_bfgs_b" if learn else None).fit(x, y)
    expected = {"evidence": [model.log_marginal_likelihood()]}
    if not learn and len(model.classes_) == 2:
        mean, variance = model.latent_mean_and_variance(x[:ROWS] + 0.25)
        expected |= {"mean": mean, "variance": variance}
    if not learn:
        family.case(name + "_proba", "GaussianProcessClassifier", tolerance=2e-3, params=params(model), inputs={"x": x, "y": y},
                    expected={"proba": model.predict_proba(x[:ROWS] + 0.25)},
                    reason="scikit-learn approximates the sigmoid by five error functions")
    family.case(name, "GaussianProcessClassifier", tolerance=tolerance, reason=reason, params=params(model), inputs={"x": x, "y": y}, expected=expected)


x, y = regression(40, 2, 71)
t = np.round(y / 4 + np.sin(2 * x[:, 0]), 3)
two = np.column_stack([t, np.round(np.cos(x[:, 1]), 3)])
rng = np.random.default_rng(72)
each = np.round(rng.uniform(0.01, 0.4, 40), 3)
noise = WhiteKernel(0.05)
KERNELS = {
    "rbf": RBF(0.9), "rbf_each": RBF([0.7, 2.0]), "matern_half": Matern(1.1, nu=0.5), "matern_three_halves": Matern([0.8, 1.7], nu=1.5),
    "matern_five_halves": Matern(1.1, nu=2.5), "matern_infinite": Matern(1.1, nu=np.inf), "rational_quadratic": RationalQuadratic(1.2, 0.7),
    "exp_sine_squared": ExpSineSquared(1.1, 2.7), "dot_product": DotProduct(0.8), "squares": DotProduct(0.8) ** 2,
}
for name, kernel in KERNELS.items():
    # Periods of distances are a covariance in one dimension only.
    regressor(name, kernel + noise, x[:, :1] if name == "exp_sine_squared" else x, t)
mixed = ConstantKernel(2.0) * RBF([1.0, 3.0]) + DotProduct(1.0) * Matern(2.0, nu=1.5) + WhiteKernel(0.1)
regressor("mixed", mixed, x, t)
regressor("normalised", mixed, x, t, normalize_y=True)
regressor("alpha_each", ConstantKernel(2.0) * RBF(1.0), x, t, alpha=each)
regressor("outputs", mixed, x, two, normalize_y=True)
regressor("uncentred", ConstantKernel(2.0) * RBF(1.0) + noise, uncentred(x), t, tolerance=1e-6, reason="scikit-learn loses digits of distances of rows around 1e4")
regressor("scales", RBF([1e-6, 1e6]) + noise, scaled(x), t)
regressor("duplicates", RBF(1.0) + noise, np.vstack([x[:20], x[:20]]), t)
for name, kernel in {"rbf": 1.0 * RBF(1.0) + WhiteKernel(1.0), "each": 1.0 * RBF([1.0, 1.0]) + WhiteKernel(1.0), "matern": 1.0 * Matern(1.0, nu=2.5) + WhiteKernel(1.0)}.items():
    regressor(f"learnt_{name}", kernel, x, t, learn=True, normalize_y=True, tolerance=1e-6, reason=LEARNT)
regressor("learnt_outputs", 1.0 * RBF(1.0) + WhiteKernel(1.0), x, two, learn=True, tolerance=1e-6, reason=LEARNT)

xc, yc = classification(40, 2, 2, 73)
x3, y3 = classification(40, 2, 3, 74)
classifier("binary", 2.0 * RBF(1.0), xc, yc)
classifier("binary_each", 5.0 * Matern([1.0, 2.0], nu=1.5) + WhiteKernel(0.1), xc, yc)
classifier("three", 2.0 * RBF(1.0), x3, y3)
classifier("learnt_binary", 1.0 * RBF(1.0), xc, yc, learn=True, tolerance=1e-6, reason=LEARNT)
classifier("learnt_three", 1.0 * RBF(1.0), x3, y3, learn=True, tolerance=1e-6, reason=LEARNT)
family.close()
