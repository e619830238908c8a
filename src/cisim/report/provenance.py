"""Where the numbers of a report come from, and the commands that make them again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cisim.comparison import Comparison
    from cisim.study.study import StudyResult

MEMORY = "made in memory, not written to a folder"
SEEDS = 6
"""Seeds of worlds that are named; all stand in the manifest."""


def about_comparison(cmp: Comparison, stated: Mapping[str, Any] | None) -> dict[str, str]:
    """Return where a comparison comes from."""
    found = {
        "Scenario": f"{cmp.scenario.name} ({cmp.scenario.title})",
        **{f"Digest, {label}": _digest(one.digest, stated, label) for label, one in cmp.scenarios.items()},
        "Seed": str(cmp.seed),
        "Seeds of worlds": _some(cmp.seeds),
        "Runs": f"{len(cmp.labels) * cmp.worlds:,} ({len(cmp.labels)} regimes in {cmp.worlds:,} worlds); none failed",
        "Money": {
            "equal": "equal budget",
            "added": "coordination paid by new money",
            "mixed": "each as it states",
        }[cmp.budget],
    }
    return {**found, **about_result(stated)}


def _digest(digest: str, stated: Mapping[str, Any] | None, label: str) -> str:
    """Return the digest of a scenario, and whether the one that was run was another."""
    then = stated["regimes"][label].get("digest") if stated else digest
    return digest if then == digest else f"{then} when it was run; this version of cisim reads it as {digest}"


def about_result(stated: Mapping[str, Any] | None) -> dict[str, str]:
    """Return what a manifest says of when, where and with what a result was made."""
    if stated is None:
        from cisim.compiled import model_version
        from cisim.store import git_commit, versions

        return {
            "Made": MEMORY, "Model version": model_version(), "Versions": versions_in_words(versions()),
            "Commit": git_commit() or "not known",
        }  # fmt: skip
    return {
        "Made": str(stated["created"]),
        "Command": str(stated.get("command") or "from Python"),
        "Versions": versions_in_words(stated["versions"]),
        "Commit": str(stated.get("git_commit") or "not known"),
        "Files": f"{len(stated['files'])}, each as its digest in manifest.json says",
    }


def versions_in_words(versions: Mapping[str, Any]) -> str:
    """Return versions of packages as one line.

    Examples
    --------
    >>> versions_in_words({"cisim": "0.1.0", "mesa": None})
    'cisim 0.1.0'
    """
    return ", ".join(f"{name} {one}" for name, one in versions.items() if one)


def _some(seeds: Sequence[int]) -> str:
    """Return the first seeds of worlds."""
    more = f" and {len(seeds) - SEEDS:,} more, all derived from the seed" if len(seeds) > SEEDS else ""
    return ", ".join(map(str, seeds[:SEEDS])) + more


def repeat_comparison(cmp: Comparison, name: str | None) -> list[str]:
    """Return commands that repeat a comparison."""
    lines = []
    if cmp.command:
        lines += ["# as it was made", cmp.command]
    if name is not None:
        file = f"{name}/scenarios/{_file(cmp)}"
        lines += ["# from what was saved: one regime in the first world", shlex.join(
            ["cisim", "run", file, "--seed", str(cmp.seeds[0])])]  # fmt: skip
        lines += ["# this report", shlex.join(["cisim", "report", name])]
    if not lines:
        labels = ", ".join(repr(one) for one in cmp.labels)
        lines = [
            "# in Python",
            f"cisim.compare(scenario, regimes=[{labels}], worlds={cmp.worlds}, seed={cmp.seed}, budget={cmp.budget!r})",
        ]
    return lines


def _file(cmp: Comparison) -> str:
    """Return the file of the last regime's scenario."""
    from cisim.store import slugs

    return f"{slugs(cmp.labels)[cmp.labels[-1]]}.yaml"


def about_study(result: StudyResult) -> dict[str, str]:
    """Return where a study comes from."""
    from cisim.compiled import model_version

    manifest, spec = result.manifest, result.spec
    now = model_version()
    model = (
        manifest.model
        if manifest.model == now
        else f"{manifest.model} (this cisim has {now}; numbers differ)"
    )
    begun, ended = (str(manifest.events[k]["time"]) if manifest.events else "not known" for k in (0, -1))
    draws = f"{spec.samples:,} draws asked for" if spec.samples else "points chosen in waves"
    worlds = (
        f"{spec.worlds} a point"
        if isinstance(spec.worlds, int)
        else f"as many as the precision asks, at most {spec.worlds.most}"
    )
    return {
        "Study": f"{spec.name} ({spec.analysis})",
        "Digest of the study": spec.digest,
        "Scenario": f"{spec.scenario.name} ({spec.scenario.title})",
        **{f"Digest, {label}": one.digest for label, one in spec.cases.items()},
        "Seed": f"{spec.seed}; every draw has {'worlds of its own' if spec.seeds == 'own' else 'the same worlds'}",
        "Draws and worlds": f"{draws}; worlds: {worlds}",
        "Runs": f"{_rows(result, 'runs.parquet'):,}",
        "Failed runs": f"{_rows(result, 'failures.parquet'):,}, left out of all numbers",
        "Begun, last written": f"{begun}, {ended}",
        "Command": manifest.command or "from Python",
        "Versions": versions_in_words(manifest.versions),
        "Model version": model,
        "Commit": manifest.commit or "not known",
        **{f"Digest, {name}": str(one.get("sha256", one)) for name, one in manifest.tables.items()},
    }  # fmt: skip


def _rows(result: StudyResult, name: str) -> int:
    """Return how many rows a finished table has, without reading it."""
    import pyarrow.parquet as pq

    with result.folder.open(name) as stream:
        return int(pq.ParquetFile(stream).metadata.num_rows)


def repeat_study(result: StudyResult, name: str | None) -> list[str]:
    """Return commands that repeat a study."""
    lines = ["# as it was made", result.manifest.command] if result.manifest.command else []
    if name is None:
        return [*lines, "# in Python, with the study this came from", "study.run()"]
    return [
        *lines, "# run it again and compare every byte of its tables", shlex.join(["cisim", "reproduce", name]),
        "# the analysis anew, from the runs that are there",
        shlex.join(["cisim", _verb(result.spec.analysis), name]),
        "# this report", shlex.join(["cisim", "report", name]),
    ]  # fmt: skip


def _verb(analysis: str) -> str:
    """Return the command of an analysis."""
    return "sweep" if analysis == "attribution" else analysis
