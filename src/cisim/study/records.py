"""What a study is made of for those who analyse it: factors, tidy results, and the report that comes out.

Every row of results carries the numbers of its point, case and world; frames are merged on these and never
joined by position.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from cisim.params import Value
from cisim.records import Frozen, Uncertainty
from cisim.result import is_falling_good

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from cisim.scenario import Scenario

Kind = Literal["grid", "distribution"]
GAIN = "gain"
"""Name of the response "improvement of the indicator against the reference in the same world"."""


@dataclass(frozen=True, slots=True)
class Level:
    """One place on a grid: how it is called in tables and the parameters it sets."""

    label: Value
    values: Frozen[Value]


@dataclass(frozen=True, slots=True)
class Factor:
    """One thing a study varies.

    Attributes
    ----------
    name : str
        A parameter, or a name of its own where each level sets several parameters.
    unit, meaning : str
        For tables and axes.
    cases : tuple of str
        Cases it applies to; the others keep their own values.
    levels : tuple of Level
        Places on the grid; empty for a factor with a distribution.
    uncertainty : Uncertainty or None
        Distribution of a factor that is sampled; None for a grid.
    is_lever : bool
        Whether somebody decides it (rather than: nobody knows it).
    """

    name: str
    unit: str
    meaning: str
    cases: tuple[str, ...]
    levels: tuple[Level, ...] = ()
    uncertainty: Uncertainty | None = None
    is_lever: bool = False

    @property
    def kind(self) -> Kind:
        """Whether it is set on a grid or drawn from a distribution."""
        return "grid" if self.uncertainty is None else "distribution"

    @property
    def labels(self) -> tuple[Value, ...]:
        """Labels of the grid."""
        return tuple(level.label for level in self.levels)

    @property
    def is_numeric(self) -> bool:
        """Whether its column in the design holds numbers."""
        if self.uncertainty is not None:
            values = self.uncertainty.arguments.get("values", ())
            return not any(isinstance(v, str) for v in (values if isinstance(values, tuple) else ()))
        return not any(isinstance(label, str) for label in self.labels)


@dataclass(frozen=True)
class StudyData:
    """The finished runs of a study, as an analysis reads them.

    Attributes
    ----------
    name, title : str
        Of the study.
    factors : tuple of Factor
    design : DataFrame
        One row per point: `point`, `setting` (which combination of grid levels, from 0), `draw` (which sample of
        the uncertainties, from 0), `luck` (points of equal luck share the seeds of their worlds), and one column
        per factor (numbers, or text for named levels).
    runs : DataFrame
        One row per run: `point`, `setting`, `draw`, `case` (categorical), `world`, `seed`, and one float64 column
        per outcome in `outcomes`. Rows are ordered by point, case, world. Runs of points with the same `luck` and
        of the same `world` share their seed, in all cases and settings, and so all random draws.
    cases : tuple of str
        Labels; what is compared.
    reference : str or None
        Case that differences refer to, None where nothing is compared.
    outcomes : tuple of str
        Names of `cisim.result.OUTCOMES` read.
    scenario : Scenario
        The scenario all cases are made from; indicator, groups and drivers are the same in all of them.
    seed : int
        Of the study.
    options : mapping
        Settings of the analysis, as the study file states them.
    load_series : callable
        Returns the monthly table: `point`, `setting`, `draw`, `case`, `world`, `seed`, `month` and the monthly
        columns that were kept.
    """

    name: str
    title: str
    factors: tuple[Factor, ...]
    design: pd.DataFrame
    runs: pd.DataFrame
    cases: tuple[str, ...]
    reference: str | None
    outcomes: tuple[str, ...]
    scenario: Scenario
    seed: int
    options: Mapping[str, Any]
    load_series: Callable[[], pd.DataFrame]

    @property
    def treated(self) -> tuple[str, ...]:
        """All cases but the reference."""
        return tuple(case for case in self.cases if case != self.reference)

    @property
    def falling_good(self) -> bool:
        """Whether a lower indicator is better."""
        return is_falling_good(self.scenario)

    @cached_property
    def series(self) -> pd.DataFrame:
        """The monthly table, read once."""
        return self.load_series()

    def response(self, name: str = GAIN) -> pd.DataFrame:
        """Return what an analysis explains, a row per point, treated case and world.

        Parameters
        ----------
        name : str
            "gain": improvement of the indicator (positive is better) against the reference in the same world, or
            against the published start where there is no reference. Any outcome: its difference to the
            reference in the same world, or its value where there is no reference.

        Returns
        -------
        DataFrame
            point, setting, draw, case, world, seed, value.

        Raises
        ------
        ValueError
            If the outcome was not kept.
        """
        column = "indicator" if name == GAIN else name
        if column not in self.runs.columns:
            raise ValueError(
                f"response: {name!r} is not an outcome of this study; 'gain' or one of {', '.join(self.outcomes)}"
            )
        keys = ["point", "setting", "draw", "case", "world", "seed"]
        mine = self.runs[[*keys, column]].rename(columns={column: "value"})
        if self.reference is not None:
            other = mine.loc[mine["case"] == self.reference, ["point", "world", "seed", "value"]]
            mine = mine[mine["case"] != self.reference]
            mine = mine.merge(
                other, on=["point", "world", "seed"], validate="m:1", suffixes=("", "_reference")
            )
            mine["value"] = mine["value"] - mine.pop("value_reference")
            base = 0.0
        else:
            base = self.scenario.indicator.baseline if name == GAIN else 0.0
        if name == GAIN:
            mine["value"] = (mine["value"] - base) * (-1.0 if self.falling_good else 1.0)
        return mine.reset_index(drop=True)

    def unit_of(self, name: str = GAIN) -> str:
        """Return the unit of a response in words."""
        from cisim.result import meaning_of

        unit = "indicator" if name == GAIN else meaning_of(name)[1]
        return unit.replace("indicator", self.scenario.indicator.unit)


@dataclass(frozen=True)
class Report:
    """What an analysis found.

    Attributes
    ----------
    kind : str
        Of the analysis.
    text : str
        Plain words and tables for a terminal, at most 100 columns wide.
    tables : dict of str to DataFrame
        Tidy results; the name becomes the name of a CSV file.
    figures : mapping of str to callable
        Draw a figure when called; the name becomes the name of SVG and PNG.
    """

    kind: str
    text: str
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    figures: Mapping[str, Callable[[], Figure]] = field(default_factory=dict)

    def plot(self, name: str | None = None) -> Figure:
        """Draw one of the figures, the first unless named.

        Raises
        ------
        ValueError
            If there is no such figure.
        """
        if name is None and self.figures:
            return next(iter(self.figures.values()))()
        if name is None or name not in self.figures:
            raise ValueError(f"figure: {name!r} is not one of {', '.join(self.figures) or 'none'}")
        return self.figures[name]()


def wide(frame: pd.DataFrame, value: str = "value") -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return a long table (point, world, value) as points and a (n_points, n_worlds) array.

    Worlds a point does not have are NaN.

    Examples
    --------
    >>> import pandas as pd
    >>> points, table = wide(pd.DataFrame({"point": [0, 0, 2], "world": [0, 1, 0], "value": [1.0, 2.0, 3.0]}))
    >>> points.tolist(), table.tolist()
    ([0, 2], [[1.0, 2.0], [3.0, nan]])
    """
    points, row = np.unique(frame["point"].to_numpy(), return_inverse=True)
    world = frame["world"].to_numpy()
    table = np.full((points.size, int(world.max()) + 1 if world.size else 0), np.nan)
    table[row, world] = frame[value].to_numpy()
    return points, table
