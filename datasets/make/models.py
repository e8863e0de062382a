"""A model that LightGBM saved, for the example that reads it: odd rows of the tumours learnt, even ones left."""

import lightgbm
import numpy as np
from sklearn.datasets import load_breast_cancer

from golden import ROOT

x, y = load_breast_cancer(return_X_y=True)
params = dict(objective="binary", num_leaves=5, min_data_in_leaf=10, learning_rate=0.2, verbose=-1, num_threads=1, deterministic=True, force_row_wise=True)
model = lightgbm.train(params, lightgbm.Dataset(x[1::2], y[1::2]), 30)
path = ROOT / "datasets" / "models" / "tumours.lightgbm.txt"
path.parent.mkdir(exist_ok=True)
path.write_text(model.model_to_string().split("\nparameters:")[0] + "\n")
p = model.predict(x[::2])
print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB, {np.mean((p > 0.5) == y[::2]):.4f} of the others right; first: {p[:3]}")
