"""The answers of a whole class, beside what the model says.

Each group sends one line of text per question (`Prediction.line`), by a chat, a board or a shared folder. No server is
asked for anything.
"""

from __future__ import annotations

import csv
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cisim.figures.style import GREY, OKABE_ITO, PALE, new_figure
from cisim.lesson.predictions import Prediction, predict
from cisim.lesson.showing import Shown

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FIELDS = ("name", "group", "answer", "within", "sure")
ENDINGS = (".csv", ".txt")
WIDE = 80
"""Letters in a line of the title."""
CLASS, MODEL = OKABE_ITO[0], OKABE_ITO[1]


@dataclass(frozen=True)
class Pool:
    """What a class expected and what the model says; made by `pool`.

    Attributes
    ----------
    question : Prediction
        The question, without an answer.
    entries : tuple of Prediction
        One per group, by the group's name.
    result : str or float
        What the model says: its answer, or the mean over `worlds`.
    worlds : tuple of float
        The same number in each world, where they are known.
    """

    question: Prediction
    entries: tuple[Prediction, ...]
    result: str | float
    worlds: tuple[float, ...] = ()

    def table(self) -> pd.DataFrame:
        """Return one row per group: group, answer, within, sure, right."""
        import pandas as pd

        rows = [
            (one.group, one.answer, one.within, one.sure, one.is_right(self.result)) for one in self.entries
        ]
        return pd.DataFrame(rows, columns=["group", "answer", "within", "sure", "right"])

    def describe(self) -> str:
        """Return in words what the class expected and what the model says."""
        n = len(self.entries)
        told = (
            f"{self.question.question} {self._class_words()}"
            if n
            else f"{self.question.question} No group yet."
        )
        return f"{told} {self._model_words()}{self._right_words()}"

    def __repr__(self) -> str:
        """Return the words."""
        return self.describe()

    def _repr_html_(self) -> str:
        """Return the figure with its words."""
        return Shown(self.figure(), self.describe())._repr_html_()

    def figure(self) -> Figure:
        """Draw the class's answers beside the model's."""
        figure = new_figure(8.0, 3.6)
        if self.question.choices:
            _draw_choices(figure.subplots(), self)
        else:
            above, below = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
            _draw_numbers(above, below, self)
        title = textwrap.wrap(self.question.question, WIDE)
        figure.suptitle("\n".join(title), x=0.02, ha="left", size=12, weight="bold")
        figure.tight_layout()
        return figure

    def counts(self) -> dict[str, int]:
        """Return how many groups chose each of the allowed answers."""
        return {choice: sum(one.answer == choice for one in self.entries) for choice in self.question.choices}

    def numbers(self) -> list[float]:
        """Return the number each group gave."""
        return [float(one.answer) for one in self.entries if one.answer is not None]

    def _class_words(self) -> str:
        """Say what the groups answered."""
        n = len(self.entries)
        groups = "1 group" if n == 1 else f"{n} groups"
        if self.question.choices:
            return f"{groups}: " + ", ".join(f"{choice} {k}" for choice, k in self.counts().items()) + "."
        said = self.numbers()
        middle, unit = float(np.median(said)), self._unit()
        return f"{groups}: from {min(said):.4g} to {max(said):.4g}, half of them above {middle:.4g}{unit}."

    def _model_words(self) -> str:
        """Say what the model answers."""
        if isinstance(self.result, str):
            return f"The model: {self.result}."
        told = f"The model: {self.result:.4g}{self._unit()}"
        if not self.worlds:
            return f"{told}."
        low, high = np.percentile(self.worlds, (5, 95))
        return f"{told} on average; 9 of 10 worlds from {low:.4g} to {high:.4g}."

    def _right_words(self) -> str:
        """Say how many were right, of those who can be."""
        judged = [right for one in self.entries if (right := one.is_right(self.result)) is not None]
        how = "" if self.question.choices else " within their own margin"
        return f" Right{how}: {sum(judged)} of {len(judged)}." if judged else ""

    def _unit(self) -> str:
        """Return the unit after a number."""
        return f" {self.question.unit}" if self.question.unit else ""


def pool(lines: str | Path, question: Prediction, result: str | float | Sequence[float]) -> Pool:
    """Pool the lines of a class.

    Parameters
    ----------
    lines : str or Path
        Pasted text, a line per prediction, in which lines of other questions, empty ones and those that begin with
        ``#`` are passed over; or the `Path` of a file, or of a folder of files that end in .csv or .txt.
    question : Prediction
        The question, as `predict` returned it; its own answer counts only where its line is among `lines`.
    result : str or float or sequence of float
        What the model says: an answer, a number, or a number for each world.

    Returns
    -------
    Pool
        Shown in a notebook as a figure with its words.

    Raises
    ------
    ValueError
        If a line cannot be read, or a group says two things.
    FileNotFoundError
        If there is no such file or folder.

    Examples
    --------
    >>> asked = predict("gain", "How many deaths fewer?", unit="deaths")
    >>> both = pool("gain,red,1,0.5,0.6" + chr(10) + "gain,blue,3,1,0.9", asked, result=0.8)
    >>> print(both)
    How many deaths fewer? 2 groups: from 1 to 3, half of them above 2 deaths. The model: 0.8 deaths. Right within \
their own margin: 1 of 2.
    """
    blank = replace(question, answer=None, within=None, sure=None, group="")
    worlds: tuple[float, ...] = ()
    if not isinstance(result, str) and np.ndim(result):
        worlds = tuple(float(one) for one in np.asarray(result, dtype=float))
        if not worlds:
            raise ValueError("result: an empty list is not allowed; a number for each world")
        result = float(np.mean(worlds))
    told = predict(blank.name, blank.question, choices=blank.choices, unit=blank.unit, answer=result)  # type: ignore[arg-type]
    if told.answer is None:
        raise ValueError("result: None is not allowed; what the model says")
    return Pool(blank, _entries(lines, blank), told.answer, worlds)


