"""The data sets: their sizes and seeds, and the files every program reads.

A folder per data set, one C-ordered .npy per array; a CSR matrix K is K_data/K_indices/K_indptr/K_shape.npy;
text is one document per line in docs.txt. A scale other than 1 shrinks the rows and is part of the folder's name.
"""
import inspect
from pathlib import Path

import numpy as np
from scipy import sparse

from harness import generators as g

ROOT = Path(__file__).resolve().parent.parent / "data"
FEWEST_ROWS = 200            # a scale shrinks no data set below this
M = 1_000_000

DATASETS = {
    "reg_1m_50": (g.regression, dict(n=M, d=50, seed=1)),
    "reg_10k_2000": (g.regression, dict(n=10_000, d=2_000, seed=2, informative=60, n_test=2_000)),
    "reg_200k_100": (g.regression, dict(n=200_000, d=100, seed=3, informative=10)),
    "reg_10k_500": (g.regression, dict(n=10_000, d=500, seed=4, informative=40, n_test=2_000)),
    "log_500k_50": (g.logistic, dict(n=500_000, d=50, seed=5)),
    "log_100k_50_10": (g.logistic, dict(n=100_000, d=50, classes=10, seed=6)),
    "text_50k_100k": (g.sparse_text, dict(n=50_000, d=100_000, nnz_row=100, seed=7)),
    "poisson_500k_30": (g.poisson, dict(n=500_000, d=30, seed=8)),
    "tab_clf_100k_20": (g.tabular, dict(n=100_000, d=20, kind="clf", seed=10)),
    "tab_reg_100k_20": (g.tabular, dict(n=100_000, d=20, kind="reg", seed=11)),
    "tab_reg_20k_20": (g.tabular, dict(n=20_000, d=20, kind="reg", seed=12)),
    "tab_clf_1m_28": (g.tabular, dict(n=M, d=28, kind="clf", seed=13, n_test=100_000)),
    "tab_reg_100k_100": (g.tabular, dict(n=100_000, d=100, kind="reg", seed=14, n_test=100_000)),
    "tab_clf_1k_10": (g.tabular, dict(n=1_000, d=10, kind="clf", seed=16, n_test=10_000)),
    "tab_clf_10k_20": (g.tabular, dict(n=10_000, d=20, kind="clf", seed=17, n_test=10_000)),
    "tab_clf_50k_50_10": (g.tabular, dict(n=50_000, d=50, kind="clf", classes=10, seed=15, n_test=20_000)),
    "km_1m_20": (g.blobs, dict(n=M, d=20, centers=15, k=10, std=4.0, seed=20)),
    "km_200k_50": (g.blobs, dict(n=200_000, d=50, centers=120, k=100, std=5.0, seed=21)),
    "km_100k_64": (g.blobs, dict(n=100_000, d=64, centers=300, k=1000, std=5.0, seed=22)),
    "dens_200k_2": (g.uniform_noise_blobs, dict(n=200_000, d=2, centers=60, seed=23)),
    "dens_1m_2": (g.uniform_noise_blobs, dict(n=1_000_000, d=2, centers=60, seed=23)),
    "dens_50k_10": (g.uniform_noise_blobs, dict(n=50_000, d=10, centers=30, std=1.0, seed=24)),
    "dens_50k_5": (g.uniform_noise_blobs, dict(n=50_000, d=5, centers=30, std=0.5, seed=25)),
    "blobs_10k_20": (g.blobs, dict(n=10_000, d=20, centers=12, std=3.0, seed=26)),
    "gmm_200k_10": (g.blobs, dict(n=200_000, d=10, centers=10, k=10, std=3.0, box=5.0, seed=27)),
    "blobs_5k_10": (g.blobs, dict(n=5_000, d=10, centers=8, std=2.0, seed=28)),
    "blobs_100k_10": (g.blobs, dict(n=100_000, d=10, centers=50, seed=61)),
    "blobs_2k_2": (g.blobs, dict(n=2_000, d=2, centers=6, seed=29)),
    "dens_10k_3": (g.uniform_noise_blobs, dict(n=10_000, d=3, centers=12, seed=30)),
    "svc_20k_20": (g.tabular, dict(n=20_000, d=20, kind="clf", seed=31, n_test=5_000)),
    "svc_200k_20": (g.tabular, dict(n=200_000, d=20, kind="clf", seed=37, n_test=5_000)),
    "svc_10k_50": (g.logistic, dict(n=10_000, d=50, seed=32, n_test=5_000)),
    "svr_10k_20": (g.tabular, dict(n=10_000, d=20, kind="reg", seed=33, n_test=5_000)),
    "lsvc_200k_50": (g.logistic, dict(n=200_000, d=50, seed=34)),
    "svm_100k_20": (g.tabular, dict(n=100_000, d=20, kind="clf", seed=36, n_test=1_000)),
    "nusvc_5k_20": (g.tabular, dict(n=5_000, d=20, kind="clf", seed=35, n_test=2_000)),
    "knn_100k_3": (g.knn_clf, dict(n=100_000, n_test=100_000, d=3, seed=36)),
    "knn_50k_64": (g.knn_clf, dict(n=50_000, n_test=10_000, d=64, seed=37)),
    "knn_50k_10": (g.knn_clf, dict(n=50_000, n_test=10_000, d=10, seed=38)),
    "pca_200k_100": (g.lowrank, dict(n=200_000, d=100, rank=30, seed=40)),
    "nmf_10k_500": (g.nonneg_lowrank, dict(n=10_000, d=500, rank=20, seed=41)),
    "ica_50k_50": (g.mixed_sources, dict(n=50_000, d=50, k=50, seed=42)),
    "embed_10k_50": (g.clustered_highdim, dict(n=10_000, d=50, seed=43)),
    "embed_20k_50": (g.clustered_highdim, dict(n=20_000, d=50, seed=44)),
    "gp_2k_5": (g.gaussian_process, dict(n=2_000, d=5, seed=45)),
    "gp_5k_20": (g.gaussian_process, dict(n=5_000, d=20, seed=47)),
    "nb_1m_50": (g.logistic, dict(n=M, d=50, classes=5, seed=48)),
    "mlp_50k_50": (g.tabular, dict(n=50_000, d=50, kind="clf", classes=5, seed=49)),
    "num_1m_20": (g.tabular, dict(n=M, d=20, kind="reg", seed=50, n_test=1)),
    "int_1m_5": (g.integers, dict(n=M, d=5, seed=51)),
    "nan_1m_20": (g.missing, dict(n=M, d=20, seed=52)),
    "nan_5k_20": (g.missing, dict(n=5_000, d=20, seed=53)),
    "docs_20k": (g.documents, dict(n=20_000, seed=54)),
    "scores_1m": (g.scores, dict(n=M, seed=55)),
    "small_1k_10": (g.logistic, dict(n=1_000, d=10, seed=56, n_test=1_000)),
    "reg_100k_100": (g.regression, dict(n=100_000, d=100, seed=58)),
    "reg_100k_50": (g.regression, dict(n=100_000, d=50, seed=59)),
    "spoilt_100k_20": (g.spoilt, dict(n=100_000, d=20, seed=70)),
    "spoilt_10k_20": (g.spoilt, dict(n=10_000, d=20, seed=71)),
    "monotone_1m": (g.monotone, dict(n=M, seed=72)),
    "reg_1k_20": (g.regression, dict(n=1_000, d=20, seed=57, n_test=1_000)),
}


