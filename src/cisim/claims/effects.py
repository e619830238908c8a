"""What a parameter does in one rule, what a part of a scenario does, what a regime does: seen in paired worlds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import isfinite
from typing import Any

import numpy as np

from cisim.engine import STEP, World, build, run_world
from cisim.params import PARAMS, Value
from cisim.presets import regime
from cisim.records import Frozen, Group
from cisim.result import summarise
from cisim.scenario import Scenario, load

SEEDS = (1, 2, 3)
"""Worlds looked at; the first in which something differs is enough."""

LEAST_CHANGE = 1e-6
"""Relative difference of an outcome below which it has not moved: sums in another order differ by less."""

BASE: Mapping[str, Value] = Frozen(
    {"regime": "collective", "months": 48, "n_orgs": 16, "practice_bits": 8, "formation_month": 1}
)
"""A small community under collective impact, in which most mechanisms act."""

SMALL: dict[str, Any] = {"months": 60, "n_orgs": 30, "practice_bits": 8}
"""What shipped scenarios are cut down to."""

BY_OWN_EFFECT = {"outcome_orientation": 0}  # money hangs on own effect: fear, exaggeration, rivalry
FEW_POSTS = {"members_per_fte": 2}  # one post for two members, so that staff is short
UNCOMMITTED = {"intends_to_last": 0}  # members come and stay for what they get out of it

BASES: Mapping[str, Mapping[str, Value]] = {
    "deliver.joint_effect": {"joint_programme_hours": 8},
    "fund.prior_grantee_bonus": {"regime": "isolated"},
    "fund.rivalry_loss": BY_OWN_EFFECT,
    "infrastructure.backbone_taper": {"backbone_term_years": 1},
    "infrastructure.data_share": FEW_POSTS,
    "infrastructure.loaned_executive_months": {"loaned_executive_fte": 1, **FEW_POSTS},
    "infrastructure.manager_share": FEW_POSTS,
    "infrastructure.members_per_fte": FEW_POSTS,
    "infrastructure.training_effect": {"capacity_building_usd_per_year": 300_000},
    "join.crisis_spike": {"formation": "crisis", "need_shock_per_year": 0},
    "join.hope_of_money": UNCOMMITTED,
    "join.stage_months": {"start_stage": "learning", "stage_trust": 0.2},
    "join.stage_trust": {"start_stage": "learning"},
    "learn.importing": {"importing": 0.5},
    "learn.import_fit": {"importing": 0.5},
    "learn.inflation_sd": {**BY_OWN_EFFECT, "shared_measurement": 0},
    "learn.intermediary": {"importing": 0.5},
    "learn.reallocation_per_year": {"regime": "isolated"},
    "measure.inflation_sd": BY_OWN_EFFECT,
    "meet.delegate_effect": {"ceo_rank": 0},
    "meet.fear": BY_OWN_EFFECT,
    "meet.formation": UNCOMMITTED,
    "meet.hope_half_life_months": UNCOMMITTED,
    "meet.trust_loss": {**BY_OWN_EFFECT, "shared_measurement": 0.5},
    "meet.volunteer_hours": {"backbone": 0},
    "shocks.need_shock_per_year": {"need_shock_per_year": 1},
    "shocks.need_shock_size": {"need_shock_per_year": 1},
}
"""Settings in which a parameter can act, by rule and parameter, where `BASE` is not one."""

OTHERS: Mapping[str, Value] = {
    "capacity_building_usd_per_year": 300_000,
    "join.crisis_spike": 0.2,
    "formation_month": 24,
    "join.formation": "never",
    "meet.formation": "mandate",
    "joint_programme_hours": 8,
    "known_answer_share": 0.5,
    "loaned_executive_fte": 1,
    "infrastructure.pooled_share": 0.8,
    "stage_trust": 0.05,
    "tie_homophily": 0.0,
}
"""Second value, by parameter or rule and parameter, where half of the first (or half of the range) is not one."""


@dataclass(frozen=True, slots=True)
class Effect:
    """Two settings and what differs between worlds with the same seed.

    Attributes
    ----------
    values : tuple of str
        What was compared, in words.
    seed : int
        World in which something differed, or the last one looked at.
    moved : mapping of str to float
        Outcomes that differ, the largest first: difference relative to the larger of the two values, 0..2
        (1 where one of them is not finite).
    """

    values: tuple[str, str]
    seed: int
    moved: Mapping[str, float]


def effect_of_parameter(rule: str, parameter: str) -> Effect:
    """Return what differs when only `rule` sees another value of `parameter`.

    Parameters
    ----------
    rule : str
        A name in `cisim.engine.STEP`, or "found".
    parameter : str

    Examples
    --------
    >>> effect_of_parameter("meet", "fear").values
    ('0.5', '0.25')
    """
    key = f"{rule}.{parameter}"
    base = _small({**BASE, **BASES.get(key, {})})
    first = base.values[parameter]
    second = OTHERS.get(key, OTHERS.get(parameter, _other(parameter, first)))
    other = _small({**BASE, **BASES.get(key, {}), parameter: second})
    pairs = (
        (seed, _outcomes(base, seed), summary_of(seen_by(rule, base, other, seed), base)) for seed in SEEDS
    )
    return _effect((_shown(first), _shown(second)), pairs)


def effect_of_part(part: str, of: str) -> Effect:
    """Return what differs when a part of a shipped scenario is taken out of it.

    Examples
    --------
    >>> effect_of_part("links", "infant-mortality").values
    ('3 links', 'none')
    """
    full = load(of).with_(**SMALL)
    words, cut = without(full, part)
    return _effect(words, ((seed, _outcomes(full, seed), _outcomes(cut, seed)) for seed in SEEDS))


def effect_of_regime(name: str) -> Effect:
    """Return what differs between a regime and isolated impact (or collective impact, if it is that one).

    Examples
    --------
    >>> effect_of_regime("isolated").values
    ('collective', 'isolated')
    """
    pair = (other_regime(name), name)
    first, second = (_small({**BASE, "regime": regime}) for regime in pair)
    return _effect(pair, ((seed, _outcomes(first, seed), _outcomes(second, seed)) for seed in SEEDS))


def levers_that_differ(name: str) -> tuple[str, ...]:
    """Return the levers that a regime sets otherwise than the one it is compared with.

    Examples
    --------
    >>> levers_that_differ("funder-collaborative")
    ('pooled_share', 'gap_filling_share', 'scan_usd', 'grant_term_years')
    """
    other, one = regime(other_regime(name)).values, regime(name).values
    return tuple(lever for lever in one if one[lever] != other[lever])


def other_regime(name: str) -> str:
    """Return the regime that one is compared with."""
    return "collective" if name == "isolated" else "isolated"


def seen_by(rule: str, base: Scenario, other: Scenario, seed: int) -> World:
    """Run a world of `base` in which one rule sees the parameters of `other`.

    Parameters
    ----------
    rule : str
        A name in `cisim.engine.STEP`, or "found".
    base, other : Scenario
        The same but for parameters.
    seed : int
        Key of all draws.
    """
    founded = build(other if rule == "found" else base, seed)
    world, changed = (replace(founded, record=one.record.view(np.recarray)[0]) for one in (base, other))
    if rule == "found":
        world.advance(0, len(STEP), 0, world.n_months)
        return world
    k = STEP.index(rule)
    for month in range(world.n_months):
        world.advance(0, k, month, month + 1)
        changed.advance(k, k + 1, month, month + 1)
        world.advance(k + 1, len(STEP), month, month + 1)
    return world


def without(full: Scenario, part: str) -> tuple[tuple[str, str], Scenario]:
    """Return in words what is compared, and a scenario without one of its parts.

    Links are cut, groups are made one, drivers are reduced to the first, the best level is brought half-way to
    the baseline, and levers that the scenario states for its regime are left to the preset.
    """
    if part == "links":
        return (f"{len(full.links)} links", "none"), full.with_(links=[])
    if part == "groups":
        size = sum(group.size for group in full.groups)
        return (f"{len(full.groups)} groups", "1"), full.with_(groups=[Group("everybody", size)])
    if part == "drivers":
        return (f"{len(full.drivers)} drivers", "1"), full.with_(drivers=full.drivers[:1], links=[])
    if part == "indicator":
        old = full.indicator
        new = replace(old, best=(old.best + old.baseline) / 2.0)
        return (f"best {old.best:g}", f"best {new.best:g}"), full.with_(indicator=new)
    bare = replace(full, regimes=Frozen()).with_(regime=full.regime)
    stated = full.regimes.get(full.regime, Frozen[Value]())
    words = ", ".join(f"{name} {_shown(value)}" for name, value in stated.items())
    return (words or "nothing stated", "as in the preset"), bare


def _small(settings: Mapping[str, Value]) -> Scenario:
    """Return the small community with these settings; a regime comes first."""
    values: dict[str, Any] = dict(settings)
    return load("generic-adaptive").with_(**values)


def _other(parameter: str, first: Value) -> Value:
    """Return a second value: half of the first, half of the range where that is 0, or the next choice."""
    row = PARAMS[parameter]
    if row.kind == "choice":
        return row.choices[(row.choices.index(str(first)) + 1) % len(row.choices)]
    half = float(first) / 2.0 if first else (row.low + row.high) / 2.0
    return max(int(half), int(row.low)) if row.kind == "int" else max(half, row.low)


@cache
def _outcomes(scenario: Scenario, seed: int) -> dict[str, float]:
    """Return the outcomes of an ordinary world."""
    return summary_of(run_world(scenario, seed), scenario)


def summary_of(world: World, scenario: Scenario) -> dict[str, float]:
    """Return the outcomes of a world that has been run."""
    return summarise(world.series, world.by_group, scenario)


def _effect(
    words: tuple[str, str], pairs: Iterator[tuple[int, dict[str, float], dict[str, float]]]
) -> Effect:
    """Return the first pair of worlds that differ, or the last pair where none does."""
    effect = Effect(words, 0, {})
    for seed, first, second in pairs:
        effect = Effect(words, seed, _moved(first, second))
        if effect.moved:
            break
    return effect


def _moved(first: Mapping[str, float], second: Mapping[str, float]) -> dict[str, float]:
    """Return the relative differences of the outcomes that differ, the largest first."""
    found = {name: _change(first[name], second[name]) for name in first}
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return {name: change for name, change in ordered if change > LEAST_CHANGE}


def _change(a: float, b: float) -> float:
    """Return the difference of two numbers relative to the larger."""
    if a == b or (np.isnan(a) and np.isnan(b)):
        return 0.0
    return abs(a - b) / max(abs(a), abs(b)) if isfinite(a) and isfinite(b) else 1.0


def _shown(value: Any) -> str:
    """Return a value in words."""
    return f"{value:g}" if isinstance(value, float) else str(value)