def _entries(lines: str | Path, blank: Prediction) -> tuple[Prediction, ...]:
    """Return the predictions in some lines, one per group."""
    found: dict[str, Prediction] = {}
    for where, text in _texts(lines):
        row = next(csv.reader([text], skipinitialspace=True))
        if row[0].strip() != blank.name and len(row) == len(FIELDS):
            continue
        one = _read(row, blank, where, text)
        before = found.setdefault(one.group, one)
        if before != one:
            raise ValueError(
                f"{where}: group {one.group!r} has said {before.said()!r} before; keep one line for each group"
            )
    return tuple(found[group] for group in sorted(found))


def _texts(lines: str | Path) -> Iterator[tuple[str, str]]:
    """Yield where each line stands, and the line."""
    if isinstance(lines, Path):
        if not lines.exists():
            raise FileNotFoundError(f"lines: {str(lines)!r} does not exist")
        inside = sorted(lines.iterdir()) if lines.is_dir() else [lines]
        sources = [(f"{path.name}, line", path) for path in inside if path == lines or path.suffix in ENDINGS]
        texts = [(where, path.read_text("utf-8")) for where, path in sources]
    else:
        texts = [("line", lines)]
    for where, text in texts:
        for k, line in enumerate(text.splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                yield f"{where} {k}", line.strip()


def _read(row: list[str], blank: Prediction, where: str, text: str) -> Prediction:
    """Return the prediction in one line, or say what is wrong with the line."""
    if len(row) != len(FIELDS):
        raise ValueError(f"{where}: {text!r} is not allowed; five fields: {', '.join(FIELDS)}")
    _, group, answer, within, sure = (one.strip() for one in row)
    if not group:
        raise ValueError(f"{where}: {text!r} names no group; five fields: {', '.join(FIELDS)}")
    try:
        return predict(
            blank.name, blank.question, choices=blank.choices, unit=blank.unit, group=group,
            answer=answer if blank.choices else _number(answer), within=_number(within), sure=_number(sure),
        )  # fmt: skip
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _number(text: str) -> float | None:
    """Return the number in a field, None where it is empty."""
    if not text:
        return None
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number") from None


def _draw_choices(ax: Axes, pool: Pool) -> None:
    """Draw a bar per answer, the model's with a frame."""
    counts = pool.counts()
    bars = ax.barh(list(counts), list(counts.values()), color=CLASS, alpha=0.7)
    if not pool.entries:
        ax.text(0.5, 0.5, "no group yet", transform=ax.transAxes, ha="center", color=GREY)
    for bar, (choice, count) in zip(bars, counts.items(), strict=True):
        own = choice == pool.result
        if own:
            bar.set(edgecolor=MODEL, linewidth=3)
        told = f" {count}" + ("  ◀ the model" if own else "")
        ax.annotate(
            told, (count, bar.get_y() + bar.get_height() / 2), va="center", color=MODEL if own else GREY
        )
    ax.set(xlim=(0, 1.35 * max(1, *counts.values())), xlabel="groups")
    ax.invert_yaxis()
    ax.locator_params(axis="x", integer=True)
    _bare(ax)


def _draw_numbers(above: Axes, below: Axes, pool: Pool) -> None:
    """Draw a point with its margin per group, and under them the model's worlds."""
    for y, one in enumerate(pool.entries):
        answer = float(one.answer or 0.0)
        above.errorbar(answer, y, xerr=one.within or 0.0, fmt="o", color=CLASS, elinewidth=1.6)
    above.set_yticks(range(len(pool.entries)), [one.group for one in pool.entries])
    if not pool.entries:
        above.text(0.5, 0.5, "no group yet", transform=above.transAxes, ha="center", color=GREY)
    above.set_ylim(-0.7, max(0, len(pool.entries) - 1) + 0.7)
    above.invert_yaxis()
    below.set_yticks([])
    below.set_ylabel("worlds", color=GREY)
    if len(set(pool.worlds)) > 1:
        below.hist(pool.worlds, bins=min(12, len(pool.worlds)), color=PALE)
    for ax in (above, below):
        ax.axvline(float(pool.result), color=MODEL, linewidth=2)
        _bare(ax)
    above.annotate(
        "the model", (float(pool.result), 1.02), xycoords=("data", "axes fraction"), color=MODEL, ha="center"
    )
    below.set_xlabel(pool.question.unit)


def _bare(ax: Axes) -> None:
    """Take away the lines that say nothing."""
    ax.spines[["top", "right"]].set_visible(False)
