"""Builds the functions as `sam build` does for a deploy."""

import functools
import io
import os
import subprocess
import zipfile
from pathlib import Path

from parts import parts_directory
from parts.installed import environment_program
from template import sam

PROJECT = Path(__file__).parents[2]
BUILD_SECONDS = 3600


def target() -> Path:
    return Path(os.environ.get("CARGO_TARGET_DIR") or PROJECT / "target")


@functools.cache
def built() -> Path:
    """The folder with the built template and one folder for each function."""
    folder = target() / "sam-build"
    # First, because it holds zig, which links for the version of glibc that Lambda has.
    path = f"{environment_program('lambda', 'cargo-lambda').parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [environment_program("sam", "sam"), "build", "--template-file", sam.TEMPLATE, "--build-dir", folder],
        cwd=PROJECT, text=True, capture_output=True, timeout=BUILD_SECONDS,
        env=os.environ | {"PATH": path, "SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": sam.REGION})
    if done.returncode != 0:
        raise AssertionError(f"sam build: {done.stderr[-4000:]}")
    return folder


def bootstrap(function: str) -> Path:
    """The binary of a function."""
    return built() / f"{function.capitalize()}Function" / "bootstrap"


def packed_size(function: str) -> int:
    """How many bytes a function has as a zip, as it is uploaded."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(bootstrap(function), "bootstrap")
    return len(packed.getvalue())


def runtime_emulator() -> Path:
    """AWS's emulator of the runtime interface, which the SAM CLI brings along."""
    (found,) = (parts_directory() / "sam/lib").glob("python*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64")
    return found
