"""The command line; see README.md."""
import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

from harness import datasets, report, rust, schedule, table
from harness.registry import Startup, load_cases


def arguments():
    a = argparse.ArgumentParser(prog="run", description="Compares Estimand with its peers on the same arrays.")
    a.add_argument("cases", nargs="*", metavar="CASE", help="what to measure; nothing: every case that Estimand has")
    a.add_argument("--threads", default="1,2", help="numbers of threads, default 1,2")
    a.add_argument("--reps", type=int, default=3, help="rounds; a round runs every library once, in a fresh process")
    a.add_argument("--scale", type=float, default=1.0, help="share of the rows, for a quick look")
    a.add_argument("--libraries", default="", help="run only these, by name without variant")
    a.add_argument("--timeout", type=float, default=300, help="seconds that one process may take")
    a.add_argument("--json", type=Path, metavar="FILE", help="append one JSON object per measurement")
    a.add_argument("--list", action="store_true", help="the cases and their libraries")
    a.add_argument("--docs", type=Path, metavar="FILE", help="write docs/benchmarks.md from a file that --json wrote")
    return a.parse_args()


def machine():
    """Processor, memory and language versions, in one line."""
    cpu = [line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return ", ".join([cpu[0] if cpu else platform.machine(), f"{os.cpu_count()} processors", f"{memory:.0f} GiB",
                      f"Linux {platform.release()}", f"Python {platform.python_version()}", rust.compiler()])


def show(cases):
    try:
        ours = {c: schedule.estimand(cases[c]) for c in cases}
    except rust.NotBuilt as e:
        ours = dict.fromkeys(cases, [])
        print(f"Estimand does not build, so its cases are missing here: {e}")
    for name, c in cases.items():
        shape = c.shape if isinstance(c, Startup) else datasets.shape(c.data)
        print(f"{name:22} {c.family:14} {shape[0]:>8} × {shape[1]:<6} {' '.join((*ours[name], *c.libs, *c.peers))}")


def chosen(cases, names):
    unknown = [n for n in names if n not in cases]
    if unknown:
        sys.exit(f"no such case: {', '.join(unknown)}; --list shows them")
    if names:
        return [cases[n] for n in names]
    try:
        return [cases[n] for n in dict.fromkeys(name for name, _ in rust.estimand_cases())]
    except rust.NotBuilt as e:
        sys.exit(f"Estimand does not build, so name the cases to measure: {e}")


def main():
    args = arguments()
    if args.docs:
        return print("wrote", report.write(args.docs, "benches/compare/run " + " ".join(sys.argv[1:])))
    cases = load_cases()
    if args.list:
        return show(cases)
    only = tuple(filter(None, args.libraries.split(",")))
    plan = schedule.Plan(tuple(map(int, args.threads.split(","))), args.reps, args.scale, args.timeout, only)
    run = {"run": time.strftime("%Y-%m-%d %H:%M:%S"), "command": " ".join(["benches/compare/run", *sys.argv[1:]]), "machine": machine()}
    for c in chosen(cases, args.cases):
        rows = [row | run | {"scale": args.scale} for row in schedule.measure(c, plan)]
        if not rows:
            print(f"{c.name}: none of these libraries has it\n")
            continue
        print(table.text(rows), flush=True)
        if args.json:
            with args.json.open("a") as f:
                f.writelines(json.dumps(row) + "\n" for row in rows)


main()
