"""What a scenario lists, written into the empty state of a world before everything else is drawn."""

from __future__ import annotations

import numpy as np

from cisim.records import SECTORS
from cisim.scenario import Scenario
from cisim.state import State


def fill_in(s: State, scenario: Scenario) -> None:
    """Write what the scenario lists into the state: groups, drivers, links, funders, indicator, organisations."""
    sizes = np.array([group.size for group in scenario.groups], float)
    s.group_share[:] = sizes / sizes.sum()
    s.group_need[:] = [group.need for group in scenario.groups]
    s.group_ease[:] = [group.reach for group in scenario.groups]
    s.weight[:] = [driver.weight for driver in scenario.drivers]
    names = [driver.name for driver in scenario.drivers]
    for link in scenario.links:
        s.link[names.index(link.source), names.index(link.target)] = link.strength
    s.funder_uid[:] = np.arange(s.funder_uid.shape[0])
    s.is_public[: int(scenario.values["n_public_funders"])] = 1
    indicator = scenario.indicator
    s.world.baseline[0] = indicator.baseline
    s.world.best[0] = indicator.best
    levels = np.array([group.level for group in scenario.groups], float)
    levels /= levels @ s.group_share
    falling = indicator.best <= indicator.baseline
    distance = (
        levels * indicator.baseline - indicator.best
        if falling
        else indicator.best - levels * indicator.baseline
    )
    s.start_problem[:] = np.maximum(distance, 0.0)
    fill_in_organisations(s, scenario)


def fill_in_organisations(s: State, scenario: Scenario) -> None:
    """Write what is known of organisations, number k of the list under the uid k, and of ties between them."""
    for known in (s.known_sector, s.known_budget, s.known_own_share):
        known[:] = -1
    place = np.argsort(s.uid)
    for i, one in zip(place, scenario.organisations, strict=False):
        if one.sector is not None:
            s.known_sector[i] = SECTORS.index(one.sector)
        if one.budget_usd is not None:
            s.known_budget[i] = one.budget_usd
        if one.own_income_share is not None:
            s.known_own_share[i] = one.own_income_share
    if scenario.ties:
        fill_in_ties(s, scenario, {one.name: place[k] for k, one in enumerate(scenario.organisations)})


def fill_in_ties(s: State, scenario: Scenario, place: dict[str, np.int64]) -> None:
    """Write who works with whom; a trust that is not stated becomes -1 and is drawn."""
    s.world.ties_known[0] = 1
    s.tie_to[...] = -1
    n_ties = dict.fromkeys(place, 0)
    for tie in scenario.ties:
        spot = place[tie.source], n_ties[tie.source]
        s.tie_to[spot] = place[tie.target]
        s.tie_trust[spot] = -1.0 if tie.trust is None else tie.trust
        n_ties[tie.source] += 1
