"""Each column of the results against a state made by hand."""

from __future__ import annotations

import numpy as np
import pytest

from cisim import outcomes
from cisim.outcomes import COLUMNS, NAMED
from cisim.runs import run
from cisim.scenario import load
from cisim.state import PURPOSES


@pytest.fixture
def town(blank):
    """Four organisations, the last one closed; the first two are members and know each other."""
    s = blank(n_orgs=4, n_groups=2, n_drivers=1)
    s.is_active[3] = 0
    s.sector[:] = [0, 0, 1, 1]
    s.coalition[:2], s.n_members[0], s.stage[0] = 0, 2, 3
    s.tie_to[0, :2], s.tie_trust[0, :2] = [1, 2], [0.8, 0.2]
    s.tie_to[1, 0], s.tie_trust[1, 0] = 0, 0.6
    s.problem[:] = [4.0, 10.0]
    return s


def value(name, s, p=None):
    outcomes.count_ties(s)
    return NAMED[COLUMNS.index(name)](s, p)


def test_population_and_groups(town):
    town.world.level_shock[0], town.world.trend[0] = 0.1, 0.9
    town.world.covered[0], town.world.double_served[0], town.world.indicator[0] = 0.7, 0.2, 25.0
    assert value("group_gap", town) == pytest.approx(6.0 * 1.1 * 0.9)
    assert value("unserved_share", town) == pytest.approx(0.3)
    assert value("double_served_share", town) == 0.2
    assert value("achieved_change", town) == pytest.approx(0.25)  # from 30 toward 10


def test_ties(town):
    assert value("trust", town) == pytest.approx(1.6 / 3)
    assert value("trust_within_sectors", town) == pytest.approx(0.7)
    assert value("trust_across_sectors", town) == pytest.approx(0.2)
    assert value("network_density", town) == pytest.approx(3 / 6)
    assert value("network_centralisation", town) == pytest.approx((3 * 2 - 3) / 4)


def test_a_star_is_central_and_a_ring_not_at_all(blank):
    s = blank(n_orgs=5)
    s.tie_to[0, :4] = [1, 2, 3, 4]
    assert value("network_centralisation", s) == 1.0
    for i in range(1, 5):
        s.tie_to[i, 0] = 0  # where the others list the hub too, (n - 2) / (n - 1)
    assert value("network_centralisation", s) == pytest.approx(3 / 4)
    s.tie_to[:] = -1
    for i in range(5):
        s.tie_to[i, :2] = [(i + 1) % 5, (i - 1) % 5]
    assert value("network_centralisation", s) == 0.0


def test_members(town):
    town.presence[:] = [0.5, 0.0, 1.0, 1.0]
    town.satisfaction[:] = [0.2, 0.6, 1.0, 1.0]
    town.disclosure[:] = [0.4, 0.0, 1.0, 1.0]
    town.knowledge[:] = [0.1, 0.3, 1.0, 1.0]
    names = ("members", "attendance", "meeting_satisfaction", "disclosure", "shared_knowledge", "stage")
    assert [value(name, town) for name in names] == pytest.approx([2.0, 0.5, 0.4, 0.2, 0.2, 3.0])


def test_organisations(town):
    town.alignment[:] = [0.3, 0.6, 0.0, 1.0]
    town.capacity[:] = [0.9, 0.6, 0.6, 0.0]
    town.believed_change[:] = [0.1, 0.2, 0.0, 1.0]
    town.reported_effect[:] = [0.1, 0.2, 0.3, 9.0]
    town.clients[:] = [1.0, 2.0, 1.0, 5.0]
    town.quality[:3, 0, 0], town.quality[:3, 1, 0] = 0.4, 0.8
    names = ("alignment", "capacity", "believed_change", "reported_effect_sd", "practice_quality", "n_active")
    assert [value(name, town) for name in names] == pytest.approx([0.3, 0.7, 0.1, 0.2, 0.6, 3.0])


def test_diversity_is_none_when_alike_and_one_when_evenly_split(blank):
    s = blank(n_orgs=4)
    s.practice[:, 0] = 0b1010
    assert value("practice_diversity", s) == 0.0
    s.practice[:2, 0] = 0b0101
    assert value("practice_diversity", s) == 1.0
    s.practice[:, 0] = [0b0001, 0, 0, 0]
    assert value("practice_diversity", s) == pytest.approx(0.75 / 4)


def test_concentration_of_grants(blank):
    s = blank(n_orgs=4)
    assert value("grants_hhi", s) == 0.0
    s.grant[:, 0] = 10.0
    assert value("grants_hhi", s) == pytest.approx(0.25)
    s.grant[1:] = 0.0
    assert value("grants_hhi", s) == 1.0


def test_share_of_applications_that_are_granted(blank):
    s = blank(n_orgs=4)
    assert value("applications_won_share", s) == 0.0
    s.world.applied[0], s.world.awarded[0] = 8, 2
    assert value("applications_won_share", s) == 0.25


def test_every_use_of_money_is_in_one_column(blank):
    uses = [name for name in COLUMNS if name.startswith("usd_")]
    found = dict.fromkeys(PURPOSES, 0.0)
    for k, purpose in enumerate(PURPOSES):
        s = blank()
        s.paid[k] = 1.0
        found[purpose] = sum(value(name, s) for name in uses)
    moves = {
        "budget",
        "own income",
        "grant",
        "pooling",
        "infrastructure",
        "closing",
        "founding",
        "shared savings",
    }
    assert {purpose for purpose, usd in found.items() if usd == 0.0} == moves
    assert {usd for usd in found.values() if usd} == {1.0}


def test_the_row_has_every_function_under_its_own_name():
    """Columns are written one by one; here each is compared with the function that bears its name."""
    from cisim import engine

    scenario = load("generic-adaptive").with_(
        regime="collective",
        n_orgs=8,
        months=18,
        practice_bits=4,
        formation_month=1,
        measurement_setup_months=1,
    )
    world = engine.build(scenario, 5)
    with np.errstate(all="ignore"):
        world.advance(0, len(engine.STEP), 0, 18)
    s, p = world.state, world.record
    expected = [function(s, p) for function in NAMED]
    s.row[:] = np.nan
    outcomes.record(s, p, 5, 17)
    np.testing.assert_array_equal(s.row, expected)
    np.testing.assert_array_equal(world.series[17], expected)
    assert len(set(expected)) > 25  # so that two exchanged columns would show


def test_groups_are_recorded_with_shocks_and_average_to_the_indicator(town):
    town.world.level_shock[0] = 0.5
    outcomes.record(town, None, 1, 0)
    assert list(town.group_row) == pytest.approx([16.0, 25.0])
    town.world.baseline[0], town.world.best[0] = 50.0, 90.0
    outcomes.record(town, None, 1, 0)
    assert list(town.group_row) == pytest.approx([84.0, 75.0])
    with np.errstate(all="ignore"):
        result = run(load("generic-adaptive").with_(n_orgs=6, months=12, practice_bits=4), 2, details=False)
    shares = result.scenario.shares
    means = result.groups.groupby("month")["indicator"].apply(lambda levels: float(np.dot(levels, shares)))
    np.testing.assert_allclose(means, result.series["indicator"], rtol=1e-9)
