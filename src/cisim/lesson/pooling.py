"""The answers of a whole class, beside what the model says.

Each group sends one line of text per question (`Prediction.line`), by a chat, a board or a shared folder. No server is
asked for anything.
"""

from __future__ import annotations

import csv
import reprlib
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from cisim.figures.style import GREY, OKABE_ITO, PALE, new_figure
from cisim.lesson.predictions import NAME, Prediction, allowed_answer, group_key, predict
from cisim.lesson.showing import Shown

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FIELDS = ("name", "group", "answer", "within", "sure")
ENDINGS = (".csv", ".txt")
WIDE = 80
"""Letters in a line of the title."""
MARK = "\ufeff"
"""What some programs put before a text, the byte order mark."""
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
    others : tuple of str
        Name of the question on each line that was about another question, in their order.
    """

    question: Prediction
    entries: tuple[Prediction, ...]
    result: str | float
    worlds: tuple[float, ...] = ()
    others: tuple[str, ...] = ()

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
        return f"{told} {self._model_words()}{self._right_words()}{self._other_words()}"

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
        figure.suptitle("\n".join(title), x=0.02, ha="left", size=12, weight="bold", parse_math=False)
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

    def _other_words(self) -> str:
        """Say how many lines were about other questions, and which: a name misspelt is seen there."""
        n = len(self.others)
        told = "1 line was about another question" if n == 1 else f"{n} lines were about other questions"
        return f" {told}: {', '.join(sorted(set(self.others)))}." if n else ""

    def _unit(self) -> str:
        """Return the unit after a number."""
        return f" {self.question.unit}" if self.question.unit else ""


def pool(lines: str | Path, question: Prediction, result: str | float | Sequence[float]) -> Pool:
    """Pool the lines of a class.

    Parameters
    ----------
    lines : str or Path
        Pasted text, a line per prediction, in which empty lines and those that begin with ``#`` are passed over; or
        the `Path` of a file in UTF-8, or of a folder of such files that end in .csv or .txt. Lines of other questions
        are counted (`Pool.others`). Capital letters do not matter in the name of a question, nor, as spaces, in that
        of a group.
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
        If a file or a line cannot be read, a group says two things, or `result` is no answer to the question.
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
    told, worlds = _result(result, blank)
    entries, others = _entries(lines, blank)
    return Pool(blank, entries, told, worlds, others)


def _result(
    result: str | float | Sequence[float], blank: Prediction
) -> tuple[str | float, tuple[float, ...]]:
    """Return what the model says as one answer, and its number in each world."""
    worlds: tuple[float, ...] = ()
    if result is not None and not isinstance(result, str | Real):
        worlds = _worlds(result)
        result = float(np.mean(worlds))
    told = allowed_answer("result", result, blank.choices, blank.unit)
    if told is None:
        raise ValueError("result: None is not allowed; what the model says")
    return told, worlds


def _worlds(result: object) -> tuple[float, ...]:
    """Return a number for each world."""
    allowed = "an answer, a number, or a list with a number for each world"
    try:
        numbers = np.asarray(result, dtype=float)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"result: {reprlib.repr(result)} is not allowed; {allowed}") from None
    if numbers.ndim != 1 or not len(numbers):
        raise ValueError(f"result: {reprlib.repr(result)} is not allowed; {allowed}")
    if not np.isfinite(numbers).all():
        k = int(np.argmin(np.isfinite(numbers)))
        raise ValueError(
            f"result: {numbers[k]} of world {k} (from 0) is not allowed; a number for each world"
        )
    return tuple(float(one) for one in numbers)


def _entries(lines: str | Path, blank: Prediction) -> tuple[tuple[Prediction, ...], tuple[str, ...]]:
    """Return the predictions in some lines, one per group, and what question each other line was about."""
    found: dict[str, Prediction] = {}
    others = []
    for where, text in _texts(lines):
        row = _row(where, text)
        name = row[0].lower()
        if name != blank.name:
            others.append(name)
            continue
        one = _read(row, blank, where, text)
        before = found.setdefault(group_key(one.group), one)
        if before != replace(one, group=before.group):
            raise ValueError(
                f"{where}: group {one.group!r} has said {before.said()!r} before; keep one line for each group"
            )
    return tuple(sorted(found.values(), key=lambda one: one.group)), tuple(others)


def _texts(lines: str | Path) -> Iterator[tuple[str, str]]:
    """Yield where each line stands, and the line."""
    if isinstance(lines, Path):
        texts = [(f"{path.name}, line", _file_text(path)) for path in _files(lines)]
    elif isinstance(lines, str):
        texts = [("line", lines)]
    else:
        raise ValueError(
            f"lines: {reprlib.repr(lines)} is not allowed; text, or the Path of a file or folder"
        )
    for where, text in texts:
        for k, line in enumerate(text.replace(MARK, "").splitlines(), start=1):
            if line.strip() and not line.lstrip().startswith("#"):
                yield f"{where} {k}", line.strip()


def _files(place: Path) -> list[Path]:
    """Return a file, or the files of a folder that hold lines."""
    if not place.exists():
        raise FileNotFoundError(f"lines: {str(place)!r} does not exist")
    if not place.is_dir():
        return [place]
    return [path for path in sorted(place.iterdir()) if path.is_file() and path.suffix.lower() in ENDINGS]


def _file_text(path: Path) -> str:
    """Return the text of a file, or say that it is none."""
    try:
        text = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ValueError(f"lines: {path.name} is not allowed; text in UTF-8, in Excel 'CSV UTF-8'")
    return text


def _row(where: str, text: str) -> list[str]:
    """Return the five fields of a line, or say what is wrong with it."""
    told = f"{where}: {textwrap.shorten(text, WIDE, placeholder='...')!r}"
    try:
        row = [one.strip() for one in next(csv.reader([text], skipinitialspace=True))]
    except csv.Error as error:
        raise ValueError(f"{told} cannot be read ({error}); five fields: {', '.join(FIELDS)}") from None
    if len(row) != len(FIELDS):
        raise ValueError(f"{told} is not allowed; five fields: {', '.join(FIELDS)}")
    if not NAME.fullmatch(row[0].lower()):
        raise ValueError(f"{told} begins with no name of a question; five fields: {', '.join(FIELDS)}")
    return row


def _read(row: list[str], blank: Prediction, where: str, text: str) -> Prediction:
    """Return the prediction in one line, or say what is wrong with the line."""
    _, group, answer, within, sure = row
    if not group:
        raise ValueError(f"{where}: {text!r} names no group; five fields: {', '.join(FIELDS)}")
    if not answer:
        raise ValueError(f"{where}: {text!r} holds no answer; five fields: {', '.join(FIELDS)}")
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
    bars = ax.barh(range(len(counts)), list(counts.values()), color=CLASS, alpha=0.7)
    ax.set_yticks(range(len(counts)), list(counts), parse_math=False)
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
    above.set_yticks(range(len(pool.entries)), [one.group for one in pool.entries], parse_math=False)
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
    below.set_xlabel(pool.question.unit, parse_math=False)


def _bare(ax: Axes) -> None:
    """Take away the lines that say nothing."""
    ax.spines[["top", "right"]].set_visible(False)
