"""One measurement of a Python library, in a process of its own.

    python -m harness.worker CASE --library NAME --data DIR --out DIR --threads N --reps N

The Rust runners take the same arguments and answer alike: outputs as .npy under --out, one JSON line on stdout.
"""
import argparse
import contextlib
import gc
import json
import logging
import re
import statistics
import time
import warnings
from pathlib import Path

import numpy as np
from scipy import sparse

from harness import datasets
from harness.registry import load_cases

FULL_REPS_WITHIN = 1.0       # seconds after which a process repeats no further
LATENCY_ROWS = 200
LATENCY_WITHIN = 1.0


def timed(f):
    start = time.perf_counter()
    out = f()
    return out, time.perf_counter() - start


def repeated(f, reps):
    """The last result and the seconds of up to `reps` calls, fewer once they took a second together."""
    times = []
    while not times or len(times) < reps and sum(times) < FULL_REPS_WITHIN:
        out = None
        gc.collect()
        out, seconds = f()
        times.append(seconds)
    return out, times


def one_row_seconds(predict, Xt):
    """Median over passes of the mean time of predicting a single row, for about a second; a slow row makes passes short."""
    predict(Xt[:1])
    _, first = timed(lambda: predict(Xt[:1]))
    count = min(LATENCY_ROWS, Xt.shape[0], max(1, int(LATENCY_WITHIN / 5 / first)))
    rows = [Xt[i:i + 1] for i in range(count)]
    passes, end = [], time.perf_counter() + LATENCY_WITHIN
    while not passes or time.perf_counter() < end:
        _, seconds = timed(lambda: [predict(row) for row in rows])
        passes.append(seconds / count)
    return statistics.median(passes)


def forget_peak():
    """Lets the peak count from here, so that reading and casting the data is not in it."""
    with contextlib.suppress(OSError):       # where the kernel does not offer this, the peak includes reading the data
        Path("/proc/self/clear_refs").write_text("5")


def peak_mb():
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024


def patch_intelex(used):
    """Puts scikit-learn-intelex under scikit-learn; `used` collects whether its own code ran."""
    class Record(logging.Handler):
        def emit(self, record):
            text = record.getMessage()
            used.update(word for word in ("accelerated", "fallback") if word in text)
    log = logging.getLogger("sklearnex")
    log.setLevel(logging.INFO)
    log.addHandler(Record())
    log.propagate = False
    from sklearnex import patch_sklearn
    patch_sklearn(verbose=False)


def as_float32(D):
    return {k: v.astype(np.float32) if getattr(v, "dtype", None) == np.float64 and k not in ("y", "yt") else v for k, v in D.items()}


def measure(case, library, data, out, threads, reps):
    lib, used = case.libs[library], set()
    if library.startswith("scikit-learn-intelex"):
        patch_intelex(used)
    D = datasets.load(data)
    if lib.f32:
        D = as_float32(D)
    forget_peak()

    def fit():
        o = lib.make(threads)
        fitted, seconds = timed(lambda: case.fit(o, D))
        return (o, fitted), seconds

    if lib.warmup:
        fit()
    (o, fitted), fits = repeated(fit, reps)
    result = {"fit_all": fits}
    predicted = None
    if case.predict:
        predicted, result["predict_all"] = repeated(lambda: timed(lambda: case.predict(o, D)), reps)
    result["peak_mb"] = peak_mb()
    if case.latency:
        result["row_s"] = one_row_seconds(o.predict, D["Xt"])
    if used:
        result["dispatch"] = "+".join(sorted(used))
    outputs = case.outputs(o, D, fitted, predicted)
    datasets.save(out, {k: v if sparse.issparse(v) else np.asarray(v) for k, v in outputs.items()})
    return result


def main():
    a = argparse.ArgumentParser()
    a.add_argument("case")
    a.add_argument("--library", required=True)
    a.add_argument("--data", type=Path, required=True)
    a.add_argument("--out", type=Path, required=True)
    a.add_argument("--threads", type=int, required=True)
    a.add_argument("--reps", type=int, required=True)
    args = a.parse_args()
    warnings.filterwarnings("ignore")
    print(json.dumps(measure(load_cases()[args.case], args.library, args.data, args.out, args.threads, args.reps)))


if __name__ == "__main__":
    main()
