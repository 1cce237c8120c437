"""The table of a judged run: per cause, and every answer that was not right."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from .judge import ROOT, Verdict

ENOUGH = 0.97


@dataclass(frozen=True)
class Row:
    cause: str
    cases: int
    asked: int
    right: int
    proven: int
    false_proofs: int
    components: int
    components_right: int

    @property
    def share(self) -> float:
        return self.right / self.asked if self.asked else 0.0


def causes() -> list[str]:
    """All causes of the catalogue, read from the one table that the command itself has."""
    text = (ROOT / "shared/signature/src/cause.rs").read_text()
    found = re.findall(r'^    [A-Z]\w+ "([a-z0-9-]+)"$', text, re.MULTILINE)
    if not found:
        raise ValueError(f"no causes found in {Path('shared/signature/src/cause.rs')}")
    return found


def rows(verdicts: list[Verdict]) -> list[Row]:
    """By true cause; a question that decides nothing counts under `undetermined`."""

    def under(verdict: Verdict) -> str:
        return "undetermined" if verdict.asked.expect == "undetermined" else verdict.case.cause

    counts: dict[str, Counter[str]] = {}
    names: dict[str, set[str]] = {}
    for verdict in verdicts:
        count = counts.setdefault(under(verdict), Counter())
        names.setdefault(under(verdict), set()).add(verdict.case.name)
        count.update(asked=1, right=verdict.right, proven=verdict.proven, false=verdict.false_proof)
        if verdict.component_right is not None:
            count.update(components=1, components_right=verdict.component_right)
    return [_row(cause, len(names.get(cause, ())), counts.get(cause, Counter())) for cause in causes()]


def _row(cause: str, cases: int, count: Counter[str]) -> Row:
    return Row(
        cause,
        cases,
        count["asked"],
        count["right"],
        count["proven"],
        count["false"],
        count["components"],
        count["components_right"],
    )


def total(found: list[Row]) -> Row:
    sums = {name: sum(getattr(row, name) for row in found) for name in Row.__dataclass_fields__ if name != "cause"}
    return Row("all", **sums)


def problems(verdicts: list[Verdict]) -> list[str]:
    """Why the run fails; empty if it does not."""
    found = rows(verdicts)
    share = total(found).share
    made = []
    if share < ENOUGH:
        made.append(f"{share:.1%} right, {ENOUGH:.0%} are needed")
    if false := sum(verdict.false_proof for verdict in verdicts):
        made.append(f"{false} false proofs")
    if leaks := sum(verdict.leak for verdict in verdicts):
        made.append(f"{leaks} answers show a secret, a signature or a token")
    if missing := [row.cause for row in found if not row.asked]:
        made.append("no case for " + ", ".join(missing))
    return made


_HEAD = ("cause", "cases", "asked", "right", "", "proven", "false proofs", "component named")


def _cells(row: Row) -> tuple[str, ...]:
    named = f"{row.components_right}/{row.components}" if row.components else ""
    return (
        row.cause,
        str(row.cases),
        str(row.asked),
        str(row.right),
        f"{row.share:.1%}" if row.asked else "none",
        str(row.proven),
        str(row.false_proofs),
        named,
    )


def text(verdicts: list[Verdict]) -> str:
    found = rows(verdicts)
    lines = [_HEAD, *map(_cells, found), _cells(_with_all_cases(verdicts, found))]
    widths = [max(len(line[at]) for line in lines) for at in range(len(_HEAD))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if not at else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def markdown(verdicts: list[Verdict]) -> str:
    found = rows(verdicts)
    lines = ["| " + " | ".join(_HEAD) + " |", "|--|" + "--:|" * (len(_HEAD) - 1)]
    return "\n".join(
        lines + ["| " + " | ".join(_cells(row)) + " |" for row in [*found, _with_all_cases(verdicts, found)]]
    )


def _with_all_cases(verdicts: list[Verdict], found: list[Row]) -> Row:
    """A case counts once in the sum, though its questions may stand in two rows."""
    summed = total(found)
    return Row(
        "all",
        len({verdict.case.name for verdict in verdicts}),
        *(
            getattr(summed, name)
            for name in ("asked", "right", "proven", "false_proofs", "components", "components_right")
        ),
    )


def wrong(verdict: Verdict) -> str:
    answer = verdict.answer
    what = "FALSE PROOF" if verdict.false_proof else "secret, signature or token shown" if verdict.leak else "wrong"
    told = (
        answer.get("problem")
        if "cause" not in answer
        else f"{answer['cause']} ({answer.get('component')}) {answer.get('confidence')}"
    )
    right = [
        verdict.asked.expect,
        *verdict.asked.also,
        *(f"{one} before {verdict.asked.expect}" for one in verdict.asked.behind),
    ]
    return f"{what}: {verdict.case.name} [{' '.join(verdict.asked.use)}]: {told}; right: {', '.join(right)}"
