"""How measurements read: one table per case, in plain text and in Markdown, losses and wins alike."""
from harness import quality

HEADER = ("library", "version", "threads", "fit s", "predict s", "row µs", "peak MB", "quality", "behind best", "fit ×", "predict ×")
EXACT = ("objective",)       # figures that are shown with all their digits
DISTURBED = 0.12             # processors used by other programs, above which a measurement is marked


def number(x, digits=3):
    if x is None:
        return ""
    return f"{x:.0f}" if 10 ** digits <= abs(x) < 1e7 else f"{x:.{digits}g}"


def cost(row):
    """The seconds of the first ratio: of fitting, or of fitting and predicting where only both together compare."""
    parts = [row["fit_s"]] + [row["predict_s"]] * (row["score"] == "total")
    return None if None in parts else sum(parts)


def ours(rows, threads):
    """Estimand's own row among the rows of a case: the plain one, else its first variant."""
    own = [r for r in rows if r["library"].split(":")[0] == "estimand" and r["threads"] == threads]
    return min(own, key=lambda r: r["library"], default=None)


def ratio(a, b):
    return f"{a / b:.2g}" if a is not None and b else ""


def cells(row, rows):
    """The row as text, in the order of HEADER."""
    own = ours(rows, row["threads"])
    name, value = row["quality_name"], row["quality"]
    figures = [r["quality"] for r in rows if r["quality_name"] == name and r["quality"] is not None]
    gap = quality.behind(name, value, quality.best_of(name, figures)) if value is not None else None
    against = ["", ""] if own is None or own is row else [ratio(cost(own), cost(row)), ratio(own["predict_s"], row["predict_s"])]
    status = row["status"] if row["status"] != "ok" else ""
    remarks = {"falls back": row.get("dispatch") == "fallback", f"{row.get('allocations')} allocations a row": "allocations" in row}
    library = row["library"] + "".join(f" ({text})" for text, holds in remarks.items() if holds)
    shown = f"{number(value, 10 if name in EXACT else 5)} {name}" if value is not None else ""
    threads = f"{row['threads']} ~" if (row["others"] or 0) > DISTURBED else str(row["threads"])
    return [library, row["version"] or "", threads, number(row["fit_s"]) or status, number(row["predict_s"]),
            number(row["row_s"] * 1e6) if row["row_s"] else "", number(row["peak_mb"]), shown,
            "" if gap is None else "0" if gap < 1e-15 else f"{gap:.0e}", *against]


def heading(rows):
    r = rows[0]
    size = f"{r['n']} × {r['p']}" if r["n"] else ""
    return ", ".join(filter(None, (size, r["note"])))


def text(rows):
    """A case for the terminal."""
    body = [HEADER, *(cells(r, rows) for r in rows)]
    widths = [max(len(line[i]) for line in body) for i in range(len(HEADER))]
    lines = ["  ".join(c.ljust(w) if i < 2 or i == 7 else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths))).rstrip() for line in body]
    errors = dict.fromkeys(f"{r['library']} {r['status']}: {r['error']}" for r in rows if r.get("error"))
    return "\n".join([f"{rows[0]['case']}: {heading(rows)}", *lines, *errors, ""])


def markdown(rows):
    """A case's lines in its family's table."""
    return ["| " + " | ".join([r["case"] if r is rows[0] else "", *(c.replace("|", "/") for c in cells(r, rows))]) + " |" for r in rows]
