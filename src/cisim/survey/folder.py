"""A prediction as a folder that says what it is and cannot be mended afterwards without showing it.

``prediction.json`` holds the SHA-256 of every other file and no date, so that the same prediction is the same bytes.
Whoever publishes its digest before the next survey has published the prediction. Scoring refuses a folder in which
anything differs from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cisim.known import MAX_ORGANISATIONS
from cisim.problems import Place, ScenarioError, shown
from cisim.records import SECTORS
from cisim.scenario import Scenario, load
from cisim.store import csv, fingerprint, local_target, parquet, swapped_in, versions
from cisim.survey.answers import alike
from cisim.survey.futures import Snapshot
from cisim.survey.network import I
from cisim.survey.predicting import Prediction, names_of, start_of
from cisim.survey.stated import MOST_SEED, Stated, is_whole

FORMAT = 1
MOST_WORLDS = 1_000_000
ABOUT = "prediction.json"
TIES, PLACES = "worlds.parquet", "organisations.parquet"
WHAT = "A prediction made by simulation. Nobody has observed any of this."
_READ = """\
# A prediction of a network survey

{what}

Scenario {scenario} ({title}), regime {regime}, {worlds} worlds, seed {seed}, draws {draws}.

- `month-M/ties.csv`: the next survey as expected M months after the start, a row per pair. `tie_share` is the share of
  worlds in which the first works with the second, `trust` its mean trust in them on the scale {low:g} to {high:g},
  `trust_p5` and `trust_p95` hold nine worlds in ten.
- `month-M/orgs.csv`: organisations, with the share of worlds in which they still exist.
- `network.csv`: measures of the whole network.
- `worlds.parquet`, `organisations.parquet`: every world, from which scores are worked out.
- `prediction.json`: what made it, and the digest of every file. Publish its SHA-256 before the next survey.

    cisim score THIS-FOLDER next-ties.csv --orgs next-orgs.csv
"""


def save_prediction(prediction: Prediction, scenario: Scenario, folder: str | Path) -> str:
    """Write a prediction to a new or empty folder, whole or not at all.

    Returns
    -------
    str
        SHA-256 of ``prediction.json``.

    Raises
    ------
    FileExistsError
        If the folder exists and is not empty.
    """
    target = local_target(folder)
    with swapped_in(target) as place:
        for month in prediction.months:
            (place / f"month-{month}").mkdir()
            csv(_rounded(prediction.ties(month)), place / f"month-{month}" / "ties.csv")
            csv(_rounded(prediction.orgs(month)), place / f"month-{month}" / "orgs.csv")
        csv(_rounded(prediction.network()), place / "network.csv")
        if prediction.start is not None:
            csv(_rounded(_start(prediction, prediction.start)), place / "start.csv")
        parquet(_worlds(prediction), place / TIES)
        parquet(_places(prediction), place / PLACES)
        (place / "scenario.yaml").write_text(scenario.to_yaml(), encoding="utf-8", newline="\n")
        told = _about(prediction)
        told_in_words = {**told, "low": prediction.low, "high": prediction.high}
        (place / "README.md").write_text(_READ.format(**told_in_words), encoding="utf-8", newline="\n")
        files = sorted(path for path in place.rglob("*") if path.is_file())
        told["files"] = {path.relative_to(place).as_posix(): fingerprint(path) for path in files}
        text = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        (place / ABOUT).write_text(text, encoding="utf-8", newline="\n")
    return hashlib.sha256(text.encode()).hexdigest()


def _rounded(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame whose fractions have six digits."""
    return frame.round(6)


def _about(prediction: Prediction) -> dict[str, Any]:
    """Return what made a prediction, without the files."""
    return {
        "cisim_prediction": FORMAT,
        "what": WHAT,
        "cisim": versions()["cisim"],
        **prediction.origin,
        "worlds": prediction.n_worlds,
        "months": list(prediction.months),
        "scale": [prediction.low, prediction.high],
        "organisations": list(prediction.names),
    }


def _start(prediction: Prediction, start: Snapshot) -> pd.DataFrame:
    """Return the ties that the scenario states, in the form of a survey."""
    return pd.DataFrame(
        {
            "from": [prediction.names[k] for k in start.source],
            "to": [prediction.names[k] for k in start.target],
            "trust": prediction.scaled(start.trust),
        }
    )


