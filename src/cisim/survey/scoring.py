"""A prediction beside the survey that came after it.

Ties are scored as probabilities against three rules that know nothing of the model: nothing changes; every pair is a
tie with the probability of the density at the start; and, in hindsight, ties end and form at the rates that really
happened, but nobody knows which. Only pairs count whose first organisation answered the next survey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cisim.problems import Place, ScenarioError, shown
from cisim.records import SECTORS
from cisim.survey import scores
from cisim.survey.answers import alike, plain_text
from cisim.survey.futures import Snapshot
from cisim.survey.network import UNKNOWN, I, all_pairs
from cisim.survey.predicting import Prediction, measured, measures_of, spread
from cisim.survey.reading import read_survey
from cisim.survey.records import B, F, Survey
from cisim.survey.ties import Reading

FEWEST_WORLDS = 10
"""Worlds with a tie below which its trust is not scored."""
PREDICTION, PERSISTENCE, DENSITY, TURNOVER = (
    "prediction",
    "nothing changes",
    "density",
    "turnover in hindsight",
)


@dataclass(frozen=True, slots=True)
class TieScore:
    """Scores of one rule over all pairs: Brier and logarithmic score (lower is better), AUC (higher is better)."""

    rule: str
    brier: float
    log: float
    auc: float


@dataclass(frozen=True, slots=True)
class TrustScore:
    """How good the trust of ties was that exist and were answered.

    Attributes
    ----------
    ties : int
        Ties scored.
    covered : float
        Share of them within the interval of nine worlds in ten.
    crps, interval : float
        Means of the continuous ranked probability score and the interval score, in shares of the scale.
    common : int
        Ties that had a known trust at the start as well.
    crps_common, persistence, gain_error : float
        Over these: CRPS of the prediction, absolute error of the trust at the start, error of the difference.
    """

    ties: int
    covered: float
    crps: float
    interval: float
    common: int
    crps_common: float
    persistence: float
    gain_error: float


@dataclass(frozen=True, slots=True)
class MeasureScore:
    """A measure of the whole network: predicted mean and interval, what was seen, and the start (NaN if unknown)."""

    measure: str
    mean: float
    p5: float
    p95: float
    seen: float
    start: float

    @property
    def is_inside(self) -> bool:
        """Whether what was seen lies within the interval; a hair outside counts as inside."""
        return self.p5 - 1e-9 <= self.seen <= self.p95 + 1e-9


@dataclass(frozen=True, slots=True)
class Score:
    """A prediction of one month beside the survey that came after it.

    Attributes
    ----------
    month, worlds, organisations, answered, pairs : int
        What was compared; `pairs` are ordered.
    ties_start, ties_seen, ties_kept : int
        Ties among these pairs; -1 where the start is not known.
    ties : tuple of TieScore
        Of the prediction and the rules it is compared with.
    gain, gain_error : float
        Brier score of "nothing changes" less that of the prediction, and its standard error.
    trust : TrustScore or None
    network : tuple of MeasureScore
    notes : tuple of str
    """

    month: int
    worlds: int
    organisations: int
    answered: int
    pairs: int
    ties_start: int
    ties_seen: int
    ties_kept: int
    ties: tuple[TieScore, ...]
    gain: float
    gain_error: float
    trust: TrustScore | None
    network: tuple[MeasureScore, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Observed:
    """The next survey in the numbering of a prediction.

    Attributes
    ----------
    seen : (n, n) bool
        Pairs whose first organisation answered, both still there.
    is_tie, trust, sector, is_there
        As in `cisim.survey.records.Survey`, (n, n) or (n,).
    """

    seen: B
    is_tie: B
    trust: F
    sector: I
    is_there: B
    knows_who_is_gone: bool
    notes: tuple[str, ...]


def read_next(
    prediction: Prediction, ties: Path, orgs: Path | None = None, reading: Reading | None = None
) -> Observed:
    """Read the survey that came after a prediction.

    Ties are taken as reported: nothing is put in for those who did not answer.

    Raises
    ------
    ScenarioError
        If the tables are wrong, or have too few organisations in common with the prediction.
    """
    asked = reading or Reading(low=prediction.low, high=prediction.high)
    survey = read_survey(
        ties,
        orgs,
        Reading(
            asked.from_column, asked.to_column, asked.trust_items, asked.value_items, asked.low, asked.high,
            missing="none", unknown="add",
        ),
    )  # fmt: skip
    return observed(prediction, survey, is_listed=orgs is not None)


def observed(prediction: Prediction, survey: Survey, *, is_listed: bool) -> Observed:
    """Return a survey in the numbering of a prediction; `is_listed`: who is not in it no longer exists.

    Raises
    ------
    ScenarioError
        If they have too few organisations in common, or two of one go by the same name.
    """
    _check_names(prediction, survey)
    place = {plain_text(name): k for k, name in enumerate(survey.names)}
    at = np.array([place.get(plain_text(name), -1) for name in prediction.names])
    known = at >= 0
    if known.sum() < 3:
        file = survey.sources[0].path if survey.sources else ""
        some = ", ".join(prediction.names[:3])
        n = int(known.sum())
        what = f"only {n} of its organisations are in the prediction ({some}, ...); at least 3 are needed"
        raise ScenarioError.of(what, place=Place(file))
    there = known if is_listed else np.ones_like(known)
    both = known[:, None] & known[None, :]
    answered = known & survey.responded[at]
    fresh = [name for k, name in enumerate(survey.names) if k not in set(at.tolist())]
    notes = list(survey.notes)
    if fresh:
        more = ", ..." if len(fresh) > 3 else ""
        told = ", ".join(shown(name, 30) for name in fresh[:3]) + more
        notes.append(f"{len(fresh)} of the survey are not in the prediction and are left out: {told}")
    return Observed(
        all_pairs(at.size) & answered[:, None] & there[None, :],
        survey.is_tie[at][:, at] & both,
        np.where(both, survey.trust[at][:, at], np.nan),
        _sectors(prediction, survey, at),
        there,
        is_listed,
        tuple(notes),
    )


def _check_names(prediction: Prediction, survey: Survey) -> None:
    """Refuse names of which two would be taken for the same organisation."""
    file = survey.sources[0].path if survey.sources else ""
    for names, whose in ((prediction.names, "the prediction"), (survey.names, "the survey")):
        same = alike(names)
        if same is not None:
            what = f"{same[0]} and {same[1]} are two organisations of {whose} with the same name to a survey"
            raise ScenarioError.of(what, "organisations", Place(file if whose == "the survey" else ""))


def _sectors(prediction: Prediction, survey: Survey, at: I) -> I:
    """Return sectors as the survey states them, else as they are in all worlds, else `UNKNOWN`."""
    drawn = np.array([one.sector for one in prediction.worlds[0]])
    sure = np.where((drawn == drawn[0]).all(axis=0), drawn[0], UNKNOWN)
    stated = [survey.organisations[k].sector if k >= 0 else None for k in at]
    codes = [
        SECTORS.index(sector) if sector else int(code) for sector, code in zip(stated, sure, strict=True)
    ]
    return np.array(codes, np.int64)


def score(prediction: Prediction, month: int, now: Observed) -> Score:
    """Score a prediction of one month.

    Raises
    ------
    ScenarioError
        If nobody in the prediction answered the survey.
    """
    worlds = prediction.at(month)
    first, second = np.nonzero(now.seen)
    if not first.size:
        raise ScenarioError.of("no organisation of the prediction answered the next survey")
    happened = now.is_tie[first, second]
    share = shares(worlds)[first, second]
    begun = prediction.start.is_tie[first, second] if prediction.start is not None else None
    rules = _rules(share, begun, happened)
    ties = tuple(_tie_score(rule, p, happened, len(worlds)) for rule, p in rules.items())
    gains = None
    if begun is not None:
        gains = scores.brier(rules[PERSISTENCE], happened) - scores.brier(share, happened)
    return Score(
        month=month,
        worlds=len(worlds),
        organisations=len(prediction.names),
        answered=int(now.seen.any(axis=1).sum()),
        pairs=first.size,
        ties_start=-1 if begun is None else int(begun.sum()),
        ties_seen=int(happened.sum()),
        ties_kept=-1 if begun is None else int((begun & happened).sum()),
        ties=ties,
        gain=np.nan if gains is None else float(gains.mean()),
        gain_error=np.nan if gains is None else scores.jackknife_error(gains, first, second),
        trust=_trust_score(worlds, prediction.start, now, first[happened], second[happened]),
        network=_network(prediction, worlds, now),
        notes=now.notes,
    )


def shares(worlds: Sequence[Snapshot]) -> F:
    """Return the share of worlds in which the row has a tie to the column, (n, n)."""
    n = worlds[0].is_there.size
    count = np.zeros((n, n))
    for one in worlds:
        count[one.source, one.target] += 1.0
    return count / len(worlds)


def _rules(share: F, begun: B | None, happened: B) -> dict[str, F]:
    """Return the probability of each pair by rule, the prediction first."""
    found = {PREDICTION: share}
    if begun is None:
        return found
    found[PERSISTENCE] = begun.astype(float)
    found[DENSITY] = np.full(share.shape, begun.mean())
    rates = [happened[begun == was].mean() if (begun == was).any() else 0.0 for was in (False, True)]
    found[TURNOVER] = np.where(begun, rates[1], rates[0])
    return found


def _tie_score(rule: str, p: F, happened: B, n_worlds: int) -> TieScore:
    """Return the scores of one rule; shares of worlds are held back from 0 and 1, which no number of worlds shows."""
    held = scores.held_back(p, n_worlds) if rule == PREDICTION else p
    return TieScore(
        rule,
        float(scores.brier(p, happened).mean()),
        float(scores.log_score(held, happened).mean()),
        scores.auc(p, happened),
    )


def _trust_score(
    worlds: Sequence[Snapshot], start: Snapshot | None, now: Observed, first: I, second: I
) -> TrustScore | None:
    """Return how good the trust of the ties was that exist and were answered, None where there are none."""
    drawn = np.array([one.trust_of[first, second] for one in worlds]).reshape(len(worlds), -1)
    enough = (~np.isnan(drawn)).sum(axis=0) >= FEWEST_WORLDS
    seen = now.trust[first, second]
    kept = enough & ~np.isnan(seen)
    if not kept.any():
        return None
    drawn, seen, first, second = drawn[:, kept], seen[kept], first[kept], second[kept]
    members = [column[~np.isnan(column)] for column in drawn.T]
    ends = [spread(one)[1:] for one in members]
    marks = np.array([scores.crps(one, x) for one, x in zip(members, seen, strict=True)])
    inside = [low <= x <= high for (low, high), x in zip(ends, seen, strict=True)]
    widths = [scores.interval_score(*end, x) for end, x in zip(ends, seen, strict=True)]
    before = np.full(seen.size, np.nan) if start is None else start.trust_of[first, second]
    common = ~np.isnan(before)
    errors = np.abs(before - seen)[common]
    gains = errors - marks[common]
    return TrustScore(
        ties=seen.size,
        covered=float(np.mean(inside)),
        crps=float(marks.mean()),
        interval=float(np.mean(widths)),
        common=int(common.sum()),
        crps_common=float(marks[common].mean()) if common.any() else np.nan,
        persistence=float(errors.mean()) if common.any() else np.nan,
        gain_error=scores.jackknife_error(gains, first[common], second[common]),
    )


def _network(prediction: Prediction, worlds: Sequence[Snapshot], now: Observed) -> tuple[MeasureScore, ...]:
    """Return the measures of the whole network, over the same pairs as the survey."""
    source, target = np.nonzero(now.is_tie)
    survey = Snapshot(
        source, target, now.trust[source, target], now.is_there, now.sector, np.zeros(now.sector.size)
    )
    seen = measured(survey, now.seen)
    begun = measured(prediction.start, now.seen) if prediction.start is not None else {}
    found = []
    for name, values in measures_of(worlds, now.seen).items():
        if name == "organisations" and not now.knows_who_is_gone:
            continue
        if np.isnan(values).all() or np.isnan(seen[name]):
            continue
        found.append(MeasureScore(name, *spread(values), seen[name], begun.get(name, np.nan)))
    return tuple(found)
