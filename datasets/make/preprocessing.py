"""Golden files of StandardScaler and MinMaxScaler."""

import numpy as np
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from golden import Family, plain, regression, scaled, uncentred, weights

family = Family("preprocessing")
SUMS = "means and variances are sums of few terms, taken in another order"
NEAR = "means of 1e4 against a spread of 1: the centred values keep eleven digits"


def standard(name, x, w=None, *, tolerance=1e-12, reason=SUMS, new=None, **params):
    model = StandardScaler(**params).fit(x, sample_weight=w)
    new = x[:6] if new is None else new
    out = model.transform(new)
    if params.get("with_mean", True):
        # A constant column becomes zero; scikit-learn leaves the rounding error of its mean, 1e-6 for 1e10 / 3.
        out[:, np.ptp(x, axis=0) == 0] = 0.0
    expected = {"mean": model.mean_, "n_samples_seen": np.broadcast_to(model.n_samples_seen_, x.shape[1]),
                "transformed": out, "restored": model.inverse_transform(out)}
    if model.var_ is not None:
        expected |= {"variance": model.var_, "scale": model.scale_}
    family.case(name, "StandardScaler", tolerance=tolerance, reason=reason, params=params,
                inputs={"x": x, **({} if w is None else {"weights": w}), "new": new}, expected=expected)


def minmax(name, x, *, tolerance=1e-12, reason="one subtraction, one division and one product per value", new=None,
           **params):
    model = MinMaxScaler(**params).fit(x)
    new = x[:6] if new is None else new
    out = model.transform(new)
    expected = {"data_min": model.data_min_, "data_max": model.data_max_, "data_range": model.data_range_,
                "scale": model.scale_, "min": model.min_, "transformed": out,
                "restored": model.inverse_transform(out)}
    family.case(name, "MinMaxScaler", tolerance=tolerance, reason=reason, params=plain(params),
                inputs={"x": x, "new": new}, expected=expected)


x, _ = regression(20, 4, 21)
other, _ = regression(6, 4, 22)
other = other * 3
w = weights(20, 23)
constant = np.column_stack([x[:, 0], np.full(20, 7.0), x[:, 1], np.zeros(20), np.full(20, 0.1), np.full(20, 1e10 / 3)])
holes = x.copy()
holes[[0, 3, 3, 9, 19], [0, 1, 2, 1, 3]] = np.nan
new_holes = other.copy()
new_holes[2, 1] = np.nan
ties = np.array([[1, 0], [1, 0], [1, 1], [2, 1], [2, 1.0]])

standard("standard_dense", x)
standard("standard_new_rows", x, new=other)
standard("standard_weights", x, w)
standard("standard_no_mean", x, with_mean=False)
standard("standard_no_std", x, with_std=False)
standard("standard_constant_columns", constant)
standard("standard_constant_columns_weights", constant, w)
standard("standard_nan", holes, new=new_holes)
standard("standard_nan_weights", holes, w, new=new_holes)
standard("standard_one_row", x[:1])
standard("standard_ties", ties)
standard("standard_uncentred", uncentred(x), tolerance=1e-10, reason=NEAR)
standard("standard_uncentred_weights", uncentred(x), w, tolerance=1e-10, reason=NEAR)
standard("standard_scales", scaled(x))
standard("standard_wide", x[:3])

minmax("minmax_dense", x)
minmax("minmax_new_rows", x, new=other)
minmax("minmax_clip", x, new=other, clip=True)
minmax("minmax_range", x, new=other, feature_range=(-1, 1))
minmax("minmax_range_clip", x, new=other, feature_range=(0.25, 5), clip=True)
minmax("minmax_constant_columns", constant)
minmax("minmax_nan", holes, new=new_holes)
minmax("minmax_nan_clip", holes, new=new_holes, clip=True)
minmax("minmax_one_row", x[:1])
minmax("minmax_ties", ties)
minmax("minmax_uncentred", uncentred(x), tolerance=1e-10, reason="x·scale + min cancels four digits when means are 1e4")
minmax("minmax_scales", scaled(x))
family.close()
