"""The command and the reference count the same, on random folders and on the example.

`SIGDRIFT_SEEDS` is how many random folders are tried (40) and `SIGDRIFT_FIRST_SEED` the first of them (0);
`SIGDRIFT_BIN` names another build of the command than `target/release/sigdrift`.
"""

import json
import os
import tempfile
import unittest
from pathlib import Path

from . import clock, command, deploy, folder, mixed_folder, shrink, summary

SEEDS = int(os.environ.get("SIGDRIFT_SEEDS", "40"))
FIRST = int(os.environ.get("SIGDRIFT_FIRST_SEED", "0"))
EXAMPLE = command.REPOSITORY / "examples/checkout-incident"
DEPLOYS = command.REPOSITORY / "examples/checkout-deploys.jsonl"
TRUTH = command.REPOSITORY / "tests/recorder/truth.json"


def differences(logs, group_by, start=None, end=None, deploys=None, arguments=()):
    markers = deploy.Markers(deploys.read_text().splitlines() if deploys else [])
    expected = summary.of(folder.read(logs), group_by, clock.Window(start, end), markers)
    told = [*arguments, *(["--deploys", deploys] if deploys else [])]
    code, found = command.analyze(logs, *told)
    different = command.differences(expected, command.counts(found, group_by))
    unreadable = sum(source["unreadable"] for source in expected["sources"].values())
    if code != (3 if unreadable else 0):
        different.append(f"exit code {code} with {unreadable} unreadable")
    return different


def of_case(case):
    with tempfile.TemporaryDirectory() as place:
        logs, deploys = Path(place, "logs"), Path(place, "deploys.jsonl")
        logs.mkdir()
        case.write(logs)
        deploys.write_text("\n".join(case.question.markers))
        question = case.question
        return differences(logs, question.group_by, question.start, question.end,
                           deploys if question.markers else None, question.arguments())


def still_differs(smaller):
    """Less may be so little that there is nothing to read in it."""
    try:
        return bool(of_case(smaller))
    except command.NoSummary:
        return False


def told(seed, case):
    """A case in words, for the one who has to find the reason."""
    lines = [f"seed {seed}", "sigdrift analyze --json " + " ".join(case.question.arguments())]
    lines += [f"marker: {marker}" for marker in case.question.markers]
    for file in case.files:
        if not file.units and file.name != mixed_folder.EMPTY:
            continue
        lines.append(f"--- {file.name} ({file.form}{', stream ' + file.stream if file.stream else ''})")
        lines += [repr(unit)[2:-1] for unit in file.units]
    return "\n".join(lines)


class AgainstReference(unittest.TestCase):
    maxDiff = None

    def test_random_folders(self):
        for seed in range(FIRST, FIRST + SEEDS):
            with self.subTest(seed=seed):
                case = mixed_folder.case(seed, summary.ALL)
                if of_case(case):
                    case = shrink.shrink(case, still_differs)
                    self.fail("\n".join([*of_case(case), told(seed, case)]))

    def test_the_example(self):
        for group_by in (summary.ALL[:4], summary.ALL, ["region"], ["operation", "client"]):
            words = ",".join(mixed_folder.WORDS.get(name, name) for name in group_by)
            for deploys in (None, DEPLOYS):
                with self.subTest(group_by=group_by, deploys=deploys):
                    found = differences(EXAMPLE, group_by, deploys=deploys, arguments=["--group-by", words])
                    self.assertEqual(found, [])

    def test_the_example_is_what_happened(self):
        truth = json.loads(TRUTH.read_text())
        _, found = command.analyze(EXAMPLE)
        # Beside the exchanges, CloudTrail shows management calls.
        for name in ("failures", "by_code"):
            self.assertEqual(found["totals"][name], truth["totals"][name], name)
        for source in found["sources"]:
            told = truth["sources"][source["kind"]]
            self.assertEqual((source["records"], source["unreadable"]), (told["records"], 0), source["kind"])
        self._clusters(found, truth["clusters_with_captured_errors"])
        times = {(change["time"], change["what"].split(" ")[0]) for change in found["changes"]}
        self.assertLessEqual({(change["time"], change["what"]) for change in truth["changes"]}, times)

    def test_access_logs_alone_show_what_happened(self):
        truth = json.loads(TRUTH.read_text())
        _, found = command.analyze(EXAMPLE / "s3-access-log", EXAMPLE / "s3-access-log-json")
        for name in ("requests", "failures", "by_code"):
            self.assertEqual(found["totals"][name], truth["totals"][name], name)
        self._clusters(found, truth["clusters"])

    def _clusters(self, found, truth):
        def key(cluster):
            return str([cluster[name] for name in summary.ALL[:4] + ["code"]])

        ours = {key(cluster): cluster for cluster in truth}
        theirs = {key(cluster): cluster for cluster in found["clusters"]}
        self.assertEqual(set(ours), set(theirs))
        for name, cluster in ours.items():
            for member in ("failures", "requests", "first_seen", "last_seen", "retries", "per_minute"):
                self.assertEqual(theirs[name][member], cluster[member], f"{name} {member}")
            self.assertEqual(theirs[name]["remote_ips"], len(cluster["remote_ips"]), name)


if __name__ == "__main__":
    unittest.main()
