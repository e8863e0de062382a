"""Writes the data sets that travel inside `estimand-datasets`, and the golden file that holds them to scikit-learn.

Each file is plain CSV: a header of feature names and target names, then one row per sample. Class targets
are the codes 0..k in scikit-learn's order; the names of the classes stand in `crates/datasets/src/bundled.rs`.
"""

import csv

import numpy as np
from sklearn import datasets

from golden import DATA, Family

DATA.mkdir(parents=True, exist_ok=True)
family = Family("datasets")


def text(v):
    return str(int(v)) if v == int(v) else repr(float(v))


for name in ["iris", "wine", "breast_cancer", "digits", "diabetes", "linnerud"]:
    load = getattr(datasets, f"load_{name}")
    bunch = load()
    stored = load(scaled=False) if name == "diabetes" else bunch
    y = np.atleast_2d(stored.target.T).T
    target_columns = bunch.target_names if name == "linnerud" else ["target"]
    path = DATA / f"{name}.csv"
    with path.open("w", newline="") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow([*bunch.feature_names, *target_columns])
        out.writerows([text(v) for v in row] for row in np.hstack([stored.data, y]))
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")

    expected = {
        "shape": bunch.data.shape,
        "feature_names": list(bunch.feature_names),
        "column_means": bunch.data.mean(axis=0),
        "column_stds": bunch.data.std(axis=0),
        "rows": bunch.data[[0, 7, -1]],
        "target_mean": bunch.target.mean(axis=0),
        "target_rows": bunch.target[[0, 7, -1]],
    }
    if name not in ("diabetes", "linnerud"):
        expected["class_names"] = [str(c) for c in bunch.target_names]
        expected["class_counts"] = np.bincount(bunch.target)
    family.case(
        name,
        f"datasets::{name}",
        tolerance=1e-12,
        reason="the same decimal numbers are read; sums and the scaling of diabetes may differ in their last digits",
        inputs={"dataset": name},
        expected=expected,
    )
family.close()
