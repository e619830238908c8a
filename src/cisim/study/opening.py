"""Opening the folder of a study: what it holds is checked, mended, and turned into something to go on with."""

from __future__ import annotations

from collections.abc import Callable

from cisim.compiled import model_version
from cisim.study.folder import Folder
from cisim.study.manifest import FINISHED, RUNNING, SWAPPING, Manifest, is_study, read_manifest
from cisim.study.parts import PARTS, Parts, study_in
from cisim.study.problems import StudyInputError
from cisim.study.reopening import parts_again
from cisim.study.spec import Spec
from cisim.study.stopping import Precision
from cisim.study.tables import RUNS, changed_tables, finish_swap

Remark = Callable[[str], object]


def check_shard(spec: Spec | None, shard: tuple[int, int] | None) -> None:
    """Refuse shards of studies whose later points depend on earlier results."""
    if shard is None:
        return
    i, n = shard
    if not 1 <= i <= n:
        raise StudyInputError(f"shard: {i}/{n} is not allowed; i/n with 1 <= i <= n")
    if spec is not None and (spec.analysis == "calibrate" or isinstance(spec.worlds, Precision)):
        raise StudyInputError(
            "shard: this study decides by its first results what to run next; run it in one piece"
        )


def check_folder(folder: Folder) -> None:
    """Refuse a folder that holds something else than a study.

    Raises
    ------
    StudyInputError
        With what is in the way.
    """
    if folder.is_file():
        raise StudyInputError(f"{folder}: is a file; name a folder")
    if not folder.exists() or is_study(folder):
        return
    held = [name for name in folder.names() if not name.startswith((".lock", "parts/", "damaged/", ".tmp-"))]
    if held:
        raise StudyInputError(f"{folder}: not empty and no study ({held[0]} stands in it); name a new folder")


def opened(
    spec: Spec | None, folder: Folder, remark: Remark, shard: tuple[int, int] | None, command: str | None
) -> Manifest:
    """Return the manifest of the folder, mended and checked, or a new one."""
    left = folder.remove_temporary()
    if left:
        remark(f"{left} half-written files of an earlier driver were removed")
    if not is_study(folder):
        assert spec is not None
        manifest = Manifest.new(spec, shard, command)
        manifest.write(folder)
        return manifest
    try:
        manifest, remarks = read_manifest(folder)
    except StudyInputError as error:
        if spec is None:
            raise
        _check_lost(spec, folder)
        remark(f"{error}; it is written anew")
        manifest = Manifest.new(spec, shard, command)
        manifest.write(folder)
        return manifest
    for one in remarks:
        remark(one)
    if remarks:
        manifest.note("; ".join(remarks))
        manifest.write(folder)
    _check_same(spec, manifest, folder, shard)
    if manifest.state == SWAPPING:
        remark("an interrupted exchange of tables is completed")
        finish_swap(manifest, folder)
    if manifest.state == FINISHED:
        _check_tables(manifest, folder, remark)
    if spec is not None and (spec.worlds, spec.samples) != (manifest.spec.worlds, manifest.spec.samples):
        grow(manifest, folder, spec)
    return manifest


def _check_lost(spec: Spec, folder: Folder) -> None:
    """Refuse a folder without manifest whose runs are of another study.

    Raises
    ------
    StudyInputError
        If what stands there says so.
    """
    names = [*(name for name in (RUNS,) if folder.exists(name)), *folder.names(PARTS)[:1]]
    for name in names:
        held = study_in(folder, name)
        if held and held != spec.digest:
            raise StudyInputError(f"{folder}: {name} is of another study; name a new folder")


