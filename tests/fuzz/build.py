"""Builds the fuzz targets with libFuzzer's coverage counters: stable Rust and a C++ compiler are enough."""

import os
import subprocess
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", PACKAGE.parents[1] / "target")).absolute() / "fuzz"

# What cargo-fuzz passes with `--sanitizer none`; the crates forbid unsafe code, so that a sanitizer of memory
# would find nothing, and needs a nightly compiler.
COVERAGE = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
]


def build():
    """The program that holds every target."""
    # With a target given, procedural macros and build scripts get none of the flags.
    host = _output("rustc", "--print", "host-tuple").strip()
    command = ["cargo", "build", "--release", "--quiet", "--locked", "--target", host, "--target-dir", str(TARGET)]
    environment = {**os.environ, "RUSTFLAGS": " ".join(COVERAGE)}
    subprocess.run(command, cwd=PACKAGE, env=environment, check=True)
    return TARGET / host / "release" / "sigdrift-fuzz"


def names(program):
    """The targets, as the program names them when asked for none."""
    # It leaves by itself, which libFuzzer takes for a crash.
    command = [program, f"-exact_artifact_path={os.devnull}"]
    said = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "SIGDRIFT_FUZZ_TARGET": ""})
    return said.stdout.split()


def _output(*command):
    return subprocess.run(command, cwd=PACKAGE, check=True, capture_output=True, text=True).stdout
