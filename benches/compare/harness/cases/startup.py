"""Whole programs, timed from the start of the process to its end; the data is iris."""
from harness.registry import startup

FAMILY = "startup"
IRIS = "from sklearn.datasets import load_iris; X, y = load_iris(return_X_y=True); "
INTELEX = "from sklearnex import patch_sklearn; patch_sklearn(verbose=False); "


def fit(path, arguments=""):
    module, cls = path.split(":")
    return f"{IRIS}from {module} import {cls}; {cls}({arguments}).fit(X, y)"


def program(name, programs):
    startup(f"startup_{name}", FAMILY, programs, shape=(150, 4), note="a whole process that fits iris")


LOGISTIC = fit("sklearn.linear_model:LogisticRegression")
program("logreg", {"scikit-learn": LOGISTIC, "scikit-learn-intelex": INTELEX + LOGISTIC})
program("tree", {"scikit-learn": fit("sklearn.tree:DecisionTreeClassifier")})
program("forest", {"scikit-learn": fit("sklearn.ensemble:RandomForestClassifier")})
program("kmeans", {"scikit-learn": fit("sklearn.cluster:KMeans", "3")})
program("boosting", {
    "lightgbm": fit("lightgbm:LGBMClassifier", "verbose=-1"), "xgboost": fit("xgboost:XGBClassifier"),
    "catboost": fit("catboost:CatBoostClassifier", "verbose=0, allow_writing_files=False, iterations=100")})
startup("startup_import", FAMILY, {"numpy": "import numpy", "scikit-learn": "import sklearn", "umap": "import umap"}, shape=(0, 0),
        note="a whole process that only imports")
