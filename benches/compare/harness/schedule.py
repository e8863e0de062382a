"""Measures a case: every library in turn, round after round, and the quality of what each left behind."""
import importlib.metadata
import statistics
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from harness import datasets, environment, process, rust
from harness.process import Answer
from harness.registry import PYTHON_LIBRARIES, Startup

INNER_REPS = 5               # fits within one process, fewer once they took a second


@dataclass(frozen=True)
class Plan:
    threads: tuple
    reps: int
    scale: float
    timeout: float
    only: tuple              # base names of the libraries to run; empty for all


def base(library):
    return library.split(":")[0]


def estimand(case):
    """The names under which Estimand's runner knows the case."""
    return [library for name, library in rust.estimand_cases() if name == case.name]


def libraries(case, only):
    """Estimand first, then the peers."""
    try:
        ours = estimand(case)
    except rust.NotBuilt:
        ours = ["estimand"]
    return [x for x in (*ours, *case.libs, *case.peers) if not only or base(x) in only]


def missing(library):
    """Why a Python library cannot run, or None."""
    return None if rust.is_rust(library) else environment.install(PYTHON_LIBRARIES[base(library)].group)


def version(library):
    if rust.is_rust(library):
        return rust.versions(rust.runner(library))[base(library)]
    return importlib.metadata.version(PYTHON_LIBRARIES[base(library)].distribution)


def measure(case, plan):
    """One row per library and number of threads."""
    folder = None if isinstance(case, Startup) else datasets.prepare(case.data, plan.scale)
    D = datasets.load(folder) if folder else None
    shape = shape_of(D[case.size]) if folder else case.shape
    rows = []
    for threads in plan.threads:
        chosen = libraries(case, plan.only)
        answers = {library: [] for library in chosen}
        figures = {}
        for library in chosen:
            reason = missing(library)
            if reason:
                answers[library].append(Answer("not installed", error=reason))
        for round_ in range(plan.reps):
            for library in chosen:
                if any(a.status != "ok" for a in answers[library]):
                    continue
                print(f"{case.name}: {library}, {threads} threads, round {round_ + 1} of {plan.reps}", file=sys.stderr)
                with tempfile.TemporaryDirectory() as out:
                    answer = process.run(case, library, folder, Path(out), threads, INNER_REPS, plan.timeout)
                    if answer.status == "ok" and folder and library not in figures:
                        figures[library], wrong = judged(case, D, Path(out))
                        answer = wrong or answer
                    answers[library].append(answer)
        rows += [summary(case, library, threads, shape, answers[library], figures.get(library, {})) for library in chosen]
    return rows


def judged(case, D, out):
    """The quality of what a process left behind, or the answer that replaces its own if the arrays make no sense."""
    try:
        return rounded(case.quality(D, datasets.load(out))), None
    except (KeyError, ValueError, TypeError, IndexError) as e:
        return {}, Answer("error", error=f"unusable outputs: {e!r}")


def shape_of(X):
    shape = X.shape if hasattr(X, "shape") else (len(X),)
    return shape if len(shape) == 2 else (*shape, 1)


def rounded(figures):
    """Twelve digits are all that a sum over many rows is good for."""
    return {k: v if isinstance(v, int) else float(f"{v:.12g}") for k, v in figures.items()}


def summary(case, library, threads, shape, answers, figures):
    """The measurement as it is written down: medians over the rounds that worked."""
    good = [a.figures for a in answers if a.status == "ok"]
    failed = next((a for a in answers if a.status != "ok"), None)

    def median(of):
        values = [v for g in good if (v := of(g)) is not None]
        return float(f"{statistics.median(values):.6g}") if values else None

    def seconds(key):
        return median(lambda g: statistics.median(g[key]) if g.get(key) else None)

    row_s = median(lambda g: g.get("row_s"))
    name = next(iter(figures), None)
    row = {"case": case.name, "library": library, "threads": threads, "n": shape[0], "p": shape[1], "fit_s": seconds("fit_all"),
           "predict_s": row_s if case.score == "row" else seconds("predict_all"), "peak_mb": median(lambda g: g.get("peak_mb")),
           "quality": figures.get(name), "quality_name": name, "version": version(library) if good else None,
           "status": failed.status if failed else "ok", "reps": len(good), "row_s": row_s, "others": median(lambda g: g["others"]),
           "figures": figures, "score": case.score, "family": case.family, "note": case.note}
    optional = {"error": failed.error if failed else None, "dispatch": good[0].get("dispatch") if good else None,
                "allocations": good[0].get("allocations") if good else None}
    return row | {k: v for k, v in optional.items() if v is not None}
