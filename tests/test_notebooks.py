"""The lessons run from top to bottom, and are kept without outputs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from cisim import runs
from cisim.scenario import load

FOLDER = Path(__file__).parents[1] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
FIRST = "01_isolated_vs_collective"
SECONDS_PER_CELL = 120


def executed(path: Path, monkeypatch: pytest.MonkeyPatch, **replaced: str) -> Any:
    """Run a copy of a notebook with few worlds, some texts in its cells replaced."""
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        for old, new in replaced.items():
            cell.source = cell.source.replace(f'"{old}": None', f'"{old}": {new}')
    monkeypatch.setenv("CISIM_LESSON_WORLDS", "4")
    client = NotebookClient(
        notebook,
        timeout=SECONDS_PER_CELL,
        kernel_name="python3",
        resources={"metadata": {"path": str(FOLDER)}},
    )
    client.execute()
    return notebook


def outputs(notebook: Any, kind: str) -> list[str]:
    """Everything a notebook shows in one form."""
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.data[kind] for output in shown if kind in output.get("data", {})]


def test_there_is_a_first_lesson() -> None:
    assert FIRST in [path.stem for path in NOTEBOOKS]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_kept_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_from_top_to_bottom(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs.run(
        load("infant-mortality"), 0, details=False
    )  # compiled here if need be, outside the cells' time limit
    notebook = executed(path, monkeypatch, better_regime='"isolated"', months_to_break_even="24")
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code")
    if path.stem == FIRST:
        assert len(outputs(notebook, "image/png")) == 3
        [verdict] = [text for text in outputs(notebook, "text/plain") if "you expected" in text]
        assert "isolated" in verdict.split("better_regime")[1].split("\n")[0]
        assert verdict.count("(no prediction)") == 4
