"""Asks `sigdrift explain` about every evidence set of every case, and judges the answers.

A wrong answer costs accuracy, and so does one that is the likeliest of several and names no other. A false proof fails the run by itself: `proven` with a cause that is not right, or
`proven` where the evidence fixes nothing. So does an answer that shows the secret it was given.
"""

import json
import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .case import Case, EvidenceSet

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 30
Answer = dict[str, Any]
Asker = Callable[[Case, EvidenceSet, Path], Answer]


@dataclass(frozen=True)
class Verdict:
    """What was asked, what was answered, and whether that is right."""

    case: Case
    asked: EvidenceSet
    answer: Answer
    right: bool
    false_proof: bool
    leak: bool = False

    @property
    def proven(self) -> bool:
        return self.answer.get("confidence") == "proven"

    @property
    def component_right(self) -> bool | None:
        """`None` where no component is expected, or the cause is another."""
        if self.case.component is None or self.answer.get("cause") != self.case.cause:
            return None
        return self.answer.get("component") == self.case.component

    def to_json(self) -> dict[str, Any]:
        told = {name: self.answer.get(name) for name in ("cause", "component", "confidence", "summary", "problem")}
        return {
            "case": self.case.name,
            "use": self.asked.use,
            "expected": self.asked.expect,
            "also_right": self.asked.also,
            "right_if_expected_is_alternative": self.asked.behind,
            "may_be_proven": self.asked.may_be_proven,
            "truth": self.case.cause,
            "answered": told,
            "right": self.right,
            "false_proof": self.false_proof,
            "leak": self.leak,
        }


def judge(case: Case, asked: EvidenceSet, answer: Answer) -> Verdict:
    cause, confidence = answer.get("cause"), answer.get("confidence")
    others = {other.get("cause") for other in answer.get("alternatives") or []}
    right = (
        cause == asked.expect
        or cause in asked.also
        or (cause in asked.behind and bool(others & {asked.expect, case.cause}))
    ) and (confidence == "unknown") == (cause == "undetermined")
    # `likely` is the best of several: it names the others.
    right = right and (confidence != "likely" or bool(others))
    named = cause == case.cause or cause == asked.expect or cause in asked.also
    false_proof = confidence == "proven" and not (named and asked.may_be_proven)
    return Verdict(case, asked, answer, right and not false_proof, false_proof, _leaks(case, answer))


# What stands in evidence and in no answer: signatures, and session tokens as the laboratory's roles have them.
_SIGNATURE = re.compile(r"(?:Signature=|<SignatureProvided>)([0-9a-f]{64})")
_TOKEN = re.compile(r"AQoD[A-Za-z0-9/+=]{16,}")
# A shorter secret, as s3rver's, is a word that stands anywhere.
_SECRET_LENGTH = 16


def _leaks(case: Case, answer: Answer) -> bool:
    """A secret, a signature or a session token in what was printed, also a secret that was used as key id."""
    printed = answer.get("printed", "")
    hidden = {case.evidence[kind].strip() for kind in ("secret", "other-secret") if kind in case.evidence}
    hidden = {secret for secret in hidden if len(secret) >= _SECRET_LENGTH}
    for text in case.evidence.values():
        hidden |= {*_SIGNATURE.findall(text), *_TOKEN.findall(text)}
    return any(one in printed or json.dumps(one)[1:-1] in printed for one in hidden)


class Command:
    """The built command, run once for each question."""

    def __init__(self, program: Path | None = None) -> None:
        self.program = program or Path(os.environ.get("SIGDRIFT_BIN", ROOT / "target/release/sigdrift"))
        if not self.program.is_file():
            raise FileNotFoundError(f"{self.program} is not built: cargo build --release")

    def __call__(self, case: Case, asked: EvidenceSet, folder: Path) -> Answer:
        command = [str(self.program), "explain", "--json", *case.arguments(asked, folder)]
        try:
            done = subprocess.run(command, capture_output=True, check=False, timeout=SECONDS, stdin=subprocess.DEVNULL)
        except subprocess.TimeoutExpired:
            return {"problem": f"no answer within {SECONDS} s"}
        printed = (done.stdout + done.stderr).decode("utf-8", "replace")
        try:
            answer = json.loads(done.stdout)
        except ValueError:
            return {"problem": f"exit {done.returncode}: {printed.strip()[:300]}", "printed": printed}
        return answer | {"printed": printed} | ({} if done.returncode == 0 else {"problem": f"exit {done.returncode}"})


def ask_all(cases: Iterable[Case], ask: Asker) -> list[Verdict]:
    """Each case is written into a folder of its own for the time of its questions."""
    verdicts = []
    for case in cases:
        with tempfile.TemporaryDirectory(prefix="sigdrift-case-") as root:
            folder = case.write(Path(root))
            verdicts += [judge(case, asked, ask(case, asked, folder)) for asked in case.sets]
    return verdicts
