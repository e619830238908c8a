"""Dock every target at full size; print the tables of `docs/docking.md` (four minutes on two cores)."""

from __future__ import annotations

from collections.abc import Iterable

from cisim.docking import TARGETS, Cell, Target, dock

LONGEST_TABLE = 100


def table(target: Target, cells: Iterable[Cell]) -> str:
    """Lay out cells as a Markdown table."""
    names = [argument.name for argument in target.arguments]
    lines = [f"| {' | '.join(names)} | cisim | s.e. | published | agrees |", "|---" * (len(names) + 4) + "|"]
    for cell in cells:
        values = [str(cell.arguments.get(name, "")) for name in names]
        numbers = [
            f"{cell.mean:.4f}",
            f"{cell.se:.4f}",
            f"{cell.published:.4g}",
            "yes" if cell.agrees else "NO",
        ]
        lines.append(f"| {' | '.join(values + numbers)} |")
    return "\n".join(lines)


def section(target: Target, cells: list[Cell]) -> str:
    """Describe one target: how many cells agree, which do not, and a table."""
    misses = [cell for cell in cells if not cell.agrees]
    shown = (
        cells if len(cells) <= LONGEST_TABLE else [cell for cell in cells if cell.arguments.get("t") == 200]
    )
    parts = [
        f"### {target.name}",
        f"{target.reference}. https://doi.org/{target.doi}",
        f"{len(cells) - len(misses)} of {len(cells)} cells agree, with {cells[0].worlds:,} worlds each.",
    ]
    if misses:
        parts += ["Cells that do not agree:", table(target, misses)]
    if len(shown) < len(cells):
        parts.append("At the last published time:")
    return "\n\n".join([*parts, table(target, shown)])


def main() -> None:
    """Print one section for each target."""
    print("\n\n".join(section(target, dock(name)) for name, target in TARGETS.items()))


if __name__ == "__main__":
    main()
