"""Figures: all kinds, for few and many regimes, with the data they were drawn from, the same each time."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from cisim.comparison import compare
from cisim.plots import KINDS, figure_data, plot, save_figures
from cisim.records import Group
from cisim.scenario import load


@pytest.fixture(scope="module")
def town():
    return load("generic-adaptive").with_(n_orgs=6, months=26, practice_bits=6)


@pytest.fixture(scope="module")
def cmp(town):
    return compare(town, ["isolated", "network", "collective"], worlds=3, seed=2)


def test_every_figure_is_written_with_its_data(cmp, tmp_path):
    save_figures(cmp, tmp_path)
    for kind in KINDS:
        assert (tmp_path / f"{kind}.svg").read_text().startswith("<?xml")
        assert (tmp_path / f"{kind}.png").read_bytes()[:4] == b"\x89PNG"
        assert len(pd.read_csv(tmp_path / f"{kind}.csv")) > 0


def test_figures_are_the_same_byte_for_byte(cmp, tmp_path):
    for folder in ("a", "b"):
        save_figures(cmp, tmp_path / folder, ("indicator", "network"))
    for name in ("indicator.svg", "network.svg"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_the_data_of_a_figure_are_those_of_the_comparison(cmp):
    groups = figure_data(cmp, "groups").query("regime == 'collective'")
    level = cmp.groups[:, :, -12:, :].mean(axis=2)
    np.testing.assert_allclose(groups["diff"], (level[2] - level[0]).mean(axis=0), atol=1e-12)
    indicator = figure_data(cmp, "indicator")
    last = indicator[indicator["month"] == indicator["month"].max()].set_index("regime")
    np.testing.assert_allclose(last.loc["isolated", "mean"], cmp.column("indicator")[0, :, -1].mean())


def test_one_group_two_regimes_and_long_names_do_not_fail(town, tmp_path):
    one = town.with_(
        groups=[Group(name="everybody who lives anywhere near the river and its banks", size=1000)]
    )
    found = compare({"a very long label " * 4: one, "b": one.with_(regime="collective")}, worlds=2, seed=1)
    assert len(save_figures(found, tmp_path)) >= len(KINDS)


def test_many_regimes_fit(town):
    names = ["isolated", "informal", "network", "multi-stakeholder", "public-private", "collective"]
    found = compare(town, names, worlds=2, seed=1)
    for kind in KINDS:
        assert plot(found, kind).get_axes()


def test_unknown_figures_are_named(cmp):
    with pytest.raises(ValueError, match="indicatr"):
        cmp.plot("indicatr")
