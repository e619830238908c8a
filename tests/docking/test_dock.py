"""`dock`: which cells are run, what is refused, and that results depend on nothing but the arguments."""

from __future__ import annotations

import os

import numpy as np
import pytest

from cisim.docking import TARGETS, Cell, dock
from cisim.docking.networks import NAMED, lattice, read_edges

BEST3 = {"network": "lattice", "k": 7, "strategy": "best3", "t": 20}


def test_no_settings_mean_every_published_cell():
    assert [len(target.cells({})) for target in TARGETS.values()] == [900, 4, 9, 35, 96]


def test_some_settings_mean_the_published_cells_that_match():
    cells = dock("barkoczi-galesic-2016", worlds=2, settings={"network": "lattice", "t": 5, "k": "7"})
    assert {cell.arguments["strategy"] for cell in cells} == {
        "best3", "best9", "conf3", "conf9", "indiv", "randcopy",
    }  # fmt: skip
    assert all(cell.arguments["t"] == 5 and cell.published is not None for cell in cells)


def test_a_setting_of_few_cells_selects_those():
    cells = dock("nk", worlds=2, settings={"distance": 2})
    assert {cell.arguments["statistic"] for cell in cells} == {"autocorrelation"}
    assert len(cells) == 4


def test_settings_nobody_published_are_completed_with_defaults():
    [cell] = dock("barkoczi-galesic-2016", worlds=2, settings={"k": 3, "t": 4})
    assert cell.arguments == {"network": "fully-connected", "k": 3, "strategy": "best3", "t": 4}
    assert (cell.published, cell.agrees) == (None, None)


def test_all_settings_mean_one_cell_published_or_not():
    [published] = dock("barkoczi-galesic-2016", worlds=2, settings=BEST3)
    [unpublished] = dock("barkoczi-galesic-2016", worlds=2, settings=BEST3 | {"t": 21})
    assert published.published == 0.6448
    assert unpublished.published is None
    assert unpublished.mean >= published.mean  # nobody ever takes a worse option


def test_a_rubber_stamp_does_not_ask_what_a_reviewer_does():
    full = {"incent": 0, "altsub": 1, "review": "rubber-stamp", "p": 3, "altceo": 2, "k": 5, "period": 100}
    [cell] = dock("rivkin-siggelkow-2003", worlds=2, settings=full)
    assert cell.published == 0.882
    [cell] = dock("rivkin-siggelkow-2003", worlds=2, settings=full | {"period": 0})
    assert cell.published is None


@pytest.mark.parametrize(
    ("name", "settings", "words"),
    [
        ("barkoczi", {}, ["target", "'barkoczi'", "rivkin-siggelkow-2003"]),
        ("barkoczi-galesic-2015", {}, ["did you mean 'barkoczi-galesic-2016'"]),
        ("nk", {"statistics": "local-optima"}, ["statistics", "did you mean 'statistic'"]),
        ("nk", {"statistic": "local-optimum"}, ["'local-optimum'", "did you mean 'local-optima'"]),
        ("nk", {"statistic": "local-optima", "n": 6, "k": 6}, ["k: 6", "n = 6", "up to 5"]),
        ("nk", {"distance": 3}, ["distance: 3", "give statistic too"]),
        ("nk", {"n": 2.5}, ["n: 2.5", "whole numbers from 1 to 16"]),
        ("march-1991", {"p1": 1.5}, ["p1: 1.5", "from 0.001 to 1"]),
        ("march-1991", {"p1": float("nan")}, ["p1: nan"]),
        ("march-1991", {"p1": "much"}, ["p1: 'much'"]),
        ("march-1991", {"p1": True}, ["p1: true"]),
        ("barkoczi-galesic-2016", {"network": "latice"}, ["edge list", "did you mean 'lattice'"]),
        ("barkoczi-galesic-2016", {"k": 15}, ["k: 15", "from 0 to 14"]),
        ("rivkin-siggelkow-2003", {"review": 1}, ["review: 1", "rubber-stamp, active"]),
    ],
)
def test_bad_arguments_name_field_value_and_what_is_allowed(name, settings, words):
    with pytest.raises(ValueError, match=r".+") as caught:
        dock(name, worlds=2, settings=settings)
    assert all(word in str(caught.value) for word in words), str(caught.value)