def _worlds(prediction: Prediction) -> pd.DataFrame:
    """Return every tie of every world: month, world, from, to, trust (a share)."""
    parts = [
        pd.DataFrame({"month": month, "world": w, "from": s.source, "to": s.target, "trust": s.trust})
        for month, worlds in zip(prediction.months, prediction.worlds, strict=True)
        for w, s in enumerate(worlds)
    ]
    return pd.concat(parts, ignore_index=True)


def _places(prediction: Prediction) -> pd.DataFrame:
    """Return every organisation of every world: month, world, org, is_there, sector, usd_per_year."""
    numbers = np.arange(len(prediction.names))
    parts = [
        pd.DataFrame(
            {"month": month, "world": w, "org": numbers, "is_there": s.is_there, "sector": s.sector}
            | {"usd_per_year": s.usd_per_year}
        )
        for month, worlds in zip(prediction.months, prediction.worlds, strict=True)
        for w, s in enumerate(worlds)
    ]
    return pd.concat(parts, ignore_index=True)


def load_prediction(folder: str | Path) -> tuple[Prediction, str]:
    """Read a prediction, and return it with the SHA-256 of its ``prediction.json``.

    Raises
    ------
    ScenarioError
        If the folder holds none, or any file differs from what ``prediction.json`` says.
    """
    place = Path(folder)
    told = Stated.read(
        place / ABOUT, "no prediction is here; 'cisim export SCENARIO --month M -o DIR' makes one"
    )
    about = _stated(told)
    _check_files(place, told.files(_expected(about.months)))
    worlds = _snapshots(place, about, told)
    start = start_of(_scenario(place, about, told))
    found = Prediction(about.names, about.months, worlds, start, *about.scale, about.origin)
    return found, told.sha256


@dataclass(frozen=True, slots=True)
class _About:
    """What ``prediction.json`` states, each of its kind."""

    names: tuple[str, ...]
    months: tuple[int, ...]
    worlds: int
    scale: tuple[float, float]
    origin: dict[str, Any]


_TEXTS = ("scenario", "title", "regime", "scenario_digest", "model_version", "draws")


def _stated(told: Stated) -> _About:
    """Return what ``prediction.json`` states, or refuse the first field that is not of its kind."""
    if "cisim_prediction" not in told.fields:
        told.fail("cisim_prediction", "is missing; this is no prediction of cisim")
    version = told.fields["cisim_prediction"]
    if not is_whole(version, FORMAT, FORMAT):
        told.fail("cisim_prediction", f"has the format {shown(version)}, not {FORMAT}")
    origin: dict[str, Any] = {field: told.text(field) for field in _TEXTS}
    origin["seed"] = told.whole("seed", 0, MOST_SEED)
    origin["drawn"] = list(told.texts("drawn"))
    months = told.wholes("months", 1, 600)
    if list(months) != sorted(set(months)):
        told.fail("months", "have to rise")
    names = told.texts("organisations")
    same = alike(names)
    if same is not None:
        told.fail(
            "organisations", f"{same[0]} and {same[1]} are the same name to a survey; names have to differ"
        )
    if not 1 <= len(names) <= MAX_ORGANISATIONS:
        told.fail("organisations", f"{len(names):,} of them; 1 to {MAX_ORGANISATIONS:,} are allowed")
    return _About(names, months, told.whole("worlds", 1, MOST_WORLDS), told.ends("scale"), origin)


def _expected(months: tuple[int, ...]) -> tuple[str, ...]:
    """Return the files that a prediction cannot be without."""
    by_month = [f"month-{month}/{name}.csv" for month in months for name in ("ties", "orgs")]
    return ("scenario.yaml", TIES, PLACES, "network.csv", "README.md", *by_month)


def _scenario(place: Path, about: _About, told: Stated) -> Scenario:
    """Return the scenario that was predicted."""
    scenario = load(place / "scenario.yaml")
    if names_of(scenario) != about.names:
        told.fail("organisations", "are not those of scenario.yaml")
    return scenario


