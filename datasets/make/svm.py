"""Golden files of support vector machines and kernel ridge regression: decisions on the first rows, and the dual objective where
decisions are ill-conditioned. libsvm keeps kernel values in single precision and its `gamma="scale"` ignores weights, so that γ is a
number wherever there are weights."""

import warnings

import numpy as np
from sklearn.kernel_ridge import KernelRidge
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR, NuSVC, NuSVR, OneClassSVM

from golden import Family, classification, scaled, uncentred, weights

warnings.simplefilter("ignore")
family = Family("svm")
ROWS = 12
SINGLE = "libsvm keeps kernel values in single precision; both stop at a violation of 1e-6"
DUAL = "the objective is known much better than the coefficients"


def objective(model, x):
    """½ aᵀKa − Σ|a| of a machine for two classes."""
    a, v = model.dual_coef_[0], x[model.support_]
    k = pairwise_kernels(v, metric=model.kernel, filter_params=True, gamma=model._gamma, degree=model.degree, coef0=model.coef0)
    return a @ k @ a / 2 - np.abs(a).sum()


def case(name, model, x, y=None, w=None, *, tolerance=1e-5, reason=SINGLE, dual=False):
    given = {} if w is None else {"sample_weight": w}
    model.fit(x, *([] if y is None else [y]), **given)
    if hasattr(model, "decision_function"):
        found = model.decision_function(x[:ROWS])
    else:
        found = model.predict(x[:ROWS])
    expected = {"objective": np.array([objective(model, x)])} if dual else {"values": found.reshape(len(found), -1)}
    inputs = {"x": x} | ({} if y is None else {"y": y}) | ({} if w is None else {"weights": w})
    family.case(name, type(model).__name__, tolerance=tolerance, reason=reason, params=model.get_params(), inputs=inputs, expected=expected)


x, y = classification(36, 3, 3, 31)
xb, yb = classification(30, 3, 2, 32)
rng = np.random.default_rng(33)
t = np.round(np.sin(xb[:, 0]) + 0.5 * xb[:, 1] + 0.1 * rng.standard_normal(30), 3)
w, wb = weights(36, 34), weights(30, 35)
TIGHT = dict(tol=1e-6)

for kernel in ("linear", "rbf", "poly", "sigmoid"):
    own = dict(kernel=kernel, coef0=0.5 if kernel == "poly" else 0.0, gamma=0.05 if kernel == "sigmoid" else "scale")
    # With C = 1 a pair of the polynomial kernel has no vector inside its bounds. Its intercept may then lie anywhere in an interval, of
    # which libsvm takes an end, because rounding leaves it a coefficient of 1e-16.
    case(f"svc_{kernel}", SVC(C=3.0 if kernel == "poly" else 1.0, decision_function_shape="ovo", **own, **TIGHT), x, y)
    case(f"svc_{kernel}_binary", SVC(C=3.0, **own, **TIGHT), xb, yb)
    case(f"svr_{kernel}", SVR(epsilon=0.05, **own, **TIGHT), xb, t)
case("svc_weights", SVC(gamma=0.2, decision_function_shape="ovo", **TIGHT), x, y, w)
case("svc_votes", SVC(gamma=0.2, **TIGHT), x, y)
case("svc_uncentred", SVC(gamma=0.2, **TIGHT), uncentred(xb), yb, tolerance=1e-4, reason="distances of rows around 1e4 lose digits there: " + SINGLE)
case("svc_tiny_c", SVC(C=1e-6, gamma=0.2, **TIGHT), xb, yb, dual=True, tolerance=1e-6, reason=DUAL)
case("svc_huge_c", SVC(C=1e6, gamma=0.2, **TIGHT), xb, yb, dual=True, tolerance=1e-4, reason=DUAL + "; C is 1e6")
twice, labels = np.vstack([xb, xb]), np.concatenate([yb, 1 - yb])
case("svc_contradictions", SVC(gamma=0.2, **TIGHT), twice, labels, dual=True, tolerance=1e-6, reason=DUAL)
case("svc_equal_rows", SVC(gamma=0.2, **TIGHT), np.ones((20, 2)), np.arange(20) % 2, dual=True, tolerance=1e-6, reason=DUAL)
case("svc_collinear", SVC(kernel="linear", **TIGHT), np.column_stack([xb, xb, np.ones(30)]), yb, dual=True, tolerance=1e-6, reason=DUAL)
rare = np.vstack([xb[:1] + 4, rng.standard_normal((120, 3)).round(3)])
case("svc_rare", SVC(gamma=0.2, **TIGHT), rare, (np.arange(121) == 0).astype(int), dual=True, tolerance=1e-6, reason=DUAL)
case("svr_weights", SVR(gamma=0.2, **TIGHT), xb, t, wb)
case("nu_svc", NuSVC(nu=0.3, gamma=0.2, decision_function_shape="ovo", **TIGHT), x, y)
case("nu_svc_binary", NuSVC(nu=0.3, gamma=0.2, **TIGHT), xb, yb)
case("nu_svr", NuSVR(nu=0.4, gamma=0.2, **TIGHT), xb, t)
case("one_class", OneClassSVM(nu=0.3, gamma=0.2, **TIGHT), xb)
case("one_class_linear", OneClassSVM(nu=0.3, kernel="linear", **TIGHT), xb + 2)
LINEAR = "liblinear stops at a gradient of 1e-10 of the first one, here 1e-8"
for loss in ("hinge", "squared_hinge"):
    own = dict(loss=loss, dual=loss == "hinge", tol=1e-10, max_iter=1_000_000)
    case(f"linear_svc_{loss}", LinearSVC(**own), x, y, tolerance=1e-5, reason=LINEAR)
    case(f"linear_svc_{loss}_weights", LinearSVC(C=0.5, intercept_scaling=3.0, **own), xb, yb, wb, tolerance=1e-5, reason=LINEAR)
together = dict(multi_class="crammer_singer", tol=1e-10, max_iter=1_000_000)
case("linear_svc_crammer_singer", LinearSVC(**together), x, y, tolerance=1e-5, reason=LINEAR)
case("linear_svc_crammer_singer_weights", LinearSVC(C=0.5, intercept_scaling=3.0, **together), xb, yb, wb, tolerance=1e-5, reason=LINEAR)
case("linear_svc_l1", LinearSVC(penalty="l1", C=0.2, dual=False, tol=1e-10, max_iter=1_000_000), x, y, tolerance=1e-5, reason=LINEAR)
for loss in ("epsilon_insensitive", "squared_epsilon_insensitive"):
    own = dict(loss=loss, dual=loss == "epsilon_insensitive", tol=1e-10, max_iter=1_000_000)
    case(f"linear_svr_{loss}", LinearSVR(epsilon=0.05, **own), xb, t, tolerance=1e-5, reason=LINEAR)
SOLVED = "systems of thirty unknowns, solved otherwise"
for kernel in ("linear", "rbf", "poly"):
    case(f"kernel_ridge_{kernel}", KernelRidge(kernel=kernel, alpha=0.5, gamma=0.2), xb, t, tolerance=1e-9, reason=SOLVED)
case("kernel_ridge_weights", KernelRidge(kernel="rbf", alpha=0.5, gamma=0.2), xb, t, wb, tolerance=1e-9, reason=SOLVED)
case("kernel_ridge_scales", KernelRidge(kernel="rbf", alpha=0.5, gamma=1e-12), scaled(xb), t, tolerance=1e-8, reason=SOLVED)
family.close()
