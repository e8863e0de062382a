"""Golden files of generalised linear models, against scikit-learn and statsmodels."""

import warnings

import numpy as np
import sklearn
import statsmodels
import statsmodels.api as sm
from sklearn.linear_model import GammaRegressor, PoissonRegressor, TweedieRegressor

import golden
from golden import Family, classification, regression, short, uncentred, weights

warnings.simplefilter("ignore")
golden.MADE_WITH = golden.MADE_WITH | {"statsmodels": statsmodels.__version__}
family = Family("glm")

OPTIMUM = "a solver stops with an objective within 1e-14 of the best: coefficients are then known to the square root of that"
FAMILIES = {1.0: sm.families.Poisson, 2.0: sm.families.Gamma, 3.0: sm.families.InverseGaussian, 0.0: sm.families.Gaussian}
LINKS = {"log": sm.families.links.Log, "identity": sm.families.links.Identity}


def problem(n, p, seed, counts=False, scale=0.25):
    x, noise = regression(n, p, seed)
    rng = np.random.default_rng(seed + 100)
    z = 0.4 + scale * (x @ rng.uniform(-0.5, 0.5, p))
    y = rng.poisson(np.exp(z)).astype(float) if counts else short(np.exp(z) * rng.gamma(3.0, 1 / 3.0, n), 4)
    return x, y


def penalised(name, x, y, w=None, *, power, link="auto", alpha=1.0, fit_intercept=True, shift=0.0, tolerance=1e-6, reason=OPTIMUM):
    """`shift`: the subject sees columns moved by it, which is too much for the reference."""
    settings = {"alpha": alpha, "fit_intercept": fit_intercept}
    exact = dict(tol=1e-12, max_iter=100_000)
    if link == "auto" and power == 1.0:
        model = PoissonRegressor(solver="newton-cholesky", **settings, **exact)
    elif link == "auto" and power == 2.0:
        model = GammaRegressor(solver="newton-cholesky", **settings, **exact)
    else:
        model = TweedieRegressor(power=power, link=link, solver="newton-cholesky", **settings, **exact)
    model.fit(x, y, sample_weight=w)
    params = settings | {"power": power, "link": link}
    family.case(name, "Tweedie", tolerance=tolerance, reason=reason, params=params,
                inputs={"x": uncentred(x) if shift else x, "y": y} | ({} if w is None else {"weights": w}),
                expected={"coef": model.coef_, "intercept": model.intercept_ - shift * model.coef_.sum(), "predictions": model.predict(x[:12])})


xc, yc = problem(40, 3, 1, counts=True)
xa, ya = problem(40, 3, 2)
w = weights(40, 3)
yz = np.where(np.arange(40) % 4 == 0, 0.0, ya)
for alpha in [0.0, 0.1, 10.0]:
    penalised(f"poisson_alpha_{alpha:g}", xc, yc, power=1.0, alpha=alpha)
    penalised(f"gamma_alpha_{alpha:g}", xa, ya, power=2.0, alpha=alpha)
    penalised(f"inverse_gaussian_alpha_{alpha:g}", xa, ya, power=3.0, alpha=alpha)
    penalised(f"compound_alpha_{alpha:g}", xa, yz, power=1.5, alpha=alpha)
    penalised(f"normal_alpha_{alpha:g}", xa, ya - 1.5, power=0.0, alpha=alpha)
for tag, x, y, power in [("poisson", xc, yc, 1.0), ("gamma", xa, ya, 2.0), ("compound", xa, yz, 1.5)]:
    penalised(f"{tag}_weights", x, y, w, power=power, alpha=0.1)
    penalised(f"{tag}_no_intercept", x, y, power=power, alpha=0.1, fit_intercept=False)
    penalised(f"{tag}_wide", *problem(8, 15, 4, counts=power == 1.0), power=power, alpha=0.5)
    penalised(f"{tag}_collinear", np.column_stack([x, x[:, 0] - x[:, 1]]), y, power=power, alpha=0.1)
