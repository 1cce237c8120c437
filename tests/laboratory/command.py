"""The command line of the laboratory."""

import argparse
import json
import sys
from pathlib import Path

from . import judge, table
from .case import Case, read_library, write_library

CASES = Path(__file__).with_name("cases")
# Of the vectors' thousands of cases, the stored library keeps each so many.
EVERY_VECTOR_CASE = 37
# Of the requests on which a bug shows, so many.
BASES_OF_EACH = 2


def main() -> int:
    arguments = _parser().parse_args()
    cases = _cases(arguments)
    if arguments.only:
        cases = [case for case in cases if arguments.only in case.name]
    if arguments.folders:
        for case in cases:
            case.write(arguments.folders)
        print(f"{len(cases)} cases, {sum(len(case.sets) for case in cases)} evidence sets: {arguments.folders}")
        return 0
    try:
        verdicts = judge.ask_all(cases, judge.Command(arguments.sigdrift))
    except FileNotFoundError as missing:
        print(f"laboratory: {missing}", file=sys.stderr)
        return 2
    return _report(verdicts, arguments)


def _cases(arguments: argparse.Namespace) -> list[Case]:
    if arguments.store:
        from . import made, vectors

        CASES.mkdir(exist_ok=True)
        write_library(made.cases(BASES_OF_EACH), CASES / "signers.jsonl")
        write_library(vectors.cases(EVERY_VECTOR_CASE), CASES / "vectors.jsonl")
    if arguments.all:
        from . import made, vectors

        return made.cases() + vectors.cases()
    if arguments.live:
        from .live import laboratory

        cases = laboratory.record(quick=arguments.quick)
        if arguments.store:
            write_library(cases, CASES / "live.jsonl")
        return cases
    return read_library(arguments.cases)


def _report(verdicts: list[judge.Verdict], arguments: argparse.Namespace) -> int:
    found = table.problems(verdicts)
    if arguments.only:
        found = [one for one in found if not one.startswith("no case for")]
    if arguments.json:
        rows = [vars(row) for row in table.rows(verdicts)]
        print(
            json.dumps(
                {"rows": rows, "problems": found, "answers": [verdict.to_json() for verdict in verdicts]}, indent=1
            )
        )
    elif arguments.markdown:
        print(table.markdown(verdicts))
    else:
        print(table.text(verdicts))
        for verdict in verdicts:
            if not verdict.right or verdict.leak:
                print(table.wrong(verdict))
        print("passed" if not found else "FAILED: " + "; ".join(found))
    return 1 if found else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests/laboratory/run",
        description="Judges `sigdrift explain` on failures whose cause is known. "
        "Exit 1: under 97 % right, a false proof, a "
        "secret shown, or a cause without a case.",
        epilog="example: tests/laboratory/run --only wrong-secret",
    )
    parser.add_argument("--cases", type=Path, default=CASES, metavar="PATH", help="cases to judge (the stored ones)")
    parser.add_argument(
        "--live", action="store_true", help="make new cases with real clients, proxies and servers, and judge them"
    )
    parser.add_argument("--quick", action="store_true", help="with --live: a few of each kind")
    parser.add_argument(
        "--all", action="store_true", help="judge every signer, and every official vector with every change and bug"
    )
    parser.add_argument("--store", action="store_true", help="make the stored cases again (with --live: the live ones)")
    parser.add_argument("--only", metavar="TEXT", help="cases whose name contains it")
    parser.add_argument("--folders", type=Path, metavar="DIR", help="write the cases as folders there, and ask nothing")
    parser.add_argument("--sigdrift", type=Path, metavar="PROGRAM", help="another build of the command")
    shown = parser.add_mutually_exclusive_group()
    shown.add_argument("--json", action="store_true", help="everything, for machines")
    shown.add_argument("--markdown", action="store_true", help="the table for documentation")
    return parser
