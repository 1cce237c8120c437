"""The command line of the recorder."""

import argparse
import json
import shutil
import sys
import time
from pathlib import Path

from parts import MissingPart

from . import (
    changes,
    director,
    leaks,
    story,
    truth,
    write_access_log_json,
    write_access_log_text,
    write_captured_errors,
    write_cloudtrail,
)

ROOT = Path(__file__).resolve().parents[2]
QUICK_STEPS_PER_ROW = 12


def main() -> int:
    parser = _parser()
    arguments = parser.parse_args()
    if arguments.quick and arguments.out is None:
        parser.error("--quick needs --out, so that it cannot replace the full example")
    logs, markers, truth_file = _targets(arguments)
    started = time.monotonic()
    try:
        recording = director.record(story.steps(QUICK_STEPS_PER_ROW if arguments.quick else None))
    except MissingPart as missing:
        print(f"record: {missing}", file=sys.stderr)
        return 2
    sources = write_logs(recording, logs)
    leaks.check(logs, leaks.secrets(recording))
    markers.write_text("".join(json.dumps(marker) + "\n" for marker in changes.DEPLOY_MARKERS))
    truth_file.write_text(json.dumps(truth.count(recording, sources), indent=1, ensure_ascii=False) + "\n")
    print(f"{len(recording.exchanges)} exchanges in {time.monotonic() - started:.0f} s\n"
          f"logs:    {logs}\nmarkers: {markers}\ntruth:   {truth_file}")
    return 0


def write_logs(recording: director.Recording, folder: Path) -> dict[str, dict[str, int]]:
    """Writes all logs into `folder`, which is emptied first; returns what each kind has."""
    if folder.exists():
        shutil.rmtree(folder)
    exchanges, identities = recording.exchanges, recording.identities
    return {
        "s3-access-log": write_access_log_text.write(exchanges, identities, folder / "s3-access-log"),
        "s3-access-log-json": write_access_log_json.write(exchanges, identities, folder / "s3-access-log-json"),
        "cloudtrail": write_cloudtrail.write(exchanges, identities, folder / "cloudtrail"),
        "captured-error": write_captured_errors.write(recording.captured, folder / "captured-errors"),
    }


def _targets(arguments: argparse.Namespace) -> tuple[Path, Path, Path]:
    if arguments.out is None:
        examples = ROOT / "examples"
        return (examples / "checkout-incident", examples / "checkout-deploys.jsonl",
                Path(__file__).with_name("truth.json"))
    arguments.out.mkdir(parents=True, exist_ok=True)
    return (arguments.out / "checkout-incident", arguments.out / "checkout-deploys.jsonl",
            arguments.out / "truth.json")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tests/recorder/record",
        description="Records the example incident with real clients against a verifying server.",
        epilog="example: tests/recorder/record --quick --out target/recorded")
    parser.add_argument("--out", type=Path, metavar="DIR", help=(
        "folder for checkout-incident/, checkout-deploys.jsonl and truth.json; "
        "without it the files in examples/ and tests/recorder/truth.json are replaced"))
    parser.add_argument("--quick", action="store_true", help=(
        f"at most {QUICK_STEPS_PER_ROW} requests of each kind; needs --out"))
    return parser
