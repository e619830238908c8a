"""What would have been published: predictions of each figure, and where the observed one lies among them."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

from cisim.result import is_falling_good
from cisim.retrodiction.cases import TRUE
from cisim.retrodiction.courses import NAMES, Courses, F, spread_of
from cisim.retrodiction.observed import PUBLISHED, Observation, Observed

if TYPE_CHECKING:
    import pandas as pd

LOW, HIGH = 0.05, 0.95
COLUMNS = [
    "observation", "year", "month", "case", "role", "outcome", "statistic", "observed", "error", "from_memory",
    "informs", "mean", *NAMES, "quantile", "p", "crps", "verdict",
]  # fmt: skip
"""Of the table of predictions."""


def predictions(
    observed: Observed, courses: Courses, design: pd.DataFrame, seed: int
) -> dict[tuple[str, str], F]:
    """Return the predicted figures by observation and case, a value per run, sampling noise included.

    A published indicator carries its noise already. Any other figure gets the noise that its `error` states, the
    same in both cases. A share of figures is drawn binomially with the chance that the headline improved.

    Parameters
    ----------
    observed : Observed
    courses : Courses
    design : DataFrame
        Of the study; gives the noise of published figures where that is drawn.
    seed : int
        Key of the noise.

    Returns
    -------
    dict of (observation, case) to (n_runs,) float64
    """
    found: dict[tuple[str, str], F] = {}
    for one in observed.observations:
        for case in (observed.happened, observed.counterfactual):
            draws = np.random.default_rng([seed, zlib.crc32(one.name.encode())])
            if one.statistic == "share_improved":
                chance = _by_draw(courses, improving(observed, courses, design, case, one.month))
                trials = one.trials or 1
                found[one.name, case] = draws.binomial(trials, chance) / trials
                continue
            value = courses.yearly(case, one.outcome, one.month)
            if one.statistic == "change":
                value = value / courses.start(case, one.outcome, observed.scenario.indicator.baseline) - 1.0
            noise = 0.0 if one.outcome == PUBLISHED else one.error
            found[one.name, case] = value + noise * draws.standard_normal(value.size)
    return found


def improving(observed: Observed, courses: Courses, design: pd.DataFrame, case: str, month: int) -> F:
    """Return the chance that the figure published in a month is better than the start, given each run's true level.

    Parameters
    ----------
    observed : Observed
    courses : Courses
    design : DataFrame
        Of the study; its `draw` and, where that is drawn, `indicator_noise_cv` are read.
    case : str
    month : int

    Returns
    -------
    (n_runs,) float64
        0..1.
    """
    from scipy.special import ndtr

    cv = np.full(courses.n_runs, float(observed.scenario.values["indicator_noise_cv"]))
    if "indicator_noise_cv" in design:
        by_draw = design.drop_duplicates("draw").set_index("draw")["indicator_noise_cv"]
        cv = by_draw.reindex(courses.draw).to_numpy(dtype=np.float64)
    below = observed.scenario.indicator.baseline / courses.yearly(case, TRUE, month) - 1.0
    towards = below if is_falling_good(observed.scenario) else -below
    return np.asarray(ndtr(towards / np.maximum(cv, 1e-12)))


def _by_draw(courses: Courses, values: F) -> F:
    """Return the mean over the worlds of each draw, at every run of it."""
    _, place = np.unique(courses.draw, return_inverse=True)
    mean = np.bincount(place, values) / np.bincount(place)
    return np.asarray(mean[place])


def place_among(values: F, observed: float) -> dict[str, Any]:
    """Return where an observed figure lies among predicted ones.

    Returns
    -------
    dict
        `quantile` (share of predictions below, ties by half), `p` (two-sided; a figure beyond all predictions has
        twice one over their number plus one, never nought), `crps` (continuous ranked probability score, in the
        figure's unit; the smaller the better) and `verdict`.

    References
    ----------
    Gneiting & Raftery (2007), Strictly proper scoring rules, prediction, and estimation. Journal of the American
    Statistical Association 102(477).

    Examples
    --------
    >>> place_among(np.arange(99.0), 200.0)["p"]
    0.02
    """
    n = values.size
    below, above = int((values <= observed).sum()), int((values >= observed).sum())
    quantile = float((values < observed).mean() + 0.5 * (values == observed).mean())
    ordered = np.sort(values)
    weight = 2.0 * np.arange(1, n + 1) - n - 1.0
    crps = float(np.abs(values - observed).mean() - (weight @ ordered) / n**2)
    low, high = np.quantile(values, (LOW, HIGH))
    verdict = "below" if observed < low else "above" if observed > high else "inside"
    p = min(1.0, 2.0 * (min(below, above) + 1.0) / (n + 1.0))
    return {"quantile": quantile, "p": p, "crps": crps, "verdict": verdict}


def prediction_table(observed: Observed, predicted: dict[tuple[str, str], F]) -> pd.DataFrame:
    """Return a row per observation and case: what was observed, what was predicted, and where one lies in the other.

    Parameters
    ----------
    observed : Observed
    predicted : dict of (observation, case) to (n_runs,) float64
        As made by `predictions`.

    Returns
    -------
    DataFrame
        `COLUMNS`; role is "happened" or "counterfactual".
    """
    import pandas as pd

    rows: list[dict[str, Any]] = []
    for one in observed.observations:
        for role in ("happened", "counterfactual"):
            case = str(getattr(observed, role))
            values = predicted[one.name, case]
            stated = {
                "observation": one.name, "year": year_of(observed, one), "month": one.month, "case": case, "role": role,
                "outcome": one.outcome, "statistic": one.statistic, "observed": one.value, "error": one.error,
                "from_memory": one.from_memory, "informs": " ".join(one.informs),
            }  # fmt: skip
            rows.append({**stated, **spread_of(values), **place_among(values, one.value)})
    return pd.DataFrame(rows, columns=COLUMNS)


def year_of(observed: Observed, one: Observation) -> int:
    """Return the calendar year of an observation, or the year since the start where there is no calendar.

    Examples
    --------
    >>> from cisim.retrodiction.reading import read_observed
    >>> observed = read_observed("wetland")
    >>> observed.start_year, observed.observations[0].month, year_of(observed, observed.observations[0])
    (1996, 179, 2011)
    """
    return observed.start_year + (one.month + 12) // 12


def coverage_table(observed: Observed, predicted: dict[tuple[str, str], F]) -> pd.DataFrame:
    """Return how many figures lie within 5-95 % of their predictions, and how many a run of the model would have.

    `predicted` has an array (n_runs,) for each observation and case, as made by `predictions`.

    Figures of one case move together, so their number inside is compared with that of each simulated run, taken as if
    it had been observed.

    Returns
    -------
    DataFrame
        figures ("all", "clean": looked up, and no setting was chosen with them in view), role, n, inside, p5 (number
        inside that 5 % of the model's own runs do not reach), chance (share of own runs with so few or fewer), crps
        (mean, of levels of the published indicator only, which share a unit; else missing).
    """
    import pandas as pd

    rows = []
    for figures in ("all", "clean"):
        chosen = [one for one in observed.observations if figures == "all" or one.is_clean]
        for role in ("happened", "counterfactual") if chosen else ():
            values = np.stack([predicted[one.name, str(getattr(observed, role))] for one in chosen], axis=1)
            truth = np.array([one.value for one in chosen])
            low, high = np.quantile(values, (LOW, HIGH), axis=0)
            own = ((values >= low) & (values <= high)).sum(axis=1)
            inside = int(((truth >= low) & (truth <= high)).sum())
            alike = (
                k for k, one in enumerate(chosen) if (one.outcome, one.statistic) == (PUBLISHED, "level")
            )
            scores = [place_among(values[:, k], truth[k])["crps"] for k in alike]
            crps = float(np.mean(scores)) if scores else np.nan
            least, chance = float(np.quantile(own, LOW)), float((own <= inside).mean())
            rows.append((figures, role, len(chosen), inside, least, chance, crps))
    return pd.DataFrame(rows, columns=["figures", "role", "n", "inside", "p5", "chance", "crps"])
