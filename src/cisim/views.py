"""Attributes of agents that are entries and rows of the state's arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import numpy.typing as npt
from mesa import Agent

from cisim.state import State, declarations

if TYPE_CHECKING:
    from cisim.model import CoalitionModel

DECLARED = declarations()


class Number:
    """Attribute that is one entry of the array of the same name; whole where that array is."""

    def __init__(self, field: str | None = None, *, is_fixed: bool = False) -> None:
        self.field, self.is_fixed = field or "", is_fixed

    def __set_name__(self, owner: type, name: str) -> None:
        self.field = self.field or name
        self.name = name

    def __get__(self, agent: View | None, owner: type | None = None) -> Any:
        """Return the entry as a Python number."""
        return self if agent is None else getattr(agent.state, self.field)[agent.place].item()

    def __set__(self, agent: View, value: float) -> None:
        """Write the entry."""
        agent.check_assigned(self.name, self.field, value, is_fixed=self.is_fixed)
        array = getattr(agent.state, self.field)
        if array.dtype.kind == "i" and value != int(value):
            raise ValueError(f"{agent}: {self.name} = {value!r} is not allowed; a whole number")
        array[agent.place] = value


class Row:
    """Attribute that is one row of the array of the same name: a view, so changes to its entries count."""

    def __init__(self, field: str | None = None, *, is_fixed: bool = False) -> None:
        self.field, self.is_fixed = field or "", is_fixed

    def __set_name__(self, owner: type, name: str) -> None:
        self.field = self.field or name
        self.name = name

    def __get__(self, agent: View | None, owner: type | None = None) -> Any:
        """Return the row, not writable where other facts depend on it."""
        if agent is None:
            return self
        row = getattr(agent.state, self.field)[agent.place]
        if self.is_fixed:
            row.flags.writeable = False
        return row

    def __set__(self, agent: View, value: npt.ArrayLike) -> None:
        """Write the whole row."""
        agent.check_assigned(self.name, self.field, value, is_fixed=self.is_fixed)
        row = getattr(agent.state, self.field)[agent.place]
        if np.shape(value) != row.shape:
            raise ValueError(f"{agent}: {self.name} has shape {row.shape}, not {np.shape(value)}")
        row[...] = value


class Count:
    """Numbers from 1 on; Mesa's counter, but copied and let go with the model it belongs to."""

    def __init__(self) -> None:
        self.last = 0

    def __next__(self) -> int:
        self.last += 1
        return self.last


class _CountOfModel:
    """In place of Mesa's table of counters, which keeps every model that ever had agents in memory."""

    def __getitem__(self, model: CoalitionModel) -> Count:
        return model.agent_count


class View(Agent):  # type: ignore[misc]  # mesa is untyped
    """Base of all agents: a place in the arrays of the model's state."""

    model: CoalitionModel
    _ids: ClassVar[_CountOfModel] = _CountOfModel()  # where Mesa looks for the next `unique_id`

    def __init__(self, model: CoalitionModel, place: int) -> None:
        super().__init__(model)
        self._place = place

    @property
    def place(self) -> int:
        """Index in the arrays of the state."""
        return self._place

    @property
    def state(self) -> State:
        """The state of the world the agent lives in."""
        return self.model.state

    def check_assigned(self, name: str, field: str, value: npt.ArrayLike, *, is_fixed: bool) -> None:
        """Refuse what cannot be assigned.

        Raises
        ------
        AttributeError
            If the attribute follows from others.
        ValueError
            If the value is not made of finite numbers, or of shares where shares are declared.
        """
        if is_fixed:
            raise AttributeError(f"{self}: {name} cannot be assigned, because other facts follow from it")
        if np.asarray(value).dtype.kind not in "bif" or not np.isfinite(value).all():
            raise ValueError(f"{self}: {name} = {value!r} is not allowed; finite numbers only")
        unit = DECLARED[field][1]
        low, high = float(np.min(value)), float(np.max(value))
        if unit.startswith("share 0..1") and (low < 0.0 or high > 1.0):
            raise ValueError(f"{self}: {name} = {value!r} is not allowed; {unit}")
        if unit.endswith("sums to 1") and (low < 0.0 or abs(float(np.sum(value)) - 1.0) > 1e-9):
            raise ValueError(f"{self}: {name} = {value!r} is not allowed; {unit}")
