"""A comparison as a folder: data, figures, scenarios, and a manifest that says where all of it came from.

Everything is written to a hidden sibling first and renamed at the end, so that a folder is either complete
or not there. An earlier result is replaced only when the new one is complete. Two saves of one comparison
differ in nothing but `created` in the manifest.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cisim.outcomes import COLUMNS, describe
from cisim.result import OUTCOMES, meaning_of
from cisim.runs import run

if TYPE_CHECKING:
    import pandas as pd

    from cisim.comparison import Comparison

FORMAT = 1
"""Version of the folder's layout, stated in the manifest as ``"cisim_result": 1``."""
MANIFEST = "manifest.json"
DETAILS = ("orgs", "ties", "ledger", "balances", "hours")
"""Tables that can be asked for; taken from the first world of every regime."""
PACKAGES = ("cisim", "numpy", "numba", "mesa", "pandas", "pyarrow", "scipy", "matplotlib", "networkx")


def save(cmp: Comparison, folder: str | Path, *, details: Sequence[str] = (), figures: bool = True) -> Path:
    """Write a comparison to a folder.

    Parameters
    ----------
    cmp : Comparison
    folder : str or Path
        New, empty, or an earlier result of cisim, which is replaced.
    details : sequence of str
        Any of "orgs", "ties", "ledger", "balances", "hours": the first world of every regime is run again
        with these tables.
    figures : bool
        Draw all figures too.

    Returns
    -------
    Path
        The folder: ``manifest.json``, ``scenarios/*.yaml``, ``runs.parquet``, ``series.parquet``,
        ``groups.parquet``, ``paired.parquet``, ``summary.csv``, ``effects.csv``, ``columns.csv``,
        ``table.txt``, the details, and ``figures/*`` as SVG and PNG with their data as CSV.

    Raises
    ------
    FileExistsError
        If the folder holds something else than an earlier result.
    ValueError
        If a detail is unknown, or the folder is a URL.
    """
    if isinstance(details, str) or not set(details) <= set(DETAILS):
        raise ValueError(f"details: {details!r} is not allowed; a list of any of {', '.join(DETAILS)}")
    target = local_target(folder)
    check_target(target)
    with swapped_in(target) as place:
        write_tables(cmp, place)
        write_scenarios(cmp, place)
        write_details(cmp, place, details)
        if figures:
            from cisim.plots import save_figures

            save_figures(cmp, place / "figures")
        text = json.dumps(manifest(cmp, place), indent=1, ensure_ascii=False, allow_nan=False)
        (place / MANIFEST).write_text(text + "\n", encoding="utf-8")
    return target


def local_target(folder: str | Path) -> Path:
    """Return where a folder stands on this machine.

    Raises
    ------
    ValueError
        If it is a URL: results are swapped in whole, which only a disk can do.

    Examples
    --------
    >>> local_target("result").name
    'result'
    """
    if "://" in str(folder):
        raise ValueError(f"folder: {str(folder)[:80]!r} is not allowed; a folder on this machine")
    return Path(folder).expanduser().resolve()


def check_target(target: Path) -> None:
    """Refuse a folder that holds anything but a complete earlier result.

    Raises
    ------
    FileExistsError
        With what is in the way.
    """
    if not target.exists():
        return
    if not target.is_dir():
        raise FileExistsError(f"{target}: is a file; give a folder")
    held = sorted(path.relative_to(target).as_posix() for path in target.rglob("*") if not path.is_dir())
    if not held and not any(target.iterdir()):
        return
    written = written_files(target)
    if written is None:
        raise FileExistsError(f"{target}: not empty and not an earlier result of cisim; give a new folder")
    strange = [name for name in held if name not in written]
    if strange:
        more = f" and {len(strange) - 1} more" if len(strange) > 1 else ""
        raise FileExistsError(
            f"{target}: an earlier result, but {strange[0]}{more} was added to it; move it first"
        )


