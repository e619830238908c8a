"""Reduced-size docking; the full size is in `validation/test_docking.py`.

With few worlds the comparison is by standard errors alone: a cell fails beyond 4.5 of them, by chance once in
150,000, so that with some 200 cells, many of them of the same worlds, one seed in 1,000 fails.
"""

from __future__ import annotations

import numpy as np
import pytest

from cisim.docking import TARGETS, dock
from cisim.docking.cells import seeds_of
from cisim.docking.lazer_friedman import trajectories


def worst(cells, printed_error=0.0):
    """Largest difference in standard errors, with the cell it belongs to."""
    assert cells
    found = []
    for cell in cells:
        error = np.hypot(np.hypot(cell.se, cell.published_se or 0.0), printed_error)
        found.append((abs(cell.mean - cell.published) / max(error, 1e-9), cell.arguments))
    return max(found, key=lambda pair: pair[0])


@pytest.mark.parametrize("network", ["fully-connected", "lattice"])
@pytest.mark.parametrize("strategy", ["best3", "best9", "conf3", "conf9", "indiv", "randcopy"])
def test_barkoczi_galesic_2016(network, strategy):
    cells = dock(
        "barkoczi-galesic-2016", worlds=150, settings={"network": network, "strategy": strategy, "k": 7}
    )
    assert len(cells) == 15
    assert worst([cell for cell in cells if cell.arguments["t"] in (1, 2, 5, 20, 50, 200)])[0] < 4.5


@pytest.mark.parametrize("k", [0, 2, 5])
def test_rivkin_siggelkow_2003(k):
    cells = dock("rivkin-siggelkow-2003", worlds=500, settings={"k": k})
    assert len(cells) == 16
    assert worst(cells, printed_error=0.001)[0] < 4.5  # printed to three digits, of 10,000 landscapes


def test_rivkin_siggelkow_review_turns_a_common_goal_from_the_worst_into_the_best():
    def share(incent, review):
        settings = {
            "incent": incent,
            "altsub": 7,
            "review": review,
            "p": 1,
            "altceo": 1,
            "k": 5,
            "period": 100,
        }
        [cell] = dock("rivkin-siggelkow-2003", worlds=500, settings=settings)
        return cell.mean

    # Published .718 < .810 < .929; with a standard error of .01 the gaps are above 6 of them.
    assert share(1, "rubber-stamp") < share(0, "rubber-stamp") < share(1, "active")


def test_march_1991():
    for p1 in (0.1, 0.5, 0.9):
        assert worst(dock("march-1991", worlds=400, settings={"p1": p1}))[0] < 4.5


def test_nk():
    cells = dock("nk", worlds=400)
    assert len(cells) == 35
    assert worst(cells, printed_error=0.0005)[0] < 4.5


def test_lazer_friedman_2007():
    full, line = (trajectories(network, 5, 100, seeds_of(1, 80)) for network in ("fully-connected", "line"))
    ahead = full.mean(axis=0) - line.mean(axis=0)
    error = (full - line).std(axis=0, ddof=1) / np.sqrt(80)
    assert ahead[5] > 4.5 * error[5]
    assert ahead[100] < -4.5 * error[100]
    crossing = int(np.argmax(ahead[1:] < 0)) + 1
    assert 12 <= crossing <= 26  # 18 in the paper; among sets of 80 landscapes it varies by about 2.5
    assert abs(full[:, 100].mean() - 0.565) < 0.05 + 4.5 * full[:, 100].std() / np.sqrt(80)
    assert abs(line[:, 100].mean() - 0.865) < 0.05 + 4.5 * line[:, 100].std() / np.sqrt(80)


def test_smooth_problems_are_solved_by_every_network():
    for network in ("fully-connected", "star"):
        [cell] = dock("lazer-friedman-2007", worlds=4, settings={"network": network, "k": 0, "t": 150})
        assert cell.mean == pytest.approx(1.0)


def test_every_target_names_its_paper():
    for name, target in TARGETS.items():
        assert target.name == name
        assert target.doi.startswith("10.")
        for cell in target.published():
            assert set(cell.arguments) == set(target.relevant(cell.arguments)), cell
            assert target.checked(cell.arguments) == cell.arguments
