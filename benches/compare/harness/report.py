"""docs/benchmarks.md from a file of measurements: a table per family, the machine, the versions, the command."""
import json

from harness import table
from harness.rust import REPOSITORY

PAGE = REPOSITORY / "docs" / "benchmarks.md"
FAMILIES = {
    "linear": "Linear models", "trees": "Trees and forests", "boosting": "Gradient boosting", "svm": "Support vector machines",
    "neighbors": "Neighbours", "cluster": "Clusters and mixtures", "decomposition": "Decompositions and embeddings",
    "other": "Gaussian processes, Bayes, neural networks", "preprocessing": "Preprocessing", "metrics": "Metrics",
    "selection": "Model selection and small data", "startup": "From process start to end",
}
INTRODUCTION = """# Benchmarks

Written by `{page}`; nothing here is edited by hand. Every library fits and predicts the very same arrays, each in
fresh processes, in alternation; seconds are medians. What each case is stands in `benches/compare/harness/cases`.

- **fit ×** and **predict ×**: Estimand's seconds divided by this library's in the same run; above 1 Estimand is slower.
  Neighbours are compared by build and query together.
- **behind best**: how far the quality lies behind the best of the case, relative to it. A much smaller time with a figure
  well behind the best is not the same work.
- **~** after the threads: other programs used more than {disturbed:.0%} of a processor meanwhile.
- One thread is pinned to one processor. Peak MB is the highest resident memory after the data was loaded, data included.
"""


def latest(rows):
    """Of every case the rows of its last run only: ratios compare figures of one run."""
    last = {r["case"]: r["run"] for r in rows}
    return [r for r in rows if r["run"] == last[r["case"]]]


def write(source, command):
    rows = latest([json.loads(line) for line in source.read_text().splitlines()])
    lines = [INTRODUCTION.format(page=command, disturbed=table.DISTURBED)]
    for run in sorted({r["run"] for r in rows}):
        first = next(r for r in rows if r["run"] == run)
        lines.append(f"Run of {run}: `{first['command']}` on {first['machine']}.  ")
    versions = sorted({f"{r['library'].split(':')[0]} {r['version']}" for r in rows if r["version"]}, key=str.lower)
    lines += ["", "Versions: " + ", ".join(versions) + ".", ""]
    for family, title in FAMILIES.items():
        cases = {}
        for r in rows:
            if r["family"] == family:
                cases.setdefault(r["case"], []).append(r)
        if not cases:
            continue
        lines += [f"## {title}", ""]
        lines += [f"- `{name}`: {table.heading(group)}" for name, group in cases.items()]
        lines += ["", "| case | " + " | ".join(table.HEADER) + " |", "|---" * (len(table.HEADER) + 1) + "|"]
        for group in cases.values():
            lines += table.markdown(group)
        lines.append("")
    PAGE.write_text("\n".join(lines))
    return PAGE
