"""A prediction as a folder that says what it is and cannot be mended afterwards without showing it.

``prediction.json`` holds the SHA-256 of every other file and no date, so that the same prediction is the same bytes.
Whoever publishes its digest before the next survey has published the prediction. Scoring refuses a folder in which
anything differs from it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cisim.problems import Place, ScenarioError
from cisim.scenario import Scenario
from cisim.store import csv, fingerprint, local_target, parquet, swapped_in, versions
from cisim.survey.futures import Snapshot
from cisim.survey.network import I
from cisim.survey.predicting import Prediction

FORMAT = 1
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
    where = Place(str(place / ABOUT))
    try:
        data = (place / ABOUT).read_bytes()
        told = json.loads(data)
        if told["cisim_prediction"] != FORMAT:
            raise ScenarioError.of(f"has the format {told['cisim_prediction']!r}, not {FORMAT}", place=where)
        stated = told["files"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        if isinstance(error, ScenarioError):
            raise
        what = "no prediction is here; 'cisim export SCENARIO --month M -o DIR' makes one"
        raise ScenarioError.of(what, place=where) from error
    _check_files(place, stated)
    snapshots = _snapshots(place, told)
    months = tuple(told["months"])
    from cisim.scenario import load
    from cisim.survey.predicting import start_of

    origin = {key: told[key] for key in _ORIGIN}
    start = start_of(load(place / "scenario.yaml"))
    worlds = tuple(snapshots[month] for month in months)
    low, high = told["scale"]
    found = Prediction(tuple(told["organisations"]), months, worlds, start, low, high, origin)
    return found, hashlib.sha256(data).hexdigest()


_ORIGIN = (
    "scenario", "title", "regime", "scenario_digest", "model_version", "seed", "draws", "drawn",
)  # fmt: skip


def _check_files(place: Path, stated: Mapping[str, Any]) -> None:
    """Refuse a folder of which a file is missing or changed."""
    for name, print_ in stated.items():
        path = place / name
        if not path.is_file():
            raise ScenarioError.of("is missing; a prediction is scored whole", place=Place(str(path)))
        if fingerprint(path) != print_:
            what = f"was changed after the prediction was made (its digest differs from {ABOUT})"
            raise ScenarioError.of(what, place=Place(str(path)))


def _snapshots(place: Path, told: Mapping[str, Any]) -> dict[int, tuple[Snapshot, ...]]:
    """Return the worlds of every month."""
    n, worlds = len(told["organisations"]), int(told["worlds"])
    ties = pd.read_parquet(place / TIES).sort_values(["month", "world"], kind="stable")
    places = pd.read_parquet(place / PLACES).sort_values(["month", "world", "org"], kind="stable")
    found: dict[int, tuple[Snapshot, ...]] = {}
    for month in told["months"]:
        of_month = ties[ties.month == month]
        cuts = np.searchsorted(of_month.world.to_numpy(), np.arange(worlds + 1))
        columns = [of_month[name].to_numpy() for name in ("from", "to", "trust")]
        rows = places[places.month == month]
        facts = [rows[name].to_numpy().reshape(worlds, n) for name in ("is_there", "sector", "usd_per_year")]
        found[month] = tuple(
            Snapshot(*(_part(column, cuts, w) for column in columns), *(fact[w] for fact in facts))
            for w in range(worlds)
        )
    return found


def _part(column: Any, cuts: I, world: int) -> Any:
    """Return the rows of one world."""
    return column[cuts[world] : cuts[world + 1]]
