"""A prediction written down before a run, set beside the result after it, and scored.

A right answer is not enough: who says how sure they are can also be right for the right share of their answers. The
score is that of Brier (1950): the squared distance between how sure somebody was and what came, 0 for sure and
right, 1 for sure and wrong, 0.25 for whoever is half sure of everything.

References
----------
Brier, G. W. (1950). Verification of forecasts expressed in terms of probability. Monthly Weather Review 78, 1-3.
doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

NONE = "(no prediction)"
NAME = re.compile(r"[a-z][a-z0-9_]*")
LONGEST_GROUP = 40


@dataclass(frozen=True)
class Prediction:
    """What somebody expects of a run; made by `predict`.

    Attributes
    ----------
    name : str
        Short name of the question, the same for the whole class.
    question : str
    answer : str or float or None
        One of `choices`, or a number in `unit`; None where nobody has answered yet.
    choices : tuple of str
        Answers that are allowed; empty where a number is asked for.
    unit : str
        Of the number.
    within : float or None
        Distance from `answer`, in `unit`, within which the result is expected.
    sure : float or None
        Chance, 0 to 1, that the result is as expected.
    group : str
        Who predicts.
    """

    name: str
    question: str
    answer: str | float | None = None
    choices: tuple[str, ...] = ()
    unit: str = ""
    within: float | None = None
    sure: float | None = None
    group: str = ""

    def __repr__(self) -> str:
        """Say what is expected, and how surely."""
        how = "" if self.sure is None else f", {self.sure:.0%} sure"
        return f"<Prediction {self.name}: {self.said()}{how}>"

    def said(self) -> str:
        """Return the answer in words, with its margin and unit."""
        if self.answer is None:
            return NONE
        if isinstance(self.answer, str):
            return self.answer
        margin = "" if self.within is None else f" ± {self.within:g}"
        return f"{self.answer:g}{margin} {self.unit}".rstrip()

    def line(self) -> str:
        """Return the line of text that the class collects: name, group, answer, within, sure.

        Raises
        ------
        ValueError
            If there is no answer or no group yet.
        """
        if self.answer is None:
            raise ValueError(f"answer: None is not allowed; answer {self.question!r} first")
        if not self.group.strip():
            raise ValueError("group: '' is not allowed; a name for your group, such as 'red'")
        blank = ["" if one is None else repr(one) for one in (self.within, self.sure)]
        text = io.StringIO()
        csv.writer(text, lineterminator="").writerow([self.name, self.group, str(self.answer), *blank])
        return text.getvalue()

    def save(self, folder: str | Path) -> Path:
        """Write the line to a file in a folder that the class shares, over an older one of the same group.

        The file has the group's name in small letters, with a hyphen for all that is no letter, digit or underscore.

        Raises
        ------
        FileNotFoundError
            If there is no such folder.
        FileExistsError
            If the file holds something else than an older line of the same group.
        ValueError
            If there is no answer or no group yet, or no letter or digit in the group's name.
        """
        line = self.line()
        place = Path(folder)
        if not place.is_dir():
            raise FileNotFoundError(f"folder: {str(folder)!r} does not exist; make it first")
        group = re.sub(r"\W+", "-", self.group).strip("-").lower()
        if not group:
            raise ValueError(
                f"group: {self.group!r} is not allowed; a name with at least one letter or digit"
            )
        path = place / f"{self.name}-{group}.csv"
        if path.exists() and not _holds_only(path, self.group):
            raise FileExistsError(
                f"group: {self.group!r} is not allowed here; {path.name} holds something else than a line of this "
                "group, so choose another name"
            )
        path.write_text(line + "\n", "utf-8")
        return path

    def is_right(self, result: str | float) -> bool | None:
        """Say whether a result is as expected; None where no answer, or no margin, was given."""
        if self.answer is None:
            return None
        if self.choices:
            return self.answer == result
        if self.within is None:
            return None
        return abs(float(self.answer) - float(result)) <= self.within


def predict(
    name: str,
    question: str,
    *,
    answer: str | float | None = None,
    choices: Sequence[str] = (),
    unit: str = "",
    within: float | None = None,
    sure: float | None = None,
    group: str = "",
) -> Prediction:
    """Write down what you expect, before you run anything.

    Parameters
    ----------
    name : str
        Short name of the question: small letters, digits and underscores.
    question : str
        What is asked.
    answer : str or float, optional
        One of `choices`, or a number in `unit`. None leaves the question open.
    choices : sequence of str, optional
        Answers that are allowed, at least two. Without them a number is asked for.
    unit : str, optional
        Unit of the number.
    within : float, optional
        Greatest distance from `answer`, in `unit`, at which you would still call yourself right.
    sure : float, optional
        Chance, 0 to 1, that you are right.
    group : str, optional
        Who you are, for `pool`.

    Returns
    -------
    Prediction

    Raises
    ------
    ValueError
        If something is not as described.

    Examples
    --------
    >>> predict("better", "Which ends better?", choices=("isolated", "collective"), answer="collective", sure=0.8)
    <Prediction better: collective, 80% sure>
    >>> predict("gain", "By how much?", unit="deaths per 1,000", answer=1, within=0.5, sure=0.6, group="red").line()
    'gain,red,1.0,0.5,0.6'
    """
    _check_texts(name=name, question=question, unit=unit, group=group)
    if not NAME.fullmatch(name):
        raise ValueError(f"name: {name!r} is not allowed; small letters, digits and underscores")
    allowed = _choices(choices)
    if len(group) > LONGEST_GROUP or not group.isprintable():
        raise ValueError(f"group: {group!r} is not allowed; a name on one line of at most {LONGEST_GROUP}")
    if within is not None and allowed:
        raise ValueError("within: goes with a number; leave it out where one of several answers is chosen")
    margin = _number("within", within, "a number of at least 0", low=0.0)
    chance = _number(
        "sure", sure, "a share from 0 to 1, such as 0.7 for seven times in ten", low=0.0, high=1.0
    )
    return Prediction(
        name, question, allowed_answer("answer", answer, allowed, unit), allowed, unit, margin, chance, group
    )


def group_key(group: str) -> str:
    """Return what is the same for two spellings of a group that differ only in capital letters and spaces.

    Examples
    --------
    >>> group_key("Room  3 ") == group_key("room 3")
    True
    """
    return " ".join(group.split()).casefold()


def allowed_answer(
    field: str, answer: str | float | None, choices: tuple[str, ...], unit: str
) -> str | float | None:
    """Return an answer that a question allows, None for None.

    Raises
    ------
    ValueError
        If the answer is none of `choices`, or, where there are none, no finite number. `field` is named.

    Examples
    --------
    >>> allowed_answer("result", 3, (), "deaths")
    3.0
    """
    if answer is None:
        return None
    if not choices:
        return _number(field, answer, f"a number of {unit}" if unit else "a number")
    if not isinstance(answer, str) or answer not in choices:
        raise ValueError(f"{field}: {answer!r} is not allowed; {', '.join(map(repr, choices))}")
    return answer


def compare(predictions: Sequence[Prediction], results: Mapping[str, str | float]) -> pd.DataFrame:
    """Set what was expected beside what came.

    Parameters
    ----------
    predictions : sequence of Prediction
    results : mapping of str to str or float
        What came, by the name of the question.

    Returns
    -------
    pandas.DataFrame
        One row per question: ``question``, ``you expected``, ``sure`` (0 to 1), ``the model says``, ``off by`` (in the
        unit of the question), ``right`` (yes, no, or empty where nothing was expected) and ``score`` (Brier's,
        0 is best).

    Raises
    ------
    ValueError
        If a question has no result, a result no question, or a result is no possible answer.

    Examples
    --------
    >>> p = predict("gain", "By how much?", unit="deaths", answer=1.0, within=0.5, sure=0.6)
    >>> print(compare([p], {"gain": 0.8})[["you expected", "the model says", "right", "score"]].to_string(index=False))
      you expected the model says right  score
    1 ± 0.5 deaths     0.8 deaths   yes   0.16
    """
    import pandas as pd

    names = [one.name for one in predictions]
    odd = sorted(set(names) ^ set(results))
    if odd:
        raise ValueError(f"results: {', '.join(odd)} stands on one side only; one result for each question")
    came = [
        allowed_answer(f"results: {one.name}", results[one.name], one.choices, one.unit)
        for one in predictions
    ]
    rows = [_row(one, result) for one, result in zip(predictions, came, strict=True)]
    return pd.DataFrame(
        rows, columns=["question", "you expected", "sure", "the model says", "off by", "right", "score"]
    )


def score(predictions: Sequence[Prediction], results: Mapping[str, str | float]) -> float:
    """Return the mean of Brier's score over the questions answered with a chance; NaN where there are none.

    Examples
    --------
    >>> asked = [predict(name, "?", choices=("yes", "no"), answer="yes", sure=0.9) for name in ("one", "two")]
    >>> round(score(asked, {"one": "yes", "two": "no"}), 2)
    0.41
    """
    return float(compare(predictions, results)["score"].astype(float).mean())


def _check_texts(**texts: object) -> None:
    """Refuse what is no text."""
    for field, text in texts.items():
        if not isinstance(text, str):
            raise ValueError(f"{field}: {text!r} is not allowed; a text in quotes")


def _choices(choices: Sequence[str]) -> tuple[str, ...]:
    """Return the answers to choose from, none where a number is asked for."""
    allowed = tuple(choices) if isinstance(choices, Iterable) else ("",)
    texts = all(isinstance(one, str) for one in allowed)
    if isinstance(choices, str) or len(allowed) == 1 or not texts or len(set(allowed)) != len(allowed):
        raise ValueError(
            f"choices: {choices!r} is not allowed; a list of at least two different answers in words"
        )
    return allowed


def _holds_only(path: Path, group: str) -> bool:
    """Say whether there is nothing in a file but lines of a group."""
    try:
        rows = list(csv.reader(path.read_text("utf-8-sig").splitlines(), skipinitialspace=True))
    except (OSError, UnicodeDecodeError, csv.Error):
        return False
    return all(len(row) > 1 and group_key(row[1]) == group_key(group) for row in rows if row)


def _row(one: Prediction, result: str | float | None) -> list[object]:
    """Return one row of `compare`."""
    if result is None:
        raise ValueError(f"results: {one.name} is None, which is not allowed")
    right = one.is_right(result)
    off = None
    if one.answer is not None and not one.choices:
        off = round(abs(float(one.answer) - float(result)), 9)
    brier = None if right is None or one.sure is None else round((float(right) - one.sure) ** 2, 9)
    told = result if one.choices else f"{float(result):.4g} {one.unit}".rstrip()
    return [one.question, one.said(), one.sure, told, off, {True: "yes", False: "no", None: ""}[right], brier]


def _number(
    name: str, value: object, allowed: str, low: float = -math.inf, high: float = math.inf
) -> float | None:
    """Return a number within its limits, or say which are allowed."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, Real):
        raise ValueError(f"{name}: {value!r} is not allowed; {allowed}")
    try:
        number = float(value)
    except OverflowError:
        raise ValueError(f"{name}: a number beyond 1e308 is not allowed; {allowed}") from None
    if not math.isfinite(number) or not low <= number <= high:
        raise ValueError(f"{name}: {value!r} is not allowed; {allowed}")
    return number
