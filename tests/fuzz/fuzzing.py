"""Runs one target for a while, and keeps what it found."""

import os
import subprocess

from . import seeds
from .build import PACKAGE, TARGET

# Inputs that once crashed a target, or took it too long: each is tried again in every run.
FOUND = PACKAGE / "found"

# One input takes no longer than this, in seconds; no run takes more memory, in MB.
SLOWEST = 10
MEMORY = 1024


class Run:
    """A target, its seeds and the inputs that covered more."""

    def __init__(self, program, target, folder=TARGET):
        self.program = program
        self.target = target
        self.seeds = folder / "seeds" / target
        self.corpus = folder / "corpus" / target
        self.crashes = folder / "crashes" / target
        for made in (self.corpus, self.crashes):
            made.mkdir(parents=True, exist_ok=True)
        seeds.write(self.seeds, target)

    def again(self):
        """Tries every input that once failed. Whether none does any more, and what was printed."""
        inputs = sorted(map(str, (FOUND / self.target).glob("*")))
        return self._start(*inputs) if inputs else (True, "")

    def search(self, *, seconds, inputs=-1, seed=0, only_print=False):
        """Looks for inputs that fail. Whether there was none, and what was printed."""
        folders = map(str, [self.corpus, self.seeds])
        words = PACKAGE / "words.dict"
        return self._start(
            *folders, f"-max_total_time={seconds}", f"-runs={inputs}", f"-seed={seed}", f"-dict={words}", "-max_len=16384",
            "-reload=0", "-print_final_stats=1", only_print=only_print,
        )  # fmt: skip

    def _start(self, *arguments, only_print=False):
        command = [
            str(self.program), *arguments, f"-timeout={SLOWEST}", f"-rss_limit_mb={MEMORY}",
            f"-artifact_prefix={self.crashes}{os.sep}",
        ]  # fmt: skip
        environment = {**os.environ, "SIGDRIFT_FUZZ_TARGET": self.target}
        output = None if only_print else subprocess.PIPE
        ended = subprocess.run(command, env=environment, stdout=output, stderr=output and subprocess.STDOUT)
        return ended.returncode == 0, (ended.stdout or b"").decode("utf-8", "replace")
