"""Reports on analyses as they stand in a folder: cases from life, audits of claims, studies of parsimony.

The runs below such an analysis carry digests and are checked. The analysis itself carries none, and the report says so.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from cisim.report.answers_written import case_answer, cases_answer, claims_answer, parsimony_answer
from cisim.report.assumptions import assumptions, left_at_defaults
from cisim.report.calibration import draws_of
from cisim.report.community import community
from cisim.report.problems import ReportError
from cisim.report.provenance import about_study
from cisim.report.records import Code, Document, Figure, Section, Table
from cisim.report.reopened import read_json
from cisim.report.studies import shortened
from cisim.report.words import capital, counted

if TYPE_CHECKING:
    import pandas as pd

    from cisim.study.study import StudyResult

NO_DIGEST = (
    "as they stand in the folder, without digests. The runs they were made from have them, and are unchanged."
)
CAPTIONS = {
    "effect": "The true level in the last year: as it happened, as it might have been, and their difference",
    "coverage": "How many published figures lie inside 5-95 % of predictions",
    "parts": "What the change up to a figure is made of",
    "score": "Cases: published figures, those inside 5-95 % of predictions, and the gain of what happened",
    "before": "The same with the scenarios' own ranges instead of the calibrated set",
    "controls": "Negative controls",
    "groups": "Rules and groups of parameters, and the outcome each changes most",
}
LARGEST_CSV = 64 * 2**20
Frames = Mapping[str, "pd.DataFrame"]


def tables_in(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the tables of a written analysis, by name.

    Raises
    ------
    ReportError
        If one cannot be read.
    """
    import pandas as pd

    found = {}
    for path in sorted((folder / "analysis").glob("*.csv")):
        try:
            if path.stat().st_size > LARGEST_CSV:
                raise ReportError(
                    f"{path}: is larger than {LARGEST_CSV // 2**20} MB; it is no table of an analysis"
                )
            found[path.stem] = pd.read_csv(path)
        except pd.errors.EmptyDataError:
            found[path.stem] = pd.DataFrame()
        except (ValueError, OSError) as error:
            if isinstance(error, ReportError):
                raise
            reason = " ".join(str(error).split())[:80]
            raise ReportError(
                f"{path}: is damaged ({reason}); run the command that wrote it again"
            ) from error
    return found


def figures_in(folder: Path) -> list[Figure]:
    """Return the figures of a written analysis."""
    found = []
    for path in sorted((folder / "analysis").glob("*.svg")):
        what = capital(path.stem.replace("_", " "))
        try:
            found.append(Figure(path.read_bytes(), f"Figure: {what}. The numbers stand in the tables.", what))
        except ValueError as error:
            raise ReportError(f"{path}: is damaged ({error}); run the command that wrote it again") from error
    return found


def text_in(folder: Path, command: str) -> str:
    """Return the text of a written analysis.

    Raises
    ------
    ReportError
        If there is none: the command did not come to its end.
    """
    path = folder / "analysis" / "report.txt"
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise ReportError(f"{folder}: is not finished (no {path.name}); run '{command}' again") from error


def studies_in(folder: Path) -> dict[str, StudyResult]:
    """Return the finished studies below a folder, each checked against its digests."""
    from cisim.report.sources import COPY, STUDY, opened

    names = [path for path in sorted(folder.iterdir()) if (path / STUDY).is_file() or (path / COPY).is_file()]
    return {path.name: opened(str(path)) for path in names}


def _asked(tables: Frames, folder: Path, columns: Mapping[str, tuple[str, ...]]) -> None:
    """Refuse tables that lack what is told of them."""
    for name, wanted in columns.items():
        have = tables[name].columns if name in tables else ()
        missing = [column for column in wanted if column not in have]
        if missing:
            raise ReportError(
                f"{folder / 'analysis' / f'{name}.csv'}: is damaged or of another version ({missing[0]} is missing); "
                "run the command that wrote it again"
            )


def _shown(folder: Path, tables: Frames, keys: tuple[str, ...]) -> Section:
    """Return the tables and figures that matter most."""
    blocks = [shortened(tables[name], name, CAPTIONS.get(name, "")) for name in keys if name in tables]
    return Section("Key figures", [*blocks, *figures_in(folder)])


def _appendix(folder: Path, tables: Frames, command: str) -> list[Section]:
    """Return text and tables of a written analysis."""
    rest = [
        Section(f"Table: {name.replace('_', ' ')}", [shortened(frame, name)])
        for name, frame in tables.items()
    ]
    return [Section("As printed on a terminal", [Code(text_in(folder, command))]), *rest]