def _check_files(place: Path, stated: Mapping[str, Any]) -> None:
    """Refuse a folder of which a file is missing or changed."""
    for name, print_ in stated.items():
        path = place / name
        if not path.is_file():
            raise ScenarioError.of("is missing; a prediction is scored whole", place=Place(str(path)))
        if fingerprint(path) != print_:
            what = f"was changed after the prediction was made (its digest differs from {ABOUT})"
            raise ScenarioError.of(what, place=Place(str(path)))


def _snapshots(place: Path, about: _About, told: Stated) -> tuple[tuple[Snapshot, ...], ...]:
    """Return the worlds of every month."""
    n, worlds = len(about.names), about.worlds
    ties = _table(place / TIES, _TIE_COLUMNS).sort_values(["month", "world"], kind="stable")
    places = _table(place / PLACES, _PLACE_COLUMNS).sort_values(["month", "world", "org"], kind="stable")
    _check_places(places, about, told)
    _check_ties(ties, about, Place(str(place / TIES)))
    found = []
    for month in about.months:
        of_month = ties[ties.month == month]
        cuts = np.searchsorted(of_month.world.to_numpy(), np.arange(worlds + 1))
        columns = [of_month[name].to_numpy() for name in ("from", "to", "trust")]
        rows = places[places.month == month]
        facts = [rows[name].to_numpy().reshape(worlds, n) for name in ("is_there", "sector", "usd_per_year")]
        found.append(
            tuple(
                Snapshot(*(_part(column, cuts, w) for column in columns), *(fact[w] for fact in facts))
                for w in range(worlds)
            )
        )
    return tuple(found)


_TIE_COLUMNS = {"month": "i", "world": "i", "from": "i", "to": "i", "trust": "f"}
_PLACE_COLUMNS = {"month": "i", "world": "i", "org": "i", "is_there": "b", "sector": "i", "usd_per_year": "f"}


def _table(path: Path, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Return the columns of a table, each of its kind of numbers."""
    where = Place(str(path))
    try:
        frame = pd.read_parquet(path)
    except Exception as error:  # the errors of the reader are of many kinds
        why = " ".join(str(error).split())[:80]
        raise ScenarioError.of(f"is no table that can be read: {why}", place=where) from error
    for name, kind in kinds.items():
        if name not in frame or (frame[name].dtype.kind != kind and len(frame)):
            raise ScenarioError.of("is missing or of another kind", name, where)
    return frame[list(kinds)]


def _check_places(places: pd.DataFrame, about: _About, told: Stated) -> None:
    """Refuse a table that does not hold every organisation of every world of every month once."""
    n, worlds = len(about.names), about.worlds
    months = sorted(set(places.month.tolist()))
    if months != list(about.months):
        told.fail("months", f"{list(about.months)} are not those of {PLACES}, {shown(months)}")
    if places.world.nunique() != worlds:
        told.fail("worlds", f"{worlds} is not the number in {PLACES}, {places.world.nunique()}")
    counts = (np.repeat(about.months, worlds * n), np.tile(np.repeat(range(worlds), n), len(about.months)))
    wanted = (*counts, np.tile(range(n), worlds * len(about.months)))
    if len(places) != wanted[0].size:
        told.fail("organisations", f"{n} of them in {worlds} worlds are not what {PLACES} holds")
    for name, column in zip(("month", "world", "org"), wanted, strict=True):
        if not np.array_equal(places[name].to_numpy(), column):
            told.fail("organisations", f"{n} of them in {worlds} worlds are not what {PLACES} holds")
    if not places.sector.between(0, len(SECTORS) - 1).all():
        raise ScenarioError.of("has codes of no sector", "sector", told.place._replace(file=PLACES))


def _check_ties(ties: pd.DataFrame, about: _About, where: Place) -> None:
    """Refuse ties of organisations, worlds or months that there are not."""
    last = len(about.names) - 1
    bounds = {"world": (0, about.worlds - 1), "from": (0, last), "to": (0, last), "trust": (0.0, 1.0)}
    for name, (low, high) in bounds.items():
        if not ties[name].between(low, high).all():
            raise ScenarioError.of(f"has a value outside {low} to {high}", name, where)
    if not ties.month.isin(about.months).all():
        raise ScenarioError.of("has a month that was not predicted", "month", where)


def _part(column: Any, cuts: I, world: int) -> Any:
    """Return the rows of one world."""
    return column[cuts[world] : cuts[world + 1]]