def written_files(target: Path) -> set[str] | None:
    """Return the names of the files an earlier save wrote, or None if the folder is none."""
    try:
        stated = json.loads((target / MANIFEST).read_text(encoding="utf-8"))
        if "cisim_result" not in stated:
            return None
        return {MANIFEST, *stated["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return None


@contextlib.contextmanager
def swapped_in(target: Path) -> Iterator[Path]:
    """Give a new folder that takes the place of `target` if the block ends well, and goes if not."""
    target.parent.mkdir(parents=True, exist_ok=True)
    mark = secrets.token_hex(4)
    fresh = target.with_name(f".{target.name}.new-{mark}")
    old = target.with_name(f".{target.name}.old-{mark}")
    fresh.mkdir()
    try:
        yield fresh
        check_target(target)  # somebody may have put something there in the meantime
        if target.exists():
            target.rename(old)
        try:
            fresh.rename(target)
        except BaseException:
            if old.exists():
                old.rename(target)
            raise
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    shutil.rmtree(old, ignore_errors=True)


def write_tables(cmp: Comparison, place: Path) -> None:
    """Write runs, series, groups, differences, summary, and what the columns mean."""
    parquet(cmp.to_df(), place / "runs.parquet")
    parquet(cmp.series(), place / "series.parquet")
    parquet(cmp.by_group(), place / "groups.parquet")
    parquet(cmp.paired(), place / "paired.parquet")
    csv(cmp.summary(), place / "summary.csv")
    csv(cmp.effects(), place / "effects.csv")
    csv(dictionary(), place / "columns.csv")
    (place / "table.txt").write_text(cmp.table() + "\n", encoding="utf-8")


def parquet(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame exactly (float64) and compressed."""
    frame.to_parquet(path, engine="pyarrow", compression="zstd", index=False)


def csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a frame with numbers that read back exactly; a missing number is an empty cell."""
    frame.to_csv(path, index=False, lineterminator="\n", encoding="utf-8")


def dictionary() -> pd.DataFrame:
    """Return what the columns of runs and series mean: table, column, unit, meaning."""
    import pandas as pd

    rows = [("series", name, describe(name)[1], describe(name)[0]) for name in COLUMNS]
    rows += [("runs", name, meaning_of(name)[1], meaning_of(name)[0]) for name in OUTCOMES]

    return pd.DataFrame(rows, columns=["table", "column", "unit", "meaning"])


def slugs(labels: Sequence[str]) -> dict[str, str]:
    """Return a file name for every label, all different.

    Examples
    --------
    >>> slugs(["collective", "a/b", "a b"])
    {'collective': 'collective', 'a/b': 'a-b', 'a b': 'a-b-2'}
    """
    names: dict[str, str] = {}
    for label in labels:
        stem = re.sub(r"[^A-Za-z0-9_]+", "-", label).strip("-")[:60].lower() or "regime"
        name, n = stem, 1
        while name in names.values():
            n += 1
            name = f"{stem}-{n}"
        names[label] = name
    return names


def write_scenarios(cmp: Comparison, place: Path) -> None:
    """Write the resolved scenario of every regime."""
    (place / "scenarios").mkdir()
    for label, name in slugs(cmp.labels).items():
        path = place / "scenarios" / f"{name}.yaml"
        path.write_text(cmp.scenarios[label].to_yaml(), encoding="utf-8", newline="\n")


def write_details(cmp: Comparison, place: Path, details: Sequence[str]) -> None:
    """Run the first world of every regime again and write the tables asked for."""
    import pandas as pd

    if not details:
        return
    parts: dict[str, list[pd.DataFrame]] = {name: [] for name in details}
    for label, scenario in cmp.scenarios.items():
        result = run(scenario, cmp.seeds[0], details=True)
        for name, frames in parts.items():
            frame = getattr(result, name).copy()
            frame.insert(0, "seed", cmp.seeds[0])
            frame.insert(0, "regime", label)
            frames.append(frame)
    for name, frames in parts.items():
        parquet(pd.concat(frames, ignore_index=True), place / f"{name}.parquet")


def manifest(cmp: Comparison, place: Path) -> dict[str, Any]:
    """Return where the files in `place` came from."""
    names = slugs(cmp.labels)
    files = sorted(path for path in place.rglob("*") if path.is_file())
    return {
        "cisim_result": FORMAT,
        "kind": "comparison",
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "elapsed_seconds": round(cmp.elapsed, 3),
        "command": cmp.command,
        "versions": {"python": platform.python_version(), **versions()},
        "platform": {"system": platform.system(), "machine": platform.machine(), "byteorder": sys.byteorder},
        "git_commit": git_commit(),
        "scenario": cmp.scenario.name,
        "budget": cmp.budget,
        "reference": cmp.reference,
        "regimes": {
            label: {"digest": one.digest, "file": f"scenarios/{names[label]}.yaml"}
            for label, one in cmp.scenarios.items()
        },
        "seed": cmp.seed,
        "worlds": cmp.worlds,
        "world_seeds": cmp.seeds,
        "outcomes": list(cmp.names),
        "files": {path.relative_to(place).as_posix(): fingerprint(path) for path in files},
    }


def versions() -> dict[str, str | None]:
    """Return the versions of the packages that numbers and figures depend on."""
    found: dict[str, str | None] = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = None
    return found


def fingerprint(path: Path) -> dict[str, Any]:
    """Return digest and size of a file."""
    data = path.read_bytes()
    return {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}


def git_commit() -> str | None:
    """Return the commit of the checkout this runs from, ``+changes`` if edited; None if it is none."""
    here = Path(__file__).resolve()

    def git(*words: str) -> str:
        done = subprocess.run(
            ["git", "-C", str(here.parent), *words],
            capture_output=True,
            text=True,
            timeout=10,
            check=True,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
        return done.stdout.strip()

    try:
        git("ls-files", "--error-unmatch", here.name)  # installed inside somebody else's repository: not ours
        changed = git("status", "--porcelain", "--untracked-files=no", "--", ".")
        return git("rev-parse", "HEAD") + ("+changes" if changed else "")
    except (OSError, subprocess.SubprocessError):
        return None


def verify(folder: str | Path) -> list[str]:
    """Return the names of files that are missing or differ from what the manifest of a result says.

    Raises
    ------
    ValueError
        If the folder is not a result of cisim.
    """
    target = Path(folder)
    if written_files(target) is None:
        raise ValueError(f"{target}: not a result of cisim (no {MANIFEST} that says so)")
    stated = json.loads((target / MANIFEST).read_text(encoding="utf-8"))["files"]
    return [
        name
        for name, print_ in stated.items()
        if not (target / name).is_file() or fingerprint(target / name) != print_
    ]
