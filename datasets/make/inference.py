"""Golden files of the statistics of least squares, against statsmodels."""

import warnings

import numpy as np
import statsmodels
import statsmodels.api as sm
from sklearn import datasets
from statsmodels.stats.stattools import durbin_watson, jarque_bera, omni_normtest

import golden
from golden import Family, regression, short, uncentred

warnings.simplefilter("ignore")
golden.MADE_WITH = golden.MADE_WITH | {"statsmodels": statsmodels.__version__}
family = Family("inference")


def summary(name, x, y=None, freq=None, *, constant=True, scale=None, tolerance=1e-9, reason):
    """`scale`: the subject sees columns multiplied by it, of which the reference loses digits."""
    inputs = {"dataset": x} if isinstance(x, str) else {"x": x, "y": y}
    if isinstance(x, str):
        x, y = getattr(datasets, f"load_{x}")(return_X_y=True)
    # A weight of 2 is the row twice, which is what statsmodels is shown.
    times = np.ones(len(y), int) if freq is None else freq.astype(int)
    rows = np.repeat(np.arange(len(y)), times)
    design = sm.add_constant(x, has_constant="add") if constant else x
    fit = sm.OLS(y[rows], design[rows]).fit()
    jb, jb_p, skew, kurtosis = jarque_bera(fit.resid)
    unit = np.ones(len(fit.params))
    if scale is not None:
        inputs["x"] = short(x * scale)
        unit[1:] = 1 / scale
    expected = {
        "coef": fit.params * unit, "std_error": fit.bse * unit, "t": fit.tvalues, "p": fit.pvalues, "interval": fit.conf_int() * unit[:, None],
        "interval_80": fit.conf_int(0.2) * unit[:, None], "covariance": fit.cov_params() * np.outer(unit, unit), "df": [fit.df_model, fit.df_resid],
        "scale": fit.mse_resid, "r2": fit.rsquared, "adjusted_r2": fit.rsquared_adj, "f": [fit.fvalue, fit.f_pvalue],
        "log_likelihood": fit.llf, "aic": fit.aic, "bic": fit.bic, "durbin_watson": durbin_watson(fit.resid),
        "omnibus": list(omni_normtest(fit.resid)), "jarque_bera": [jb, jb_p], "skew": skew,
        "kurtosis": kurtosis,
    }
    if scale is None:
        expected["condition_number"] = fit.condition_number
    family.case(name, "RegressionSummary", tolerance=tolerance, reason=reason, params={"fit_intercept": constant},
                inputs=inputs | ({} if freq is None else {"weights": freq}), expected=expected)


WELL = "condition number below 1e3, and tails of distributions to 1e-12"
x, y = regression(30, 4, 1)
freq = np.random.default_rng(2).integers(0, 4, 30).astype(float)
summary("ols", x, y, reason=WELL)
summary("ols_weights", x, y, freq, reason=WELL)
summary("ols_no_intercept", x, y, constant=False, reason=WELL)
summary("ols_no_intercept_weights", x, y, freq, constant=False, reason=WELL)
summary("ols_one_column", x[:, :1], y, reason=WELL)
summary("ols_few_rows", x[:9, :2], y[:9], reason=WELL)
summary("ols_uncentred", uncentred(x), y, tolerance=1e-7, reason="means of 1e4 against a spread of 1 lose four digits of X, and eight of the intercept's error in the reference, which does not centre")
summary("ols_scales", x, y, scale=np.logspace(-6, 6, 4), tolerance=1e-9,
        reason="column scales from 1e-6 to 1e6 are harmless to a method that does not depend on them; " + WELL)
summary("ols_diabetes", "diabetes", tolerance=1e-8, reason="condition number near 230")
# Longley's data, on which programs have been compared since 1967.
longley = sm.datasets.longley.load_pandas()
summary("ols_longley", longley.exog.to_numpy(), longley.endog.to_numpy(), tolerance=1e-6,
        reason="condition number near 5e9 before centring: the reference itself keeps about seven digits")
family.close()
