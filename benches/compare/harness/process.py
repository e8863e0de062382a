"""One measurement as a process: its command, its answer, and what others did to the machine meanwhile."""
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from harness import rust
from harness.registry import Startup

THREAD_VARIABLES = ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS",
                    "LOKY_MAX_CPU_COUNT", "NUMEXPR_NUM_THREADS")
HZ = os.sysconf("SC_CLK_TCK")
LOOK = 0.1                   # seconds over which the load of the others is looked at
MESSAGE = 300                # characters of an error that are kept


@dataclass
class Answer:
    status: str
    figures: dict = field(default_factory=dict)
    error: str = ""


def command(case, library, folder, out, threads, reps):
    if isinstance(case, Startup):
        return [rust.runner(library), case.name] if rust.is_rust(library) else [sys.executable, "-W", "ignore", "-c", case.programs[library]]
    program = [rust.runner(library)] if rust.is_rust(library) else [sys.executable, "-m", "harness.worker"]
    return [*program, case.name, "--library", library, "--data", str(folder), "--out", str(out), "--threads", str(threads), "--reps", str(reps)]


def run(case, library, folder, out, threads, reps, timeout):
    """Runs one process; one thread also means one processor, the calmest."""
    try:
        arguments = command(case, library, folder, out, threads, reps)
    except rust.NotBuilt as e:
        return Answer("not built", error=str(e))
    environment = os.environ | {v: str(threads) for v in THREAD_VARIABLES} | {"PYTHONWARNINGS": "ignore"}
    busy, own, start = sum(busy_seconds()), child_seconds(), time.perf_counter()
    with pinned({calmest_processor()} if threads == 1 else os.sched_getaffinity(0)):
        begin = time.perf_counter()
        process = subprocess.Popen(arguments, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        text, errors = process.communicate(timeout=timeout)
    except (subprocess.TimeoutExpired, KeyboardInterrupt) as stop:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        if isinstance(stop, KeyboardInterrupt):
            raise
        return Answer("timeout", error=f"more than {timeout:g} s")
    wall = time.perf_counter() - begin
    others = max(0.0, sum(busy_seconds()) - busy - (child_seconds() - own)) / (time.perf_counter() - start)
    if process.returncode:
        return Answer("error", error=(errors.strip().splitlines() or [f"exit code {process.returncode}"])[-1][-MESSAGE:])
    figures = {"fit_all": [wall]} if isinstance(case, Startup) else json.loads(text.splitlines()[-1])
    return Answer("ok", figures | {"others": round(others, 2)})


# ---------------------------------------------------------------- processors


@contextmanager
def pinned(processors):
    """Children started inside run on these processors only."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, processors)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def child_seconds():
    use = resource.getrusage(resource.RUSAGE_CHILDREN)
    return use.ru_utime + use.ru_stime


def busy_seconds():
    """Busy seconds of every processor since the machine started."""
    rows = [line.split() for line in Path("/proc/stat").read_text().splitlines() if re.match(r"cpu\d", line)]
    return [sum(int(r[i]) for i in (1, 2, 3, 6, 7)) / HZ for r in rows]


def loads():
    """Share of each processor that is in use, looked at for a moment."""
    before = busy_seconds()
    time.sleep(LOOK)
    return [(after - b) / LOOK for b, after in zip(before, busy_seconds())]


def calmest_processor():
    now = loads()
    return min(os.sched_getaffinity(0), key=lambda cpu: now[cpu])
