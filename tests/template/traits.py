"""What each function calls at AWS, read from the source.

The traits at the border say it in their documentation ("Needs `s3:PutObject`."), and a function names the
traits that it takes.
"""

import re
from pathlib import Path

PROJECT = Path(__file__).parents[2]

_TRAIT = re.compile(r"((?:^[ ]*///[^\n]*\n)+)(?:^[ ]*#\[[^\n]*\n)*^[ ]*pub trait (\w+)", re.MULTILINE)
_NEED = re.compile(r"\bNeeds ([^.]*)\.")
_ACTION = re.compile(r"`([a-z0-9]+:[A-Z]\w+)`")
_COMMENT = re.compile(r"//[^\n]*")


def needs() -> dict[str, set[str]]:
    """The actions that each trait needs, of all traits that say so."""
    found: dict[str, set[str]] = {}
    for path in sorted((PROJECT / "shared").rglob("*.rs")):
        for documentation, name in _TRAIT.findall(path.read_text(encoding="utf-8")):
            text = " ".join(line.strip().removeprefix("///").strip() for line in documentation.splitlines())
            if sentence := _NEED.search(text):
                found.setdefault(name, set()).update(_ACTION.findall(sentence[1]))
    return found


def functions() -> list[str]:
    """The functions, by the names of their binaries."""
    return sorted(path.stem for path in (PROJECT / "functions/src/bin").glob("*.rs"))


def taken_by(function: str) -> set[str]:
    """The traits that a function takes."""
    source = PROJECT / "functions/src"
    paths = [source / "bin" / f"{function}.rs", *sorted((source / function).rglob("*.rs"))]
    words = {word for path in paths
             for word in re.findall(r"\w+", _COMMENT.sub("", path.read_text(encoding="utf-8")))}
    return words & needs().keys()


def actions_of(function: str) -> set[str]:
    """What a function's role has to allow for its traits."""
    known = needs()
    return set().union(*(known[trait] for trait in taken_by(function)))
