"""A case: one failing request whose cause is known, its evidence, and what each set of its evidence allows to say.

On disk a case is a folder of evidence files and `truth.json`; a library of cases is one JSON line for each.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .message import encoded

# Kind of evidence -> its file, and the flag that names the file to `explain`.
FILES = {
    "error": ("error", "--error"),
    "error-damaged": ("error-damaged", "--error"),
    "error-cut": ("error-cut", "--error"),
    "error-redacted": ("error-redacted", "--error"),
    "client": ("client.log", "--client"),
    "sent": ("sent.http", "--sent"),
    "received": ("received.http", "--received"),
    "access_log": ("access.log", "--access-log"),
    "secret": ("secret", "--secret-file"),
    "other-secret": ("other-secret", "--secret-file"),
}


# In a library, a request that arrived as it was sent stands there once.
_SAME = "as sent"


@dataclass
class EvidenceSet:
    """One question: which pieces are given, and which answer is right."""

    use: list[str]
    expect: str
    may_be_proven: bool = False
    also: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)


@dataclass
class Case:
    name: str
    how: str
    cause: str
    component: str | None
    evidence: dict[str, str]
    sets: list[EvidenceSet]
    url: str | None = None
    method: str | None = None

    def to_line(self) -> str:
        told = {name: value for name, value in vars(self).items() if value is not None}
        if self.evidence.get("received") == self.evidence.get("sent", ""):
            told["evidence"] = self.evidence | {"received": _SAME}
        return json.dumps(told | {"sets": [_short(vars(one)) for one in self.sets]}, separators=(",", ":")) + "\n"

    @staticmethod
    def from_line(line: str) -> "Case":
        told: dict[str, Any] = json.loads(line)
        told["sets"] = [EvidenceSet(**(one | {"use": one["use"].split()})) for one in told["sets"]]
        told.setdefault("component", None)
        if told["evidence"].get("received") == _SAME:
            told["evidence"]["received"] = told["evidence"]["sent"]
        return Case(**told)

    def write(self, root: Path) -> Path:
        """The case as a folder, for people and for `explain`."""
        folder = root / self.name
        folder.mkdir(parents=True, exist_ok=True)
        for kind, text in self.evidence.items():
            (folder / FILES[kind][0]).write_bytes(encoded(text))
        if self.url:
            (folder / "url").write_bytes(encoded(self.url + "\n"))
            (folder / "method").write_text(f"{self.method}\n")
        sets = [
            {
                "args": self.arguments(one, Path()),
                "expect_cause": one.expect,
                "expect_component": self.component,
                "also_right": one.also,
                "right_if_expected_is_alternative": one.behind,
                "may_be_proven": one.may_be_proven,
            }
            for one in self.sets
        ]
        truth = {"cause": self.cause, "component": self.component, "how": self.how, "evidence_sets": sets}
        (folder / "truth.json").write_text(json.dumps(truth, indent=1, ensure_ascii=True) + "\n")
        return folder

    def arguments(self, one: EvidenceSet, folder: Path) -> list[str]:
        """What to give to `sigdrift explain` for one set, the case being written in `folder`."""
        made: list[str] = []
        for kind in one.use:
            if kind == "url":
                made += ["--url", self.url, "--method", self.method]
            else:
                file, flag = FILES[kind]
                made += [flag, str(folder / file)]
        return made


def _short(told: dict[str, Any]) -> dict[str, Any]:
    """Without what is the default, since a library holds thousands of sets."""
    return {
        name: " ".join(value) if name == "use" else value for name, value in told.items() if value not in ([], False)
    }


def read_library(path: Path) -> list[Case]:
    """All cases of a folder of `*.jsonl` files, or of one such file."""
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    return [Case.from_line(line) for file in files for line in file.read_text().splitlines()]


def write_library(cases: list[Case], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(case.to_line() for case in cases))
