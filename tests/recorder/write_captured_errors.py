"""Writes the captured errors as the clients' hook made them: JSON lines of an application log."""

import json
from pathlib import Path
from typing import Any


def write(captured: list[dict[str, Any]], folder: Path) -> dict[str, int]:
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in captured)
    (folder / "checkout-2026-04-15.jsonl").write_text(lines, encoding="utf-8")
    return {"objects": 1, "records": len(captured)}
