"""The Rust runners: built once per run, asked which cases they know."""
import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

from harness.registry import RUST_PEERS

REPOSITORY = Path(__file__).resolve().parents[3]
PEERS = "benches/peers/Cargo.toml"


def is_rust(library):
    return library.split(":")[0] in ("estimand", *RUST_PEERS)


class NotBuilt(Exception):
    """The runner does not compile here; the text is the compiler's."""


@cache
def _build(name):
    print(f"building the runner of {name}", file=sys.stderr)
    package = ["--package", "estimand-bench"] if name == "estimand" else ["--manifest-path", PEERS, "--package", f"peer-{name}"]
    try:
        cargo = subprocess.run(["cargo", "build", "--release", "--message-format=json-render-diagnostics", *package],
                               cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    except FileNotFoundError:
        return None, "cargo is not installed"
    if cargo.returncode:
        errors = [line.strip() for line in cargo.stderr.splitlines() if "error: " in line or line.startswith("error[")]
        return None, "; ".join(errors[:2]) or "cargo build failed"
    messages = map(json.loads, filter(None, cargo.stdout.splitlines()))
    return next(m["executable"] for m in messages if m.get("executable")), None


def runner(library):
    """The program that runs a Rust library."""
    path, failure = _build(library.split(":")[0])
    if path is None:
        raise NotBuilt(failure)
    return path


def compiler():
    """rustc and its version, if it is installed."""
    rustc = shutil.which("rustc")
    printed = subprocess.run([rustc, "--version"], stdout=subprocess.PIPE, text=True).stdout if rustc else "no rustc"
    return " ".join(printed.split()[:2])


@cache
def versions(path):
    """Versions of the libraries inside a runner, by name."""
    printed = subprocess.run([path, "--version"], check=True, stdout=subprocess.PIPE, text=True)
    return dict(line.split() for line in printed.stdout.splitlines())


@cache
def estimand_cases():
    """(case, library) pairs that Estimand's runner knows."""
    listed = subprocess.run([runner("estimand"), "--list"], check=True, stdout=subprocess.PIPE, text=True)
    return [tuple(line.split()) for line in listed.stdout.splitlines()]
