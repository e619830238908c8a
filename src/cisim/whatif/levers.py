"""The ten levers of the first view, with words on their scales; the rest of what can be set is an assumption.

Backbone money is set by role. The three amounts are not parameters: they stand for the whole budget and two
shares, and the fifth condition is that there is any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from cisim.params import PARAMS, Value

ROLES = ("manager_usd", "data_usd", "facilitator_usd")
BUDGET = ("backbone", "backbone_usd_per_year", "manager_share", "data_share")
"""Parameters that the three amounts stand for."""


@dataclass(frozen=True, slots=True)
class Lever:
    """A control of the first view.

    Attributes
    ----------
    name : str
        A parameter, or a role of the backbone.
    title, unit, help : str
    low, high, step : float
        Of the scale; a parameter may be set further out under the assumptions.
    words : tuple of (float, str)
        What places on the scale mean.
    group : {"conditions", "backbone", "problem"}
    """

    name: str
    title: str
    unit: str
    low: float
    high: float
    step: float
    words: tuple[tuple[float, str], ...]
    help: str
    group: str


# fmt: off
# ruff: noqa: E501  (a table reads better on long lines)
TEN: tuple[Lever, ...] = (
    Lever("common_agenda", "Common agenda", "share", 0, 1, 0.05, ((0, "none"), (0.5, "half of meeting time"), (1, "in full")), "Meeting time that works on one shared view of the problem and how to meet it. It costs members hours.", "conditions"),
    Lever("shared_measurement", "Shared measurement", "share", 0, 1, 0.05, ((0, "each by its own yardstick"), (0.5, "half of the system"), (1, "one system for all")), "One yardstick for all. It takes a year to set up, and costs money and hours.", "conditions"),
    Lever("mutual_activities", "Mutually reinforcing activities", "share", 0, 1, 0.05, ((0, "nobody adjusts"), (0.5, "half of the work"), (1, "all work open to fitting")), "Work that members offer to fit together, client information included.", "conditions"),
    Lever("communication", "Continuous communication", "share", 0, 1, 0.05, ((0, "no meetings"), (0.5, "every second meeting held"), (1, "every planned meeting held")), "Share of the planned rhythm of meetings that is held. Hours come out of service.", "conditions"),
    Lever("manager_usd", "Backbone: project management", "usd/year", 0, 500_000, 10_000, ((0, "members do it themselves"), (133_000, "1 post"), (266_000, "2 posts"), (399_000, "3 posts")), "Staff who fit members' plans together.", "backbone"),
    Lever("data_usd", "Backbone: data", "usd/year", 0, 500_000, 10_000, ((0, "members do it themselves"), (133_000, "1 post"), (266_000, "2 posts"), (399_000, "3 posts")), "Staff who run shared measurement.", "backbone"),
    Lever("facilitator_usd", "Backbone: facilitation", "usd/year", 0, 500_000, 10_000, ((0, "members do it themselves"), (133_000, "1 post"), (266_000, "2 posts"), (399_000, "3 posts")), "Staff who prepare and lead meetings.", "backbone"),
    Lever("backbone_term_years", "Backbone: for how long", "years", 1, 15, 1, ((1, "one year"), (5, "a usual long grant"), (10, "as long as trust takes to grow twice over"), (15, "for good")), "Years for which the backbone is paid.", "backbone"),
    Lever("ruggedness", "How far is the answer in dispute?", "decisions", 0, 7, 1, ((0, "technical: every step shows"), (2, "some steps only work together"), (7, "adaptive: nobody knows beforehand")), "On how many other decisions the worth of one decision depends.", "problem"),
    Lever("complementarity", "Can one actor do it?", "-", -10, 1, 0.5, ((1, "yes: links add up"), (-1, "better together"), (-10, "no: the weakest link decides")), "How far the links of the chain need one another.", "problem"),
)
# fmt: on


def plain_levers() -> list[dict[str, Any]]:
    """Return the levers as plain values.

    Examples
    --------
    >>> len(plain_levers()), plain_levers()[0]["words"][0]
    (10, [0, 'none'])
    """
    return [{**asdict(one), "words": [list(word) for word in one.words]} for one in TEN]


def settings_of_roles(manager: float, data: float, facilitator: float) -> dict[str, Value]:
    """Return the parameters that backbone money by role stands for.

    Parameters
    ----------
    manager, data, facilitator : float
        usd a year, each at least 0.

    Raises
    ------
    ValueError
        If an amount is negative, or all together are more than the parameter allows.

    Examples
    --------
    >>> settings_of_roles(100_000, 100_000, 200_000)
    {'backbone': 1.0, 'backbone_usd_per_year': 400000.0, 'manager_share': 0.25, 'data_share': 0.25}
    >>> settings_of_roles(0, 0, 0)
    {'backbone': 0.0}
    """
    total = float(manager + data + facilitator)
    if min(manager, data, facilitator) < 0.0 or total > PARAMS["backbone_usd_per_year"].high:
        raise ValueError(f"backbone money: {manager}, {data}, {facilitator} is not allowed; each at least 0")
    if total == 0.0:
        return {"backbone": 0.0}
    return {
        "backbone": 1.0,
        "backbone_usd_per_year": total,
        "manager_share": manager / total,
        "data_share": data / total,
    }


def roles_of(values: Mapping[str, Value]) -> dict[str, float]:
    """Return backbone money by role, usd a year, that parameters stand for.

    Examples
    --------
    >>> roles_of({"backbone": 0.5, "backbone_usd_per_year": 400_000, "manager_share": 0.25, "data_share": 0.25})
    {'manager_usd': 50000.0, 'data_usd': 50000.0, 'facilitator_usd': 100000.0}
    """
    total = float(values["backbone"]) * float(values["backbone_usd_per_year"])
    manager, data = total * float(values["manager_share"]), total * float(values["data_share"])
    return dict(zip(ROLES, (manager, data, max(0.0, total - manager - data)), strict=True))
