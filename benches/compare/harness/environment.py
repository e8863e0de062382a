"""The Python environment of the benches: a virtual environment beside this folder, filled group by group.

Needs nothing but the standard library, because it runs before anything is installed.
"""
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
VENV = HERE / ".venv"
PYTHON = VENV / "bin" / "python"
OLDEST_PYTHON = (3, 11)


def prepare():
    """The environment's interpreter, with the base group installed."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit("the pinned packages need Python %d.%d or newer, this is %s" % (*OLDEST_PYTHON, sys.version.split()[0]))
    if not PYTHON.exists():
        print("preparing", VENV, file=sys.stderr)
        venv.create(VENV, with_pip=True)
    failure = install("base")
    if failure:
        sys.exit(f"the base packages could not be installed: {failure}")
    return str(PYTHON)


def install(group):
    """Installs a requirements group unless it is there already; gives the reason if that fails."""
    wanted = (HERE / "requirements" / f"{group}.txt").read_text()
    stamp = VENV / f"installed-{group}.txt"
    if stamp.exists() and stamp.read_text() == wanted:
        return None
    print(f"installing the {group} packages", file=sys.stderr)
    pip = subprocess.run([str(PYTHON), "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check",
                          "-r", f"requirements/{group}.txt", "-c", "constraints.txt"], cwd=HERE, stderr=subprocess.PIPE, text=True)
    if pip.returncode:
        return (pip.stderr.strip().splitlines() or ["pip failed"])[-1]
    stamp.write_text(wanted)
    return None
