"""The model's papers (ODD, TRACE, limits, citation) are in step with the program."""

from __future__ import annotations

import ast
import re
import shlex
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer
import yaml

from cisim.cli import UsageError, app
from cisim.compiled import model_version
from cisim.docking import TARGETS
from cisim.engine import STEP
from cisim.params import PARAMS
from cisim.presets import REGIME_LEVERS
from cisim.study.calibrated import origin
from cisim.study.calibration.targets import read_targets
from cisim.study.reading import load_study

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAPERS = ("odd.md", "trace.md", "limits.md")
TEXTS = {name: (DOCS / name).read_text("utf-8") for name in PAPERS}
TRIALS = sorted((ROOT / "experiments" / "trials").glob("*.yaml"))
REFRESH = "run: python docs/make_blocks.py"


def prose(name: str) -> str:
    """A paper without what is generated, code, addresses and its list of references."""
    text = re.sub(r"<!-- from: .*?<!-- end -->", "", TEXTS[name], flags=re.DOTALL)
    text = re.sub(r"```.*?```|`[^`]*`|https?://\S+", "", text, flags=re.DOTALL)
    return text.partition("\nReferences: ")[0]


def words_of(text: str) -> str:
    return " ".join(text.split())


# --- links, blocks, commands ---------------------------------------------------------------------------------