def _check_same(spec: Spec | None, manifest: Manifest, folder: Folder, shard: tuple[int, int] | None) -> None:
    """Refuse to mix studies, shards, or versions of the model."""
    if spec is not None and spec.digest != manifest.spec.digest:
        raise StudyInputError(f"{folder}: holds another study ({manifest.spec.name!r}); name a new folder")
    if shard != manifest.shard and (spec is not None or shard is not None):
        wanted = f"{shard[0]}/{shard[1]}" if shard else "the whole study"
        held = f"{manifest.shard[0]}/{manifest.shard[1]}" if manifest.shard else "the whole study"
        raise StudyInputError(f"shard: {wanted} is not what {folder} holds, which is {held}")
    mine = model_version()
    if manifest.state != FINISHED and manifest.model != mine:
        raise StudyInputError(
            f"{folder}: was begun with version {manifest.model} of the model, this is {mine}; runs of different "
            "versions are not mixed: finish it with the version it was begun with, or name a new folder"
        )


def _check_tables(manifest: Manifest, folder: Folder, remark: Remark) -> None:
    """Start again where finished tables are missing or damaged; leave what a killed driver forgot to clear away."""
    bad = changed_tables(manifest, folder)
    if not bad:
        if manifest.tables:  # a shard has none, its parts are its result
            Parts(folder, manifest.spec.digest).remove_all()
        return
    if manifest.model != model_version():
        raise StudyInputError(
            f"{folder}: {', '.join(bad)} changed since written, and cannot be made again with another version of the "
            f"model ({manifest.model}, this is {model_version()})"
        )
    remark(f"{', '.join(bad)} changed since written; the runs are made again")
    manifest.state, manifest.tables = RUNNING, {}
    manifest.note(f"{', '.join(bad)} had changed; begun again")
    manifest.write(folder)


def grow(manifest: Manifest, folder: Folder, spec: Spec) -> None:
    """Let a study have more worlds or samples; what is finished is kept.

    Raises
    ------
    StudyInputError
        If it would shrink, or the study decides by itself.
    """
    old = manifest.spec
    if isinstance(old.worlds, Precision) or isinstance(spec.worlds, Precision):
        if old.worlds != spec.worlds:
            raise StudyInputError(
                "worlds: decided by the precision wanted; state another precision in a new folder"
            )
    elif spec.worlds < old.worlds:
        raise StudyInputError(
            f"worlds: {spec.worlds} is not allowed; the study has {old.worlds}, and only grows"
        )
    if spec.samples < old.samples:
        raise StudyInputError(
            f"samples: {spec.samples} is not allowed; the study has {old.samples}, and only grows"
        )
    if old.analysis == "calibrate":
        raise StudyInputError("worlds: a calibration decides by its results; state more in a new folder")
    if manifest.shard is not None:
        raise StudyInputError(f"{folder}: is a shard; merge the shards, then extend the whole")
    if manifest.model != model_version():
        raise StudyInputError(
            f"{folder}: was run with version {manifest.model} of the model, this is {model_version()}"
        )
    if manifest.state == FINISHED and manifest.tables:
        _unpack(manifest, folder)
    manifest.spec, manifest.state = spec, RUNNING
    manifest.note(f"grows to {spec.worlds} worlds, {spec.samples} samples")
    manifest.write(folder)


def reopen(folder: Folder, remark: Remark) -> None:
    """Let runs of a finished study that failed be tried again."""
    with folder.lock():
        manifest, _ = read_manifest(folder)
        if manifest.state != FINISHED:
            return
        if manifest.model != model_version():
            raise StudyInputError(
                f"{folder}: was run with version {manifest.model} of the model, this is {model_version()}"
            )
        if manifest.tables:
            _check_tables(manifest, folder, remark)
        if manifest.state == FINISHED and manifest.tables:
            _unpack(manifest, folder)
        manifest.state = RUNNING
        manifest.note("failed runs are tried again")
        manifest.write(folder)


def _unpack(manifest: Manifest, folder: Folder) -> None:
    """Turn the tables of a finished study back into parts."""
    parts = Parts(folder, manifest.spec.digest)
    parts.remove_all()
    parts_again(manifest, folder, parts)
    manifest.state, manifest.tables = RUNNING, {}
