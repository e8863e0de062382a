"""Model selection, and what a call costs when the data is small."""
import numpy as np

from harness import quality as q
from harness.registry import call, case, fit_xy, new, out_predict, out_value, predict, sklearn

FAMILY = "selection"


def scored(name, data, libs, note, measure=q.value):
    case(name, FAMILY, data, libs, call, outputs=out_value, quality=measure, note=note)


# ---------------------------------------------------------------- splits and searches


def split(threads):
    from sklearn.model_selection import train_test_split
    return lambda D: train_test_split(D["X"], D["y"], random_state=0)


def out_split(o, D, fitted, predicted):
    train, test = fitted[:2]
    return {"train_sum": train.sum(0), "test_sum": test.sum(0), "train_rows": len(train)}


case("train_test_split", FAMILY, "num_1m_20", sklearn(split), call, outputs=out_split, quality=q.split, note="a quarter held out, shuffled")


def parallel_and_serial(make):
    """Jobs can cost more than they bring, so scikit-learn is also shown with one; starting its processes is not timed."""
    return sklearn(make, intelex=False, warmup=True) | sklearn(lambda threads: make(1), tag="n_jobs=1", intelex=False)


def cross_val(threads):
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import cross_val_score
    return lambda D: cross_val_score(LogisticRegression(), D["X"], D["y"], cv=5, n_jobs=threads).mean()


def search(path, **grid):
    def make(threads):
        from sklearn.model_selection import GridSearchCV
        estimator = new(path)(threads)
        return lambda D: GridSearchCV(estimator, grid, cv=5, n_jobs=threads).fit(D["X"], D["y"]).best_score_
    return make


scored("cross_val", "small_1k_10", parallel_and_serial(cross_val), "5 logistic fits", q.cv_score)
scored("grid_logreg", "small_1k_10", parallel_and_serial(search("sklearn.linear_model:LogisticRegression", C=[0.01, 0.1, 1, 10])),
       "20 fits and refit", q.cv_score)
scored("grid_svc", "small_1k_10", sklearn(search("sklearn.svm:SVC", C=[0.1, 1], gamma=[0.01, 0.1]), warmup=True), "20 fits and refit", q.cv_score)
scored("grid_small", "reg_1k_20", parallel_and_serial(search("sklearn.linear_model:Ridge", alpha=np.logspace(-4, 4, 20).tolist())),
       "20 alphas of ridge from 1e-4 to 1e4, 5 folds, refit", q.cv_score)

# ---------------------------------------------------------------- small data

TINY_FITS, TINY_ROWS = 100, 150


def repeated(path):
    def make(threads):
        model = new(path)(threads)

        def run(D):
            X, y = D["X"][:TINY_ROWS], D["y"][:TINY_ROWS]
            for _ in range(TINY_FITS):
                model.fit(X, y)
            return model.score(D["Xt"], D["yt"])
        return run
    return make


for name, path, intelex in (("logreg", "sklearn.linear_model:LogisticRegression", True), ("ridge", "sklearn.linear_model:Ridge", True),
                            ("svc", "sklearn.svm:SVC", True), ("tree", "sklearn.tree:DecisionTreeClassifier", False),
                            ("knn", "sklearn.neighbors:KNeighborsClassifier", True)):
    scored(f"tiny_100fits_{name}", "small_1k_10", sklearn(repeated(path), intelex=intelex), f"{TINY_FITS} fits of {TINY_ROWS} × 10, one scoring")


def scaled_logistic(threads):
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    return make_pipeline(StandardScaler(), LogisticRegression())


case("predict_one", FAMILY, "svc_10k_50", sklearn(scaled_logistic), fit_xy, predict=predict, outputs=out_predict, quality=q.accuracy,
     latency=True, score="row", note="fitted pipeline of standard scaler and logistic regression; predict s is one row")