def shape(name):
    """Rows and columns of the features; text has one column."""
    _, settings = DATASETS[name]
    return settings["n"], settings.get("d", 1)


def generate(name, scale):
    generator, settings = DATASETS[name]
    defaults = {p.name: p.default for p in inspect.signature(generator).parameters.values()}
    rows = {k: v for k, v in (defaults | settings).items() if k in ("n", "n_test") and v}
    return generator(**settings | {k: min(v, max(FEWEST_ROWS, round(v * scale))) for k, v in rows.items()})


def prepare(name, scale=1.0):
    """The data set's folder, written first if it is not there."""
    folder = ROOT / (name if scale == 1 else f"{name}_{scale:g}")
    done = folder / "DONE"
    if not done.exists():
        folder.mkdir(parents=True, exist_ok=True)
        save(folder, generate(name, scale))
        done.touch()
    return folder


def save(folder, arrays):
    for name, value in arrays.items():
        if sparse.issparse(value):
            parts = {"data": value.data, "indices": value.indices, "indptr": value.indptr, "shape": np.array(value.shape)}
            for part, array in parts.items():
                np.save(folder / f"{name}_{part}.npy", array)
        elif isinstance(value, list):
            (folder / f"{name}.txt").write_text("\n".join(value) + "\n")
        else:
            np.save(folder / f"{name}.npy", np.ascontiguousarray(value))


def load(folder):
    arrays = {f.stem: np.load(f) for f in sorted(folder.glob("*.npy"))}
    for name in [k.removesuffix("_indptr") for k in arrays if k.endswith("_indptr")]:
        parts = tuple(arrays.pop(f"{name}_{part}") for part in ("data", "indices", "indptr"))
        arrays[name] = sparse.csr_matrix(parts, shape=tuple(arrays.pop(f"{name}_shape")))
    for f in folder.glob("*.txt"):
        arrays[f.stem] = f.read_text().splitlines()
    return arrays
