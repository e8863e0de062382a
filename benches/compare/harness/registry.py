"""What a measurement is made of: libraries, cases, and the usual forms of fit, predict and outputs.

A case names a data set and says, for each Python library, how a fresh object is made (`make(threads)`), then for
all of them alike how it is fitted, how it predicts and which arrays it leaves behind (`outputs`). The quality is
computed later, in another process, from those arrays alone: the same code for every library in any language.
"""
import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass

FAMILY_MODULES = (
    "linear", "ridge_family", "robust", "trees", "cluster", "kernels", "decomposition", "prep", "selection", "startup",
)
SAMPLE_ROWS = 1_000

CASES = {}


@dataclass(frozen=True)
class Library:
    """Where a library comes from: the distribution that gives its version, and its requirements group."""
    distribution: str
    group: str = "base"


PYTHON_LIBRARIES = {
    "scikit-learn": Library("scikit-learn"),
    "scikit-learn-intelex": Library("scikit-learn-intelex"),
    "daal4py": Library("scikit-learn-intelex"),
    "numpy": Library("numpy"),
    "scipy": Library("scipy"),
    "celer": Library("celer", "linear"),
    "skglm": Library("skglm", "linear"),
    "glum": Library("glum", "linear"),
    "statsmodels": Library("statsmodels", "linear"),
    "lightgbm": Library("lightgbm", "boosting"),
    "xgboost": Library("xgboost", "boosting"),
    "catboost": Library("catboost", "boosting"),
    "faiss": Library("faiss-cpu", "faiss"),
    "hdbscan": Library("hdbscan", "density"),
    "fast_hdbscan": Library("fast_hdbscan", "density"),
    "openTSNE": Library("openTSNE", "embedding"),
    "umap": Library("umap-learn", "embedding"),
}
RUST_PEERS = ("linfa", "smartcore", "ferrolearn")


@dataclass(frozen=True)
class Lib:
    """One implementation of a case."""
    make: Callable           # threads -> a fresh, unfitted object; not timed
    warmup: bool = False     # an uncounted first fit (JIT compilation)
    f32: bool = False        # dense float features are cast to float32 before timing


@dataclass(frozen=True)
class Case:
    name: str
    family: str
    data: str                # a name in datasets.DATASETS
    libs: Mapping[str, Lib]
    fit: Callable            # (object, D) -> anything; timed as fit_s
    outputs: Callable        # (object, D, fit output, predictions) -> arrays by name; not timed
    quality: Callable        # (D, arrays by name) -> figures by name, the first is the one compared; not timed
    predict: Callable | None = None  # (object, D) -> anything; timed as predict_s
    latency: bool = False    # predict is also timed on one row at a time
    score: str = "fit"       # what the ratio compares: fit; total, fit and predict; row, where predict_s is of one row
    size: str = "X"          # the array that n and p are taken from
    note: str = ""
    peers: tuple = ()        # Rust peers that have the case


@dataclass(frozen=True)
class Startup:
    """A case without data: Python programs by library, timed from the start of the process to its end."""
    name: str
    family: str
    programs: Mapping[str, str]
    shape: tuple
    note: str = ""
    score: str = "fit"
    peers: tuple = ()

    @property
    def libs(self):
        return self.programs


def register(c):
    if c.name in CASES:
        raise ValueError(f"case {c.name} is defined twice")
    CASES[c.name] = c


def case(name, family, data, libs, fit, **options):
    register(Case(name, family, data, libs, fit, **options))


def startup(name, family, programs, **options):
    register(Startup(name, family, programs, **options))


def load_cases():
    for module in FAMILY_MODULES:
        importlib.import_module(f"harness.cases.{module}")
    return CASES


# ---------------------------------------------------------------- libraries

def new(path, jobs=False, **settings):
    """`make` for the class at "module:Class"; with jobs it is given n_jobs."""
    module, cls = path.split(":")

    def make(threads):
        extra = {"n_jobs": threads} if jobs else {}
        return getattr(importlib.import_module(module), cls)(**settings, **extra)
    return make


def sklearn(make, tag="", intelex=True, **options):
    """The scikit-learn entry and, with intelex, the same code run under scikit-learn-intelex's patch."""
    names = ["scikit-learn"] + ["scikit-learn-intelex"] * intelex
    return {f"{name}:{tag}" if tag else name: Lib(make, **options) for name in names}


# ---------------------------------------------------------------- fit and predict

def fit_xy(o, D):
    o.fit(D["X"], D["y"])


def fit_x(o, D):
    o.fit(D["X"])


def fit_data(o, D):
    o.fit(D)


def fit_predict(o, D):
    return o.fit_predict(D["X"])


def fit_transform(o, D):
    return o.fit_transform(D["X"])


def transform(o, D):
    return o.transform(D["X"])


def predict(o, D):
    return o.predict(D["Xt"])


def call(o, D):
    return o(D)


# ---------------------------------------------------------------- outputs

def iterations(o):
    return {"n_iter": o.n_iter_} if getattr(o, "n_iter_", None) is not None else {}


def out_predict(o, D, fitted, predicted):
    return {"predict": predicted}


def out_linear(o, D, fitted, predicted):
    return {"predict": predicted, "coef": o.coef_, "intercept": o.intercept_} | iterations(o)


def out_labels(o, D, fitted, predicted):
    return {"labels": fitted}


def out_sample(o, D, fitted, predicted):
    """The first rows of what fit_transform gave, and its shape."""
    return {"sample": fitted[:SAMPLE_ROWS], "shape": fitted.shape}


def out_value(o, D, fitted, predicted):
    return {"value": fitted}