@pytest.mark.parametrize(("worlds", "seed"), [(1, 1), (0, 1), (2.5, 1), (True, 1), (2, "x"), (10**9, 1)])
def test_bad_sizes_are_refused(worlds, seed):
    with pytest.raises(ValueError, match=r"worlds|seed"):
        dock("nk", worlds=worlds, seed=seed)


def test_agreement_is_three_standard_errors_or_the_tolerance():
    def agrees(mean, se, published=0.5, **others):
        return Cell({}, mean, se, 10, published, **others).agrees

    assert agrees(0.506, 0.0)
    assert not agrees(0.507, 0.0)
    assert agrees(0.529, 0.01)
    assert not agrees(0.531, 0.01)
    assert agrees(0.54, 0.01, published_se=0.01)
    assert agrees(0.55, 0.0, tolerance=0.05)
    assert agrees(0.5, 0.0, published=None) is None


def test_a_missing_standard_error_follows_from_the_number_of_worlds():
    settings = {"incent": 0, "altsub": 1, "review": "rubber-stamp", "k": 5, "period": 100}
    [cell] = dock("rivkin-siggelkow-2003", worlds=100, settings=settings)
    assert cell.published_se == pytest.approx(cell.se / 10)


def test_results_depend_on_the_seed_and_not_on_threads_or_company(monkeypatch):
    [cell] = dock("barkoczi-galesic-2016", worlds=20, settings=BEST3)
    assert dock("barkoczi-galesic-2016", worlds=20, seed=2, settings=BEST3)[0].mean != cell.mean
    together = dock("barkoczi-galesic-2016", worlds=20, settings={"network": "lattice", "strategy": "best3"})
    assert cell in together
    monkeypatch.setattr(os, "cpu_count", lambda: 1)
    assert dock("barkoczi-galesic-2016", worlds=20, settings=BEST3) == [cell]


# ---- networks ----------------------------------------------------------------------------------------------


def test_named_networks():
    for build in NAMED.values():
        network = build(100)
        assert len(network) == 100
        assert all(i not in others and len(set(others)) == len(others) for i, others in enumerate(network))
    assert lattice(100)[95] == (*range(96, 100), *range(15))
    assert NAMED["line"](3) == ((1,), (0, 2), (1,))
    assert NAMED["star"](3) == ((1, 2), (0,), (0,))


@pytest.mark.parametrize("base", [0, 1])
@pytest.mark.parametrize("separator", [",", " ", "\t"])
def test_a_network_written_to_a_file_is_the_network(tmp_path, base, separator):
    path = tmp_path / "ties.csv"
    ties = [(i + base, j + base) for i, others in enumerate(lattice(100)) for j in others]
    path.write_text("observer,observed\n# ties\n" + "\n".join(separator.join(map(str, tie)) for tie in ties))
    assert read_edges(path) == lattice(100)
    named, read = (
        dock("barkoczi-galesic-2016", worlds=5, settings=BEST3 | {"network": network})
        for network in ("lattice", str(path))
    )
    assert named[0].mean == read[0].mean
    assert read[0].published is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,2\n3\n", ":2: '3' is not a tie"),
        ("1,2\n2,x\n", ":2: '2,x' is not a tie"),
        ("1,2\n-1,2\n", "is not a tie"),
        ("1,2\n2,2\n", ":2: '2,2' ties an agent to itself"),
        ("1,2\n1,2\n", ":2: '1,2' repeats line 1"),
        ("1,2\n1,99999\n", "99999"),
        ("observer,observed\n", "has no ties"),
    ],
)
def test_a_bad_edge_list_names_the_line(tmp_path, text, words):
    path = tmp_path / "ties.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match="network: ") as caught:
        dock("lazer-friedman-2007", worlds=2, settings={"network": str(path)})
    assert words in str(caught.value)


def test_more_ties_spread_a_find_no_slower():
    settings = {"k": 0, "t": 10}
    means = [
        dock("lazer-friedman-2007", worlds=20, settings=settings | {"network": network})[0].mean
        for network in ("no-ties", "ring", "fully-connected")
    ]
    assert np.all(np.diff(means) > 0)
