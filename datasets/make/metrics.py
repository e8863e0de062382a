"""Golden files of the metrics: predicted classes, predicted probabilities, predicted numbers."""

import warnings

import numpy as np
from sklearn import metrics as m

from golden import Family, plain, short, weights

family = Family("metrics")
SUMS = "ratios of sums of few terms, taken in another order"
COUNTS = "counts are exact; what remains is one division"
AVERAGES = ["micro", "macro", "weighted"]
warnings.simplefilter("ignore")  # undefined precision counts as zero, which the expected values show


def classes(name, y_true, y_pred, w=None, report=True):
    labels = np.unique(np.concatenate([y_true, y_pred]))
    s = {"sample_weight": w}
    expected = {
        "labels": labels,
        "accuracy": m.accuracy_score(y_true, y_pred, **s),
        "balanced_accuracy": m.balanced_accuracy_score(y_true, y_pred, **s),
        "matthews": m.matthews_corrcoef(y_true, y_pred, **s),
        "cohen_kappa": m.cohen_kappa_score(y_true, y_pred, **s),
        "zero_one_loss": m.zero_one_loss(y_true, y_pred, **s),
    }
    for score in ["precision", "recall", "f1", "jaccard"]:
        f = getattr(m, f"{score}_score")
        expected[f"{score}_per_class"] = f(y_true, y_pred, average=None, zero_division=0, **s)
        for average in AVERAGES:
            expected[f"{score}_{average}"] = f(y_true, y_pred, average=average, zero_division=0, **s)
        if len(labels) == 2:
            expected[f"{score}_binary"] = f(y_true, y_pred, pos_label=labels[1], zero_division=0, **s)
    expected["fbeta_2_macro"] = m.fbeta_score(y_true, y_pred, beta=2.0, average="macro", zero_division=0, **s)
    for normalize in [None, "true", "pred", "all"]:
        expected[f"confusion_{normalize or 'counts'}"] = m.confusion_matrix(y_true, y_pred, normalize=normalize, **s)
    if report:
        expected["report"] = m.classification_report(y_true, y_pred, zero_division=0, **s)
    family.case(name, "classification", tolerance=1e-12, reason=COUNTS if w is None else SUMS,
                inputs={"y_true": y_true, "y_pred": y_pred, **({} if w is None else {"weights": w})}, expected=expected)


rng = np.random.default_rng(31)


def noisy(y, k, share):
    flip = rng.uniform(size=len(y)) < share
    return np.where(flip, rng.integers(0, k, len(y)), y)


y2 = rng.choice(2, 40, p=[0.7, 0.3])
y4 = rng.choice(4, 50, p=[0.4, 0.3, 0.2, 0.1])
w40, w50 = weights(40, 32), weights(50, 33)
p2, p4 = noisy(y2, 2, 0.5), noisy(y4, 4, 0.4)
# With weights, and without a single hit, scikit-learn prints the support as a bare float: no report then.
classes("classes_binary", y2, p2)
classes("classes_binary_weights", y2, p2, w40, report=False)
classes("classes_multi", y4, p4)
classes("classes_multi_weights", y4, p4, w50, report=False)
classes("classes_perfect", y4, y4)
classes("classes_all_wrong", np.array([0, 1, 0, 1, 1]), np.array([1, 0, 1, 0, 0]), report=False)
classes("classes_never_predicted", y4, np.where(p4 == 2, 0, p4))
classes("classes_never_true", np.where(y4 == 3, 1, y4), p4)
classes("classes_one_prediction", y4, np.zeros(50, int))
classes("classes_text", np.array(["cat", "dog", "cat", "ant", "dog", "dog"]), np.array(["cat", "cat", "cat", "ant", "dog", "ant"]))
classes("classes_large_counts", np.repeat([0, 1, 1, 0], [1200, 90, 4, 1]), np.repeat([0, 1, 0, 1], [1200, 90, 4, 1]))


def probabilities(name, y, proba, w=None, reason=SUMS, auc=True):
    s = {"sample_weight": w}
    k = proba.shape[1]
    expected = {"log_loss": m.log_loss(y, proba, labels=np.arange(k), **s)}
    if k == 2:
        score = proba[:, 1]
        expected["brier"] = m.brier_score_loss(y, score, labels=[0, 1], pos_label=1, **s)
        if auc:
            expected["roc_auc"] = m.roc_auc_score(y, score, **s)
            expected["average_precision"] = m.average_precision_score(y, score, **s)
    else:
        expected["brier"] = m.brier_score_loss(y, proba, labels=np.arange(k), **s)
        if auc:
            for average in ["macro", "weighted"]:
                expected[f"roc_auc_ovr_{average}"] = m.roc_auc_score(y, proba, multi_class="ovr", average=average, **s)
                if w is None:
                    expected[f"roc_auc_ovo_{average}"] = m.roc_auc_score(y, proba, multi_class="ovo", average=average)
    family.case(name, "probabilities", tolerance=1e-12, reason=reason,
                inputs={"y_true": y, "proba": proba, **({} if w is None else {"weights": w})}, expected=expected)


