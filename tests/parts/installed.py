"""Where installed parts are, and what to say when one is not."""

import glob
import os
import shutil
from pathlib import Path


class MissingPart(RuntimeError):
    """A real part that a test needs is not installed."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is not installed: run tests/setup (it installs every part that the tests need)")


def parts_directory() -> Path:
    """The folder that `tests/setup` fills; kept outside the checkout so that a second clone is quick."""
    return Path(os.environ.get("SIGDRIFT_PARTS") or Path.home() / ".cache" / "sigdrift-parts")


def environment_program(environment: str, program: str) -> Path:
    """A program of one of the Python environments, `ministack` or `clients`."""
    path = parts_directory() / environment / "bin" / program
    if not path.exists():
        raise MissingPart(f"{program} (Python environment {environment})")
    return path


def system_program(program: str) -> Path:
    """A program of an apt package; `/usr/sbin` counts although it is on few users' PATH."""
    found = shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if found is None:
        raise MissingPart(program)
    return Path(found)


def faketime_library() -> Path:
    """The threaded variant, since both the emulator and the SDK clients run threads."""
    found = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
    if not found:
        raise MissingPart("faketime")
    return Path(found[0])
