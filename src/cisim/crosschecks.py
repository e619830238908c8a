"""Checks that need more than one statement: shares that add up, months within the run, money with a giver."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from cisim.checks import Check
from cisim.params import Value
from cisim.problems import NOWHERE, Place
from cisim.records import Driver, Group, Indicator, Link

SLACK = 1e-9


def together(
    values: Mapping[str, Value],
    parts: Mapping[str, Any],
    places: dict[str, Place],
    bad: Collection[str],
    check: Check,
) -> None:
    """Note in `check` what contradicts itself.

    `places` says, in the order of statement, where names were stated last; what involves a name in `bad`,
    whose value is known to be wrong, is passed over.
    """
    notes = _Notes(values, places, bad, check)
    _problem(notes)
    _shares(notes)
    _money(notes, min([notes["own_income_share"], *_stated_shares(parts, bad)]))
    _time(notes)
    if not {"groups", "indicator"} & set(bad):
        _groups(parts["indicator"], parts["groups"], places, check)
    if not {"drivers", "links"} & set(bad):
        _links(parts["drivers"], parts.get("links", ()), places, check)


class _Notes:
    """Values as numbers, and a way to complain about several of them at once."""

    def __init__(
        self, values: Mapping[str, Value], places: dict[str, Place], bad: Collection[str], check: Check
    ) -> None:
        self.values, self.places, self.bad, self.check = values, places, bad, check

    def __getitem__(self, name: str) -> float:
        return float(self.values[name])

    def fail(self, names: tuple[str, ...], message: str) -> None:
        """Note a problem at the last stated of `names`."""
        if not self.bad or not set(names) & set(self.bad):
            name, place = _last_stated(names, self.places)
            self.check.fail(place, name, message)


def _last_stated(names: tuple[str, ...], places: dict[str, Place]) -> tuple[str, Place]:
    """Return the one of `names` that was stated last, and where; `places` is in the order of statement."""
    name = next((name for name in reversed(places) if name in names), names[0])
    return name, places.get(name, NOWHERE)


def _problem(v: _Notes) -> None:
    """Note a decision that would depend on more decisions than there are."""
    if v["ruggedness"] >= v["practice_bits"]:
        v.fail(
            ("ruggedness", "practice_bits"),
            f"ruggedness {v['ruggedness']:g} has to be below practice_bits {v['practice_bits']:g}",
        )


def _shares(v: _Notes) -> None:
    """Note shares of one whole that exceed it."""
    for names, rest in (
        (("share_government", "share_corporate", "share_community"), "nonprofits"),
        (("manager_share", "data_share"), "facilitators"),
    ):
        total = sum(v[name] for name in names)
        if total > 1 + SLACK:
            v.fail(names, f"{' + '.join(names)} = {total:g}, more than 1; the rest are {rest}")


def _stated_shares(parts: Mapping[str, Any], bad: Collection[str]) -> list[float]:
    """Return the shares of own income that are stated for single organisations."""
    organisations = () if "organisations" in bad else parts.get("organisations", ())
    return [one.own_income_share for one in organisations if one.own_income_share is not None]


def _money(v: _Notes, own: float) -> None:
    """Note money that nobody is there to give; `own` is the least share of own income of any organisation."""
    public, private = v["n_public_funders"], v["n_private_funders"]
    typical, share = v["own_income_share"], v["public_money_share"]
    funders = ("n_public_funders", "n_private_funders")
    if public + private == 0 and own < 1:
        if typical < 1:  # shares of single organisations: see `known`
            what = f"without funders own_income_share has to be 1, not {typical:g}"
            v.fail((*funders, "own_income_share"), what)
        return
    if public == 0 and share > 0 and own < 1:
        v.fail(
            ("n_public_funders", "public_money_share"), f"no public funder, but public_money_share {share:g}"
        )
    if private == 0 and share < 1 and own < 1:
        v.fail(
            ("n_private_funders", "public_money_share"),
            f"no private funder, but public_money_share {share:g}",
        )
    if private == 0:
        gifts = (
            "scan_usd",
            "capacity_building_usd_per_year",
            "loaned_executive_fte",
            "pooled_share",
            "convening",
        )
        for name in gifts:
            if v[name] > 0:
                v.fail(
                    ("n_private_funders", name),
                    f"no private funder, but {name} {v[name]:g} is theirs to give",
                )
        _infrastructure(v)


def _infrastructure(v: _Notes) -> None:
    """Note a backbone or measurement without private funders; public money is tied to direct service."""
    if v.values["formation"] == "never" or v.values["financing"] == "added":
        return
    dials = (("backbone", "backbone_usd_per_year"), ("shared_measurement", "measurement_usd_per_year"))
    for dial, usd in dials:
        if v[dial] * v[usd] > 0:
            v.fail(
                ("n_private_funders", dial, usd),
                "no private funder to pay for it (public money is tied to services); or financing: added",
            )


def _time(v: _Notes) -> None:
    """Note what is meant to happen after the run has ended."""
    if v.values["formation"] != "never" and v["formation_month"] >= v["months"]:
        v.fail(
            ("formation_month", "months", "formation"),
            f"formation_month {v['formation_month']:g} has to be below months {v['months']:g}",
        )


def _groups(indicator: Indicator, groups: tuple[Group, ...], places: dict[str, Place], check: Check) -> None:
    """Note groups that do not average to the community, are beyond the best level, or need nothing."""
    _, here = _last_stated(("groups", "indicator"), places)
    mean = sum(group.size * group.level for group in groups) / sum(group.size for group in groups)
    if abs(mean - 1) > 0.01:
        check.fail(here, "groups", f"levels average to {mean:.4g} over the population; divide them by that")
    sign = 1 if indicator.is_falling_good else -1
    for i, group in enumerate(groups):
        level = group.level * indicator.baseline
        if sign * (level - indicator.best) < -0.01 * abs(indicator.baseline - indicator.best):
            message = f"{level:.4g} is already better than the best, {indicator.best:g}"
            check.fail(here, f"groups[{i}].level", message)
    if not any(group.need > 0 for group in groups):
        check.fail(here, "groups", "no group needs anything; at least one need has to be above 0")


def _links(
    drivers: tuple[Driver, ...], links: tuple[Link, ...], places: dict[str, Place], check: Check
) -> None:
    """Note links that name drivers which do not exist."""
    _, place = _last_stated(("links", "drivers"), places)
    names = [driver.name for driver in drivers]
    for i, link in enumerate(links):
        for end in (link.source, link.target):
            if end not in names:
                check.fail(place, f"links[{i}]", f"there is no driver {end!r}; there are {', '.join(names)}")
