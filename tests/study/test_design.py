from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from cisim.params import PARAMS
from cisim.records import Frozen, Uncertainty
from cisim.study.design import base_design, unit_sample, values_in
from cisim.study.distributions import values_at
from cisim.study.posterior import pick, posterior_of, wrong_with
from study.small import RUGGEDNESS, TRUST_YEARS, study

U = np.linspace(0.0, 1.0, 2001)[:-1]


def drawn(kind: str, name: str = "trust_years", **arguments: object) -> Uncertainty:
    return Uncertainty(name, kind, Frozen(arguments), "a test", "assumed")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("uncertainty", "known"),
    [
        (drawn("uniform", low=1.0, high=5.0), stats.uniform(1, 4)),
        (drawn("loguniform", low=1.0, high=5.0), stats.loguniform(1, 5)),
        (drawn("triangular", low=1.0, mode=2.5, high=5.0), stats.triang(0.375, 1, 4)),
        (drawn("triangular", low=1.0, mode=1.0, high=5.0), stats.triang(0.0, 1, 4)),
        (drawn("normal", mean=2.0, sd=1.0, low=1.0, high=5.0), stats.truncnorm(-1, 3, 2, 1)),
        (drawn("beta", a=2.0, b=3.0, low=1.0, high=5.0), stats.beta(2, 3, 1, 4)),
    ],
)  # fmt: skip
def test_inverse_distribution_functions_are_those_of_scipy(uncertainty: Uncertainty, known: object) -> None:
    np.testing.assert_allclose(values_at(uncertainty, U), known.ppf(U), rtol=1e-9)  # type: ignore[attr-defined]


def test_a_lognormal_is_the_exponential_of_a_truncated_normal() -> None:
    found = values_at(drawn("lognormal", median=2.0, sigma=0.5, low=1.0, high=5.0), U)
    a, b = np.log(np.array([1.0, 5.0]) / 2.0) / 0.5
    np.testing.assert_allclose(np.log(found), stats.truncnorm(a, b, np.log(2.0), 0.5).ppf(U), atol=1e-9)


def test_whole_numbers_and_choices_get_equal_shares() -> None:
    whole = values_at(drawn("uniform", "ruggedness", low=0.0, high=4.0), U)
    assert whole.dtype == np.int64
    assert np.bincount(whole).tolist() == [400] * 5
    names = values_at(drawn("choice", "formation", values=("grant", "crisis")), U)
    assert [(names == name).sum() for name in ("grant", "crisis")] == [1000, 1000]
    assert values_at(drawn("choice", "ruggedness", values=(0, 2, 7)), U).dtype == np.int64


@pytest.mark.parametrize("u", [[-0.1], [1.0], [np.nan]])
def test_probabilities_outside_are_refused(u: list[float]) -> None:
    with pytest.raises(ValueError, match="from 0 up to, but not including, 1"):
        values_at(drawn("uniform", low=1.0, high=5.0), u)


def test_samples_grow_by_points_at_the_end_and_fill_the_cube() -> None:
    few, many = unit_sample(10, 6, 3), unit_sample(300, 6, 3)
    assert (many[:10] == few).all()
    assert not (unit_sample(10, 6, 4) == few).all()
    assert ((many >= 0.0) & (many < 1.0)).all()
    # a balanced sequence: each sixteenth of each axis holds exactly its share of 256 points
    assert (
        np.stack([np.bincount((column * 16).astype(int)) for column in unit_sample(256, 6, 3).T]) == 16
    ).all()


def test_a_grid_is_every_combination_once_in_order() -> None:
    design = base_design(study(vary={"backbone": [0, 1], "communication": [0.0, 0.5, 1.0]}))
    assert design["point"].tolist() == list(range(6))
    assert design["backbone"].tolist() == [0, 0, 0, 1, 1, 1]
    assert design["communication"].tolist() == [0.0, 0.5, 1.0] * 2


def test_draws_come_with_every_setting_and_more_of_them_come_at_the_end() -> None:
    more = {"uncertainties": [TRUST_YEARS, RUGGEDNESS], "vary": {"backbone": [0, 1]}}
    few, many = (base_design(study(**more, samples=n)) for n in (3, 9))
    assert many.iloc[:6].equals(few)
    assert few["draw"].tolist() == [0, 0, 1, 1, 2, 2]
    assert (few.groupby("draw")["trust_years"].nunique() == 1).all()


def test_levers_stay_out_of_the_reference_and_assumptions_hold_everywhere() -> None:
    spec = study(
        vary={"backbone": [0.25], "trust_years": [1.0], "how": {"levels": {"a": {"pooled_share": 0.5}}}}
    )
    row = base_design(spec).iloc[0].to_dict()
    assert values_in(spec, "isolated", row) == {"trust_years": 1.0}
    assert values_in(spec, "collective", row) == {"backbone": 0.25, "trust_years": 1.0, "pooled_share": 0.5}
    assert values_in(
        study(vary={"backbone": {"values": [0.25], "cases": ["isolated"]}}), "isolated", row
    ) == {"backbone": 0.25}


def test_a_posterior_is_drawn_by_its_weights_and_jointly() -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {
            "draw": [0, 1, 2],
            "weight": [0.5, 0.25, 0.25],
            "trust_years": [1.0, 2.0, 3.0],
            "ruggedness": [1, 2, 3],
        }
    )
    posterior = posterior_of(frame, "a test")
    rows = pick(posterior, 512, seed=1)
    assert np.bincount(rows).tolist() == [256, 128, 128]  # balanced: 512 points of a Sobol' sequence
    assert (pick(posterior, 20, seed=1) == rows[:20]).all()
    assert posterior.rows[1] == (2.0, 2)
    assert wrong_with(frame) == ""
    assert "not a parameter" in wrong_with(frame.rename(columns={"ruggedness": "roughness"}))
    assert "weight" in wrong_with(frame.assign(weight=-1.0))
    assert "outside" in wrong_with(frame.assign(trust_years=PARAMS["trust_years"].high * 2))