def simplex(n, k, y, digits):
    """Rows that sum to one exactly in few decimals, leaning towards the true class."""
    raw = rng.gamma(0.7, size=(n, k)) + 0.8 * (y[:, None] == np.arange(k))
    parts = np.floor(raw / raw.sum(axis=1, keepdims=True) * 10**digits)
    parts[:, 0] += 10**digits - parts.sum(axis=1)
    return parts / 10**digits


q2, q4 = simplex(40, 2, y2, 3), simplex(50, 4, y4, 3)
coarse2, coarse4 = simplex(40, 2, y2, 1), simplex(50, 4, y4, 1)
inside4 = np.clip(coarse4, 0.05, None)
inside4 = inside4 / inside4.sum(axis=1, keepdims=True)
probabilities("proba_binary", y2, q2)
probabilities("proba_binary_weights", y2, q2, w40)
probabilities("proba_binary_ties", y2, coarse2)
probabilities("proba_binary_ties_weights", y2, coarse2, w40)
probabilities("proba_multi", y4, q4)
probabilities("proba_multi_weights", y4, q4, w50)
probabilities("proba_multi_ties", y4, inside4)
CLIPPED = "probabilities are clipped to [ε, 1 − ε] with the machine ε of f64: −ln ε = 36.04 for a certain error"
probabilities("proba_binary_certain", np.array([0, 1, 1, 0, 1]), np.array([[1, 0], [0, 1], [1, 0], [0.5, 0.5], [0.25, 0.75]]),
              reason=CLIPPED)
probabilities("proba_binary_constant", y2, np.tile([0.7, 0.3], (40, 1)))
probabilities("proba_binary_perfect", np.array([0, 0, 1, 1]), np.array([[0.9, 0.1], [0.6, 0.4], [0.4, 0.6], [0.2, 0.8]]))
probabilities("proba_multi_class_absent", np.where(y4 == 3, 0, y4), q4, auc=False)


def numbers(name, y_true, y_pred, w=None, tolerance=1e-12, reason=SUMS):
    s = {"sample_weight": w}
    expected = {
        "r2": m.r2_score(y_true, y_pred, **s),
        "explained_variance": m.explained_variance_score(y_true, y_pred, **s),
        "mse": m.mean_squared_error(y_true, y_pred, **s),
        "rmse": m.root_mean_squared_error(y_true, y_pred, **s),
        "mae": m.mean_absolute_error(y_true, y_pred, **s),
        "medae": m.median_absolute_error(y_true, y_pred, **s),
        "d2_absolute_error": m.d2_absolute_error_score(y_true, y_pred, **s),
    }
    if np.ndim(y_true) == 1:
        expected["max_error"] = m.max_error(y_true, y_pred)
        expected["mape"] = m.mean_absolute_percentage_error(y_true, y_pred, **s)
    else:
        for f, metric in [("r2", m.r2_score), ("mse", m.mean_squared_error), ("mae", m.mean_absolute_error),
                          ("explained_variance", m.explained_variance_score)]:
            expected[f"{f}_per_output"] = metric(y_true, y_pred, multioutput="raw_values", **s)
    family.case(name, "regression", tolerance=tolerance, reason=reason, params={},
                inputs={"y_true": y_true, "y_pred": y_pred, **({} if w is None else {"weights": w})}, expected=plain(expected))


t = short(rng.standard_normal(41) * 3 + 1)
u = short(t + 0.7 * rng.standard_normal(41))
t2, u2 = short(rng.standard_normal((30, 3)) * [1, 10, 0.1]), None
u2 = short(t2 + 0.3 * rng.standard_normal((30, 3)))
w41, w30 = weights(41, 34), weights(30, 35)
numbers("numbers", t, u)
numbers("numbers_even", t[:40], u[:40])
numbers("numbers_weights", t, u, w41)
numbers("numbers_perfect", t, t)
numbers("numbers_constant_target", np.full(8, 2.0), np.array([2, 2, 2.5, 2, 1, 2, 2, 2]))
numbers("numbers_constant_target_perfect", np.full(8, 2.0), np.full(8, 2.0))
numbers("numbers_ties", np.array([1, 1, 2, 2, 3.0]), np.array([1, 2, 2, 3, 3.0]))
numbers("numbers_uncentred", short(t + 1e4, 9), short(u + 1e4, 9), tolerance=1e-10,
        reason="means of 1e4 against a spread of 3: differences of the inputs keep eleven digits")
numbers("numbers_large", t * 1e150, u * 1e150, tolerance=1e-12, reason="squares of 1e150 stay finite; " + SUMS)
numbers("numbers_multi_output", t2, u2)
numbers("numbers_multi_output_weights", t2, u2, w30)
numbers("numbers_multi_output_constant", np.column_stack([t2[:, 0], np.full(30, 4.0)]), np.column_stack([u2[:, 0], np.full(30, 4.0)]))
family.close()