penalised("normal_log_link", xa, ya, power=0.0, link="log", alpha=0.1)
penalised("poisson_identity_link", np.abs(xc), yc + 1, power=1.0, link="identity", alpha=0.1)
penalised("poisson_uncentred", xc, yc, power=1.0, alpha=0.1, shift=1e4, tolerance=1e-5,
          reason="means of 1e4 against a spread of 1 lose four digits of the gradient; " + OPTIMUM)
penalised("poisson_large_counts", xc, np.round(yc * 1e5), power=1.0, alpha=1.0)


# -- what statsmodels says of maximum likelihood --------------------------------------------------------------

DIGITS = ("maximum likelihood to working precision on both sides, and an inverse whose condition number is below 1e4: 1e-8 of the "
          "largest entry, of p-values too")


def summary(name, x, y, *, power=None, link="log", freq=None, offset=None, scale=None, tolerance=1e-7, reason=DIGITS,
            constant=True):
    """`scale`: the subject sees columns multiplied by it, of which the reference loses digits."""
    kind = sm.families.Binomial() if power is None else (
        FAMILIES[power](LINKS[link]()) if power in FAMILIES else sm.families.Tweedie(LINKS[link](), var_power=power))
    design = sm.add_constant(x) if constant else x
    fit = sm.GLM(y, design, family=kind, freq_weights=freq, offset=offset).fit(tol=1e-14, maxiter=500)
    unit = np.ones(len(fit.params))
    if scale is not None:
        x, unit[1:] = short(x * scale), 1 / scale
    # Without a constant the reference's df_model is one less than the number of coefficients.
    df_model = len(fit.params) - constant
    has_likelihood = power is None or power in FAMILIES
    expected = {
        "coef": fit.params * unit, "std_error": fit.bse * unit, "z": fit.tvalues, "p": fit.pvalues,
        "interval": fit.conf_int() * unit[:, None], "interval_80": fit.conf_int(0.2) * unit[:, None], "deviance": fit.deviance, "null_deviance": fit.null_deviance,
        "pearson": fit.pearson_chi2, "scale": fit.scale, "df": [df_model, fit.df_resid],
        "covariance": fit.cov_params() * np.outer(unit, unit),
    }
    if has_likelihood:
        expected |= {"log_likelihood": fit.llf, "aic": fit.aic, "bic": fit.bic_llf}
    family.case(name, "GlmSummary" if power is not None else "LogisticSummary", tolerance=tolerance, reason=reason,
                params={"power": power, "link": link, "fit_intercept": constant},
                inputs={"x": x, "y": y} | ({} if freq is None else {"weights": freq}) | ({} if offset is None else {"offset": offset}),
                expected=expected)


freq = np.random.default_rng(5).integers(0, 4, 40).astype(float)
offset = short(np.random.default_rng(6).uniform(-1, 1, 40), 3)
for tag, x, y, power in [("poisson", xc, yc, 1.0), ("gamma", xa, ya, 2.0), ("inverse_gaussian", xa, ya, 3.0),
                         ("compound", xa, yz, 1.5), ("normal_log", xa, ya, 0.0)]:
    summary(f"summary_{tag}", x, y, power=power)
    summary(f"summary_{tag}_weights", x, y, power=power, freq=freq)
summary("summary_normal", xa, ya, power=0.0, link="identity")
summary("summary_poisson_offset", xc, yc, power=1.0, offset=offset)
summary("summary_gamma_offset", xa, ya, power=2.0, offset=offset)
summary("summary_poisson_no_intercept", xc, yc, power=1.0, constant=False)
summary("summary_poisson_scales", xc, yc, power=1.0, scale=np.logspace(-6, 6, 3), tolerance=1e-6,
        reason="column scales from 1e-6 to 1e6; the bound on the gradient is that of the largest")
xl, yl = classification(60, 3, 2, 7)
summary("summary_logistic", xl, yl.astype(float))
summary("summary_logistic_weights", xl, yl.astype(float), freq=np.random.default_rng(8).integers(0, 4, 60).astype(float))
summary("summary_logistic_no_intercept", xl, yl.astype(float), constant=False)
family.close()