def case(folder: Path, title: str | None, name: str) -> Document:
    """Return the report on a case from life."""
    from cisim.report.sources import opened
    from cisim.report.studies import drawn_in

    result = opened(str(folder))
    spec, command = result.spec, f"cisim retrodict {result.spec.name}"
    tables = tables_in(folder)
    _asked(tables, folder, {"predictions": ("role", "verdict"), "effect": ("what", "mean", "p5", "p95", "better"),
                            "coverage": ("figures", "role", "n", "inside")})  # fmt: skip
    drawn = drawn_in(spec)
    return Document(
        title=title or spec.title,
        question=spec.question,
        answer=case_answer(spec, tables),
        sections=[
            _shown(folder, tables, ("effect", "coverage", "parts")), assumptions(spec.cases, drawn), draws_of(spec),
        ],
        provenance={**about_study(result), "Tables and figures": NO_DIGEST},
        repeat=["# run again and compare every byte of the runs", shlex.join(["cisim", "reproduce", name]), command],
        appendix=[*_appendix(folder, tables, command), *left_at_defaults(spec.cases, drawn), community(spec.scenario)],
        subtitle=f"A case from life, {counted(spec.samples, 'draw')} of what is unknown",
    )  # fmt: skip


def cases(folder: Path, title: str | None, name: str) -> Document:
    """Return the report on several cases from life."""
    inner, command = folder / "overview", f"cisim retrodict -o {shlex.quote(name)}"
    tables = tables_in(inner)
    _asked(tables, inner, {"score": ("case", "n", "inside", "gain", "gain_p5", "gain_p95", "better")})
    found = studies_in(folder)
    return Document(
        title=title or "Cases from life beside what happened",
        question="Would the model have expected what happened, and what would have happened otherwise?",
        answer=cases_answer(tables),
        sections=[_shown(inner, tables, ("score", "before"))],
        provenance=_several(found),
        repeat=[command],
        appendix=_appendix(inner, tables, command),
        subtitle=counted(len(tables["score"]), "case"),
    )


def claims(folder: Path, title: str | None, name: str) -> Document:
    """Return the report on an audit of statements, or on its controls alone."""
    tables = tables_in(folder)
    whole = "claims" in tables
    command = f"cisim claims {'--run' if whole else '--controls'} -o {shlex.quote(name)}"
    _asked(tables, folder, {"controls": ("control", "passed", "measured"),
                            **({"claims": ("claim", "question", "verdict", "answer")} if whole else {})})  # fmt: skip
    return Document(
        title=title or "What is said of collective impact, audited",
        question="Which statements about collective impact hold in the model, which do not, and when?",
        answer=claims_answer(tables),
        sections=[_claims(tables), _shown(folder, tables, ("controls",))],
        provenance=_several(studies_in(folder)),
        repeat=[command],
        appendix=_appendix(folder, tables, command),
    )


def _claims(tables: Frames) -> Section:
    """Return every statement with what was found."""
    if "claims" not in tables:
        return Section("Statements", ["None was judged: these are the negative controls alone."])
    frame = tables["claims"][["claim", "question", "answer"]]
    note = (
        "Holds: in the model, with its margin. A statement that reverses is not thereby untrue of the world."
    )
    return Section("Statements", [Table.of(frame, "What was asked, and what the model says", [note])])


def parsimony(folder: Path, title: str | None, name: str) -> Document:
    """Return the report on which parameters and rules no outcome depends on."""
    from cisim.compiled import model_version

    stated = read_json(folder / "parsimony.json")
    scenario = str(stated.get("scenario", "generic-adaptive"))
    command = shlex.join(["cisim", "parsimony", scenario, "--seed", str(stated.get("seed", 1)), "-o", name])
    text_in(folder, command)
    tables = tables_in(folder)
    _asked(
        tables,
        folder,
        {"parameters": ("parameter", "largest", "proposal"), "groups": ("kind", "name", "largest")},
    )
    model = str(stated.get("model", "not known"))
    now = model_version()
    return Document(
        title=title or f"What outcomes depend on: {scenario}",
        question="Which parameters and rules could be left out, because no outcome depends on them?",
        answer=parsimony_answer(tables),
        sections=[_shown(folder, {**tables, "groups": tables["groups"].iloc[:, :8]}, ("groups",))],
        provenance={
            "Scenario": scenario, "Digest": str(stated.get("digest", "not known")),
            "Seed": str(stated.get("seed", "not known")), "Cases": ", ".join(map(str, stated.get("cases", []))),
            "Model version": model if model == now else f"{model} (this cisim has {now}; numbers differ)",
            "Tables and figures": "as they stand in the folder; neither they nor the runs carry a digest.",
        },
        repeat=[f"{command}  # the runs that are there are used, and the analysis is made anew"],
        appendix=_appendix(folder, tables, command),
    )  # fmt: skip


def _several(found: Mapping[str, StudyResult]) -> dict[str, str]:
    """Return where the runs of several studies come from."""
    if not found:
        return {"Runs": "none are in the folder", "Tables and figures": NO_DIGEST}
    models = sorted({one.manifest.model for one in found.values()})
    commits = sorted({one.manifest.commit or "not known" for one in found.values()})
    first = next(iter(found.values()))
    about = about_study(first)
    return {
        "Studies": ", ".join(found),
        **{f"Digest, {name}": one.spec.digest for name, one in found.items()},
        "Seeds": ", ".join(sorted({str(one.spec.seed) for one in found.values()})),
        "Failed runs": f"{sum(len(one.failures) for one in found.values()):,}, left out of all numbers",
        "Model version": ", ".join(models),
        "Versions": about["Versions"],
        "Commit": ", ".join(commits),
        "Tables and figures": NO_DIGEST,
    }