def slugs(path: Path) -> set[str]:
    """Anchors of a document, as they are made of its headings."""
    heads = re.findall(r"^#+ (.*)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links() -> Iterator[tuple[str, str]]:
    for name in PAPERS:
        for target in sorted(set(re.findall(r"\]\(([^)]+)\)", words_of(TEXTS[name])))):
            yield name, target


@pytest.mark.parametrize(("name", "target"), list(links()))
def test_links_lead_somewhere(name: str, target: str) -> None:
    page, _, anchor = target.partition("#")
    if target.startswith("https://"):
        return
    path = DOCS / (page or name)
    assert path.exists()
    assert not anchor or anchor in slugs(path)


@pytest.fixture
def make_blocks(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(DOCS))
    return import_module("make_blocks")


def test_blocks_are_what_their_sources_say(make_blocks: ModuleType) -> None:
    texts = [path.read_text("utf-8") for path in DOCS.glob("*.md")]
    used = {found[1] for text in texts for found in make_blocks.BLOCK.findall(text)}
    assert used == set(make_blocks.SOURCES)
    for path in DOCS.glob("*.md"):
        text = path.read_text("utf-8")
        assert make_blocks.renewed(text) == text, f"{path.name}: {REFRESH}"


def test_a_block_that_has_fallen_behind_is_noticed(make_blocks: ModuleType) -> None:
    text = TEXTS["trace.md"]
    row = re.search(r"\| all \| \d+ \|", text)
    assert row
    assert make_blocks.renewed(text.replace(row[0], "| all | 1 |")) == text


def commands() -> list[tuple[str, ...]]:
    """What the papers say to type, in blocks and in sentences."""
    found = []
    for text in TEXTS.values():
        lines = re.findall(r"^\s*\$ cisim (.*)$", text, re.MULTILINE)
        without = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
        lines += [words_of(one) for one in re.findall(r"`cisim ([^`]+)`", without)]
        found += [tuple(shlex.split(line, comments=True)) for line in lines]
    return sorted(set(found))


def parse(typed: tuple[str, ...]) -> dict[str, Any]:
    """Parse a command as the program would, without running it; return what it would be called with."""
    group: Any = typer.main.get_command(app)
    verb, *rest = typed
    assert verb in group.commands, f"no command {verb!r}"
    return dict(group.commands[verb].make_context(verb, rest).params)


@pytest.mark.parametrize("typed", commands(), ids=" ".join)
def test_commands_are_understood(typed: tuple[str, ...]) -> None:
    study = parse(typed).get("study")
    if study is not None and study != "next-trial.yaml":
        home = ROOT / "experiments"
        assert (ROOT / study).is_file() or (home / f"{study}.yaml").is_file() or "--vary" in typed


def test_commands_that_do_not_exist_are_noticed() -> None:
    assert len(commands()) > 15
    with pytest.raises(AssertionError, match="no command 'prophesy'"):
        parse(("prophesy", "generic-adaptive"))
    with pytest.raises(UsageError, match="--certainly"):
        parse(("sweep", "grant-ends", "--certainly"))


def test_targets_of_make_exist() -> None:
    rules = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {word for text in TEXTS.values() for word in re.findall(r"`make ([a-z]+)`", text)}
    assert named >= {"test", "validate", "coverage"}
    assert named <= rules


# --- ODD -----------------------------------------------------------------------------------------------------

ELEMENTS = (
    "Purpose and patterns", "Entities, state variables and scales", "Process overview and scheduling",
    "Design concepts", "Initialization", "Input data", "Submodels",
)  # fmt: skip
CONCEPTS = (
    "Basic principles", "Emergence", "Adaptation", "Objectives", "Learning", "Prediction", "Sensing", "Interaction",
    "Stochasticity", "Collectives", "Observation",
)  # fmt: skip


def section(name: str, title: str) -> str:
    """One section of a paper, from its heading to the next of its rank."""
    found = re.search(rf"^(#+) {re.escape(title)}$(.*?)(?=^\1 |\Z)", TEXTS[name], re.MULTILINE | re.DOTALL)
    assert found, title
    return found[2]


def test_the_seven_elements_and_eleven_concepts_come_in_order_with_their_reasons() -> None:
    heads = re.findall(r"^## (\d)\. (.*)$", TEXTS["odd.md"], re.MULTILINE)
    assert [title for _, title in heads[:7]] == list(ELEMENTS)
    assert re.findall(r"^- \*\*(.*?)\.\*\*", section("odd.md", "4. Design concepts"), re.MULTILINE) == list(
        CONCEPTS
    )
    reasoned = [title for number, title in heads[:7] if "ationale" in section("odd.md", f"{number}. {title}")]
    assert reasoned == [title for title in ELEMENTS if title != "Input data"]  # there is none


def test_every_rule_has_its_section_in_the_order_of_a_month() -> None:
    heads = re.findall(r"^### 7\.(\d+) (`.*)$", TEXTS["odd.md"], re.MULTILINE)
    assert [int(number) for number, _ in heads] == list(range(1, len(heads) + 1))
    assert [rule for _, title in heads for rule in re.findall(r"`(\w+)`", title)] == list(STEP)
    for number, title in heads[:-1]:
        assert "*Rationale.*" in section("odd.md", f"7.{number} {title}"), title


def test_every_parameter_stands_in_a_submodel_or_where_worlds_begin() -> None:
    told = "".join(section("odd.md", title) for title in ("5. Initialization", "7. Submodels"))
    scales = section("odd.md", "2. Entities, state variables and scales")
    assert sorted(set(PARAMS) - set(re.findall(r"\w+", told + scales))) == []


def test_counts_in_words_are_right() -> None:
    text = words_of(TEXTS["odd.md"])
    assert f"values for {len(REGIME_LEVERS)} levers" in text
    assert text.count("five published models") == 2
    assert len(TARGETS) == 5
    least = re.search(r"--cov-fail-under=(\d+)", (ROOT / "Makefile").read_text("utf-8"))
    assert least
    assert least[1] == "90"
    assert "at least nine tenths of its lines run" in words_of(TEXTS["trace.md"])


# --- plain numbers in the code -------------------------------------------------------------------------------

RULE_FILES = (
    "found.py", "production.py", "practice.py", "ties.py", "rooms.py", "money.py",
    *(f"rules/{path.name}" for path in sorted((ROOT / "src" / "cisim" / "rules").glob("[!_]*.py"))),
)  # fmt: skip
TRIVIAL = (0.0, 1.0, 12.0)
SMALLEST, LARGEST = 1e-5, 1e100  # guards against division by zero, and bounds of a search, lie outside


def told_numbers() -> dict[str, list[str]]:
    """Snippets of code in section 8, by file."""
    found: dict[str, list[str]] = {}
    [block] = re.findall(
        r"```text\n(.*?)```", section("odd.md", "8. Numbers in the code that are not parameters"), re.DOTALL
    )
    for line in block.splitlines():
        if not line.startswith(" "):
            inside = found.setdefault(line, [])
            continue
        snippet, _, meaning = line.partition("  # ")
        assert meaning.strip(), line
        inside.append(snippet.strip())
    return found


def untold(source: str, snippets: list[str]) -> list[str]:
    """Lines with a number that no snippet covers: any real one, and whole ones given a name."""
    covered = [(at.start(), at.end()) for part in snippets for at in re.finditer(re.escape(part), source)]
    lines, tree = source.splitlines(keepends=True), ast.parse(source)
    starts = [sum(map(len, lines[:k])) for k in range(len(lines))]
    given_names = [node for node in tree.body if isinstance(node, ast.Assign)]
    named = {id(node.value) for node in given_names if "code of" not in lines[node.lineno - 1]}
    missing = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and counts(node.value, id(node) in named):
            place = starts[node.lineno - 1] + node.col_offset
            if not any(first <= place < last for first, last in covered):
                missing.append(lines[node.lineno - 1].strip())
    return missing


def counts(value: object, is_named: bool) -> bool:
    """Whether a number in the code is one the description has to tell."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if isinstance(value, float):
        return value not in TRIVIAL and SMALLEST < abs(value) < LARGEST
    return is_named


def code_of(name: str) -> str:
    return (ROOT / "src" / "cisim" / name).read_text("utf-8")


@pytest.mark.parametrize("name", RULE_FILES)
def test_every_number_in_the_rules_is_told_and_stands_there_still(name: str) -> None:
    told = told_numbers().get(name, [])
    assert [part for part in told if part not in code_of(name)] == []
    assert untold(code_of(name), told) == []


def test_files_of_section_8_are_those_of_the_rules() -> None:
    assert set(told_numbers()) <= set(RULE_FILES)


@pytest.mark.parametrize(
    ("source", "told", "missed"),
    [
        ("x = 0.5 * y\n", [], ["x = 0.5 * y"]),
        ("x = 0.5 * y\n", ["0.5 * y"], []),
        ("x = 0.5 * y\nz = 0.7 * y\n", ["0.5 * y"], ["z = 0.7 * y"]),
        ("MONTHS = 3\n", [], ["MONTHS = 3"]),
        ("MANDATE = 4  # code of the formation by order\n", [], []),
        ("x = 1.0 - max(y, 1e-9) / 12.0\n", [], []),
    ],
)
def test_what_is_not_told_is_found(source: str, told: list[str], missed: list[str]) -> None:
    assert untold(source, told) == missed


# --- TRACE and limits ----------------------------------------------------------------------------------------

TRACE = (
    "Problem formulation", "Model description", "Data evaluation", "Conceptual model evaluation",
    "Implementation verification", "Model output verification", "Model analysis", "Model output corroboration",
)  # fmt: skip


def test_trace_has_its_eight_elements() -> None:
    heads = re.findall(r"^## (\d)\. (.*)$", TEXTS["trace.md"], re.MULTILINE)
    assert heads == [(str(k), title) for k, title in enumerate(TRACE, 1)]


def test_tests_that_are_named_exist() -> None:
    named = re.findall(r"`((?:tests|validation)[\w/]*(?:\.py)?)(?:::(\w+))?`", TEXTS["trace.md"])
    assert len(named) > 15
    for name, function in named:
        path = ROOT / name
        assert path.exists(), name
        assert not function or f"def {function}(" in path.read_text("utf-8"), function


def test_every_decision_named_is_the_one_linked() -> None:
    for text in TEXTS.values():
        for label, number in re.findall(r"\[(?:[Dd]ecision )?(\d+)\]\(decisions/(\d+)-", words_of(text)):
            assert int(label) == int(number)


@pytest.mark.parametrize("name", ["trace.md", "limits.md"])
def test_papers_print_no_result_of_their_own(name: str) -> None:
    assert re.findall(r"\d+\.\d+", prose(name)) == []


def test_limits_are_short() -> None:
    assert len(TEXTS["limits.md"].splitlines()) < 200


def test_no_fitted_fact_is_from_memory() -> None:
    targets = read_targets(ROOT / "experiments" / "targets" / "patterns.yaml").targets
    assert {one.use for one in targets} == {"fit", "hold-out"}
    assert [one.name for one in targets if one.is_fit and "memory" in f"{one.source} {one.note}"] == []
    assert "from memory" in PARAMS["copying_per_year"].source


def test_the_odds_of_a_false_refutation_are_those_of_the_two_intervals() -> None:
    """A right model is refuted only if the truth is outside 5-95 % of draws, or outside the trial's 95 % interval."""
    found = re.search(
        r"at most (\d+) of 100 comparisons \((\d+) for the draws, (\d+) for the trial\)",
        words_of(prose("limits.md")),
    )
    assert found
    assert [int(part) for part in found.groups()] == [15, 100 - (95 - 5), 100 - 95]


@pytest.mark.parametrize("path", TRIALS, ids=lambda path: path.stem)
def test_trials_are_studies_that_limits_names(path: Path) -> None:
    assert f"experiments/trials/{path.name}" in TEXTS["limits.md"]
    spec = load_study(path)
    assert spec.analysis == "sweep"
    assert spec.reference == next(iter(spec.cases))
    assert spec.posterior is not None
    assert spec.posterior.names
    assert "indicator" in spec.outcomes


# --- citation ------------------------------------------------------------------------------------------------


def test_the_citation_is_in_step() -> None:
    text = (ROOT / "CITATION.cff").read_text("utf-8")
    said: dict[str, Any] = yaml.safe_load(text)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert said["cff-version"] == "1.2.0"
    assert said["type"] == "software"
    assert (said["title"], said["version"]) == (project["name"], project["version"])
    assert (said["license"], said["keywords"]) == (project["license"], project["keywords"])
    assert said["authors"] == [{"name": "The cisim developers"}]
    assert said["message"]
    assert said["abstract"]
    released = re.search(
        rf"^## \[{re.escape(said['version'])}\] - (.*)$",
        (ROOT / "CHANGELOG.md").read_text("utf-8"),
        re.MULTILINE,
    )
    assert released
    day = said.get("date-released")
    assert released[1] == (str(day) if day else "unreleased")


def test_references_of_the_citation_are_those_of_the_papers() -> None:
    said = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    both = TEXTS["odd.md"] + TEXTS["trace.md"]
    for one in said["references"]:
        assert {"type", "title", "authors", "year", "journal"} <= set(one)
        assert "doi" not in one or f"https://doi.org/{one['doi']}" in both


@pytest.mark.parametrize("page", ["calibration", "cases", "claims", "parsimony", "study-results"])
def test_generated_pages_are_of_the_present_model_and_show_all_their_figures(page: str) -> None:
    text = (DOCS / f"{page}.md").read_text("utf-8")
    made = origin()
    if (made["numba"], made["numpy"]) == (version("numba"), version("numpy")):  # part of the model's name
        assert f"`{model_version()}`" in text, "the model changed; run: make papers"
    folder = DOCS / "img" / {"study-results": "studies"}.get(page, page)
    shown = set(re.findall(rf"\(img/{folder.name}/([^)]+)\)", text))
    assert shown == {path.name for path in folder.glob("*.png")}
