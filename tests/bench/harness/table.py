"""The table that is printed."""

from .targets import Row

HEADINGS = ("log", "tool", "used", "compared with sigdrift", "target", "met")


def cells(row: Row) -> tuple[str, ...]:
    met = {None: "", True: "yes", False: "NO"}[row.met]
    return (row.log, row.tool, row.figure, row.ratio, row.target, met)


def text(rows: list[Row]) -> str:
    lines = [HEADINGS, *map(cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    padded = [[cell.ljust(width) for cell, width in zip(line, widths, strict=True)] for line in lines]
    return "\n".join("  ".join(line).rstrip() for line in padded)


def markdown(rows: list[Row]) -> str:
    """Without seconds, which say more of the machine than of the programs."""
    lines = [HEADINGS, ("--",) * len(HEADINGS), *map(cells, rows)]
    kept = [[cell for number, cell in enumerate(line) if number != HEADINGS.index("used")] for line in lines]
    return "\n".join("| " + " | ".join(line) + " |" for line in kept)
