"""Sliders that run the model itself, and the same without sliders.

Moving a slider calls a function of the lesson with the changed scenario and replaces what it showed. Where
ipywidgets is not installed, or there is no notebook, `Sliders.set` does the same.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from importlib.util import find_spec
from numbers import Real
from typing import Any

from cisim.params import PARAMS, Param, Value, nearest
from cisim.scenario import Scenario

Range = tuple[float, float, float]


class Sliders:
    """A scenario, some of its numbers to be moved, and what is shown of it; made by `sliders`.

    Attributes
    ----------
    scenario : Scenario
        With the present numbers.
    shown : object
        What the function returned for it.
    controls : dict of str to widget
        By parameter; empty where there are no widgets.
    """

    def __init__(
        self, show: Callable[[Scenario], Any], scenario: Scenario, ranges: Mapping[str, Range]
    ) -> None:
        self._show = show
        self._ranges = dict(ranges)
        self._handle: Any = None
        self.scenario = scenario
        self.shown = show(scenario)
        self.controls: dict[str, Any] = {}

    def __repr__(self) -> str:
        """Say where the sliders stand."""
        at = ", ".join(f"{name}={self.scenario.values[name]:g}" for name in self._ranges)
        return f"<Sliders {at}>"

    def set(self, **values: Value) -> Any:
        """Move sliders by name and return what is shown then.

        Raises
        ------
        ValueError
            If there is no such slider, or a number is outside its range.
        """
        for name, value in values.items():
            if name not in self._ranges:
                raise ValueError(f"{name} is no slider; {', '.join(self._ranges)}")
            low, high, _ = self._ranges[name]
            if not _is_within(value, low, high):
                raise ValueError(f"{name}: {value!r} is not allowed; {low:g} to {high:g} {PARAMS[name].unit}")
        self._turn(values)
        for name in values.keys() & self.controls.keys():
            self.controls[name].value = values[name]
        return self.shown

    def _turn(self, values: Mapping[str, Any]) -> None:
        """Run the scenario with changed numbers, unless nothing has changed, and show it."""
        changed = {name: value for name, value in values.items() if self.scenario.values[name] != value}
        if not changed:
            return
        scenario = self.scenario.with_(**changed)
        self.shown, self.scenario = self._show(scenario), scenario
        if self._handle is not None:
            self._handle.update(self.shown)

    def _display(self) -> None:
        """Put the sliders and what they show into the notebook."""
        from IPython.display import display

        if find_spec("ipywidgets") is None:
            print(
                f"No sliders: ipywidgets is not installed. Use .set({next(iter(self._ranges))}=...) instead."
            )
        else:
            self._make_controls()
            display(*self.controls.values())  # type: ignore[no-untyped-call]
        self._handle = display(self.shown, display_id=True)  # type: ignore[no-untyped-call]

    def _make_controls(self) -> None:
        """Make a widget for each number; each can be moved by keyboard and says its unit."""
        import ipywidgets

        for name, (low, high, step) in self._ranges.items():
            row = PARAMS[name]
            kind = ipywidgets.IntSlider if row.kind == "int" else ipywidgets.FloatSlider
            look = {"description_width": "initial"}
            self.controls[name] = kind(
                value=self.scenario.values[name], min=low, max=high, step=step, continuous_update=False,
                description=f"{name} ({row.unit})", tooltip=row.meaning, style=look,
                readout_format=f",.{_decimals(step)}f", layout={"width": "95%"},
            )  # fmt: skip
            self.controls[name].observe(partial(self._moved, name), names="value")

    def _moved(self, name: str, change: Any) -> None:
        """Follow a slider, or say why not: what a widget raises nobody sees."""
        try:
            self._turn({name: change["new"]})
        except ValueError as error:
            if self._handle is not None:
                self._handle.update({"text/plain": str(error)}, raw=True)


def sliders(show: Callable[[Scenario], Any], scenario: Scenario, **ranges: Range) -> Sliders:
    """Show something of a scenario, with sliders that run it again.

    Parameters
    ----------
    show : function of a Scenario
        Runs the model and returns what is to be seen, such as a figure, a `Shown` or a table. It is called once at
        once, and after each move.
    scenario : Scenario
        Where the sliders start.
    **ranges : (low, high, step)
        By the name of a parameter, in its unit.

    Returns
    -------
    Sliders
        End the cell with ``;``, or give it a name: in a notebook it has displayed itself.

    Raises
    ------
    ValueError
        If a parameter does not exist, or a range is none that the parameter allows.

    Examples
    --------
    >>> import cisim
    >>> sc = cisim.load("null-separable").with_(months=24, n_orgs=8)
    >>> moved = sliders(lambda s: s.values["n_orgs"], sc, n_orgs=(4, 12, 1))
    >>> moved.set(n_orgs=10)
    10
    >>> moved
    <Sliders n_orgs=10>
    """
    if not ranges:
        raise ValueError("ranges: none is not allowed; such as n_orgs=(10, 50, 10)")
    for name, one in ranges.items():
        if name not in PARAMS:
            near = nearest(name, PARAMS)
            raise ValueError(f"{name} is no parameter" + (f"; did you mean {near!r}?" if near else ""))
        _check(PARAMS[name], one, float(scenario.values[name]) if PARAMS[name].kind != "choice" else 0.0)
    moved = Sliders(show, scenario, ranges)
    if _in_notebook():
        moved._display()
    return moved


def _check(row: Param, one: Range, start: float) -> None:
    """Refuse a range that the parameter does not allow."""
    if row.kind == "choice":
        raise ValueError(f"{row.name} is chosen among {', '.join(row.choices)}; a slider needs a number")
    if not isinstance(one, tuple) or len(one) != 3 or not all(isinstance(x, int | float) for x in one):
        raise ValueError(f"{row.name}: {one!r} is not allowed; (low, high, step) in {row.unit}")
    low, high, step = one
    if not (row.low <= low <= start <= high <= row.high and low < high and 0 < step <= high - low):
        raise ValueError(
            f"{row.name}: {one!r} is not allowed; a range of {row.low:g} to {row.high:g} {row.unit} "
            f"that holds {start:g}, where the scenario stands"
        )
    if row.kind == "int" and not all(float(x).is_integer() for x in one):
        raise ValueError(f"{row.name}: {one!r} is not allowed; whole numbers")


def _is_within(value: Any, low: float, high: float) -> bool:
    """Say whether something is a number of a range."""
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    return is_number and bool(low <= value <= high)


def _decimals(step: float) -> int:
    """Return how many decimals a step has."""
    exponent = Decimal(str(step)).normalize().as_tuple().exponent
    return max(0, -int(exponent))


def _in_notebook() -> bool:
    """Say whether somebody can see widgets: a kernel of Jupyter runs this."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and shell.__class__.__name__ == "ZMQInteractiveShell"
