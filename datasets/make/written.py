"""Golden files of models that Estimand wrote as LightGBM's text, with what LightGBM predicts once it has loaded them.

The models come from the parity tests, so that Rust is needed: they are fitted to inputs of the family `boosting`.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import lightgbm
import numpy as np

from golden import GOLDEN, ROOT, Family, plain

family = Family("written")
with tempfile.TemporaryDirectory() as folder:
    subprocess.run(["cargo", "test", "-q", "-p", "estimand-parity", "--test", "parity", "trees_of_other_libraries"],
                   cwd=ROOT, env=os.environ | {"ESTIMAND_WRITTEN": folder}, check=True)
    for path in sorted(Path(folder).iterdir()):
        name, source, *categories = path.stem.split("-")
        case = json.loads((GOLDEN / "boosting" / f"{source}.json").read_text())
        x = np.array(case["inputs"]["x"], float)
        out = lightgbm.Booster(model_file=str(path)).predict(x)
        if name == "binary":
            out = np.column_stack([1 - out, out])
        family.case(name, "LightGBM", tolerance=1e-12, reason="sums of a few numbers, exponentials", params={"source": source, "categories": list(map(int, categories))},
                    inputs={"model": path.read_text(), "x": x, "y": case["inputs"]["y"]}, expected={"proba" if out.ndim == 2 else "predict": plain(out)})
family.close()
