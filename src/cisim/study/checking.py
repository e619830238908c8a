"""Shards put together, and finished studies run again to certify them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from cisim.compiled import model_version
from cisim.study.folder import Folder, folder_or_memory
from cisim.study.manifest import FINISHED, Manifest, is_study, read_manifest
from cisim.study.opening import check_folder
from cisim.study.parts import PARTS, Parts, sizes
from cisim.study.problems import StudyInputError
from cisim.study.reopening import parts_again
from cisim.study.results import KEYS, read_frame
from cisim.study.runner import How, run_study
from cisim.study.tables import RUNS, changed_tables

if TYPE_CHECKING:
    import pandas as pd

MOST_NAMED = 10


def merge(target: Folder, sources: Sequence[Folder], how: How, command: str | None = None) -> Manifest:
    """Put shards of one study together; what none of them holds is run.

    Parameters
    ----------
    target : Folder
        New or empty.
    sources : sequence of Folder
        Shards, or other folders of the same study; they stay as they are.
    how : How

    Raises
    ------
    StudyInputError
        If they are not of one study and one version of the model, or a shard is missing.
    """
    if is_study(target):
        raise StudyInputError(f"{target}: holds a study already; name a new folder")
    manifests = [read_manifest(source)[0] for source in sources]
    first = manifests[0]
    if first.model != model_version():
        raise StudyInputError(
            f"{sources[0]}: was run with version {first.model} of the model, this is {model_version()}"
        )
    for source, one in zip(sources, manifests, strict=True):
        bad = changed_tables(one, source)
        if bad:
            raise StudyInputError(
                f"{source}: {', '.join(bad)} changed since written; 'cisim resume {source}' makes it again"
            )
    for source, one in zip(sources[1:], manifests[1:], strict=True):
        if one.spec.digest != first.spec.digest or one.spec.to_dict() != first.spec.to_dict():
            raise StudyInputError(
                f"{source}: is of another study than {sources[0]}; merge shards of one study"
            )
        if one.model != first.model:
            raise StudyInputError(
                f"{source}: was run with version {one.model} of the model, {sources[0]} with {first.model}"
            )
    _check_shards(manifests)
    check_folder(target)
    if target.exists() and target.names(PARTS):
        raise StudyInputError(f"{target}: holds runs already; name a new folder")
    target.make()
    with target.lock():
        made = Manifest.new(first.spec, None, command)
        made.model = first.model
        made.note(f"merged from {', '.join(str(source) for source in sources)}")
        parts = Parts(target, first.spec.digest)
        for source, one in zip(sources, manifests, strict=True):
            if one.state == FINISHED and one.tables:
                parts_again(one, source, parts)
            for name in source.names(PARTS):
                target.write(name, source.read(name))
        made.write(target)
    return run_study(None, target, how)


def _check_shards(manifests: Sequence[Manifest]) -> None:
    """Say which shards are missing."""
    shards = [one.shard for one in manifests if one.shard is not None]
    if not shards:
        return
    totals = {n for _, n in shards}
    if len(totals) > 1:
        raise StudyInputError(
            f"shards are of {' and '.join(map(str, sorted(totals)))} in all; merge those of one split"
        )
    n = totals.pop()
    missing = sorted(set(range(1, n + 1)) - {i for i, _ in shards})
    if missing and len(shards) == len(manifests):
        raise StudyInputError(
            f"shards {', '.join(f'{i}/{n}' for i in missing)} are missing; name their folders too"
        )


@dataclass(frozen=True)
class Certificate:
    """Whether a study gives the same results again.

    Attributes
    ----------
    is_same : bool
    remarks : tuple of str
        What differs, or that nothing does.
    digests : dict of str to tuple of str
        Digest of each table then and now.
    """

    is_same: bool
    remarks: tuple[str, ...]
    digests: dict[str, tuple[str, str]]


def reproduce(folder: Folder, how: How) -> Certificate:
    """Run a finished study again, elsewhere, and compare the digests of its tables.

    Raises
    ------
    StudyInputError
        If the folder holds no finished study.
    """
    manifest, remarks = read_manifest(folder)
    if manifest.state != FINISHED or not manifest.tables:
        raise StudyInputError(f"{folder}: is not finished; 'cisim resume {folder}' goes on with it")
    now = sizes(folder, [name for name in manifest.tables if folder.exists(name)])
    altered = [name for name, stated in manifest.tables.items() if now.get(name) != stated]
    remarks += [f"{name} is missing or was changed after it was written" for name in altered]
    if manifest.model != model_version():
        remarks.append(f"version of the model: {manifest.model} then, {model_version()} now")
    again = folder_or_memory(None)
    made = run_study(manifest.spec, again, how)
    digests = {
        name: (str(stated["sha256"]), str(made.tables.get(name, {}).get("sha256", "")))
        for name, stated in manifest.tables.items()
    }
    different = [name for name, (then, anew) in digests.items() if then != anew]
    if different and RUNS not in altered:
        remarks += differences(read_frame(folder, RUNS), read_frame(again, RUNS)) or [_only_bytes(manifest)]
    elif different:
        remarks.append(f"{', '.join(different)} came out otherwise than the manifest says")
    return Certificate(not different and not altered, tuple(remarks), digests)


def _only_bytes(manifest: Manifest) -> str:
    """Say that numbers are equal where files are not."""
    then = manifest.versions.get("pyarrow")
    return f"every outcome is the same; only the bytes of files differ (written with pyarrow {then})"


def differences(then: pd.DataFrame, now: pd.DataFrame) -> list[str]:
    """Return which runs and outcomes differ between two tables of runs, in words."""
    keys = [*KEYS[:1], "case", "world"]
    for frame in (then, now):
        frame["case"] = frame["case"].astype(str)
    both = then.merge(now, on=keys, how="outer", suffixes=("", "_now"), indicator=True)
    lone = both[both["_merge"] != "both"]
    found = [f"{len(lone)} runs are in one of the two only"] if len(lone) else []
    both = both[both["_merge"] == "both"]
    names = [name for name in then.columns if f"{name}_now" in both and name not in ("study", *keys)]
    for name in names:
        mine, other = both[name].to_numpy(), both[f"{name}_now"].to_numpy()
        same = (mine == other) | ((mine != mine) & (other != other))
        if not same.all():
            row = both.loc[~same].iloc[0]
            where = ", ".join(f"{key} {row[key]}" for key in keys)
            n = int(np.count_nonzero(~same))
            values = f"{row[name]} then, {row[f'{name}_now']} now"
            found.append(f"{name} differs in {n} of {len(both)} runs, first in {where}: {values}")
    more = len(found) - MOST_NAMED
    return [*found[:MOST_NAMED], *([f"and {more} more columns differ"] if more > 0 else [])]
