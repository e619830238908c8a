"""From a study file, a mapping or a command line to a resolved `Spec`, or to an error that says where."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cisim.checks import Check
from cisim.outcomes import COLUMNS
from cisim.presets import display, home, names_in, version
from cisim.problems import Place, Problem, ScenarioError
from cisim.reader import Document, read
from cisim.records import Frozen
from cisim.result import OUTCOMES
from cisim.scenario import Scenario, load
from cisim.study.cases import made_cases, stated_cases
from cisim.study.factors import SAMPLED, FactorReader
from cisim.study.options import About, read_options
from cisim.study.precision import MOST_WORLDS, read_precision
from cisim.study.problems import StudyInputError
from cisim.study.records import GAIN, Factor
from cisim.study.shipped import studies_home
from cisim.study.size import check_size
from cisim.study.spec import ANALYSES, SEEDS, Spec
from cisim.study.stopping import Precision
from cisim.study.unknowns import Unknowns, UnknownsReader, default_of
from cisim.tree import Node, node_of

VERSION = 1
KEYS = (
    "cisim_study", "name", "title", "question", "analysis", "scenario", "set", "cases", "reference", "budget",
    "vary", "uncertainties", "samples", "worlds", "precision", "seed", "seeds", "outcomes", "series", "options",
)  # fmt: skip
"""Keys of a study file."""

MOST_SAMPLES = 10_000_000
DEFAULT_SAMPLES = {"sensitivity": 64, "discover": 500, "value": 128, "calibrate": 0}
WORLDS_WHERE_DRAWN = {"sensitivity": 2, "discover": 2}
WORLDS_OF_A_DRAW = 4
DEFAULT_WORLDS = {"sweep": 20, "attribution": 50}
"""Worlds of a point where nothing is drawn, so that all chance is luck."""
INDEPENDENT = ("rbd-fast", "delta", "pawn")
"""Methods of sensitivity analysis that take independent points, of which they need more."""
DEFAULT_INDEPENDENT = 1_000
MOST_CONDITIONS = 8
"""Factors whose combinations, two to their number, attribution runs."""
NEEDS = {"value": ("indicator", "usd_total")}
"""Outcomes an analysis cannot do without, besides the indicator."""


def load_study(name_or_path: str | Path) -> Spec:
    """Return a shipped study by name, or the one in a YAML, JSON or TOML file.

    Raises
    ------
    ScenarioError
        With everything that is wrong, each with file, line and column.

    Examples
    --------
    >>> load_study("backbone-money").analysis
    'value'
    """
    path = Path(name_or_path)
    if isinstance(name_or_path, str) and name_or_path in names_in(studies_home()):
        path = studies_home() / f"{name_or_path}.yaml"
    document = read(path, display(path))
    return read_spec(document, path.stem, path.parent)


def study_from(data: Mapping[str, Any], name: str = "study", scenario: Scenario | None = None) -> Spec:
    """Return the study that `data`, of the form of a study file, states; `scenario` replaces what it names.

    Raises
    ------
    ScenarioError
        If something is wrong.
    """
    tree = node_of({"cisim_study": VERSION, **data}, Place(name))
    return read_spec(Document(name, b"", tree), name, Path(), scenario)


def read_spec(document: Document, name: str, folder: Path, scenario: Scenario | None = None) -> Spec:
    """Return the study a document states; paths in it are taken from `folder`."""
    reading = _Reading(document, name, folder, scenario)
    spec = reading.spec()
    if reading.check.problems or spec is None:
        raise ScenarioError(reading.check.problems)
    try:
        check_size(spec)
    except StudyInputError as error:
        field, _, message = str(error).partition(": ")
        place = reading.got.get(field, document.root).place
        raise ScenarioError.of(message, field, place) from error
    return spec


def needed_by(analysis: str, options: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the outcomes and monthly columns an analysis cannot do without."""
    from cisim.study.calibration.targets import as_targets, needed

    outcomes, series = needed(as_targets(options["targets"])) if "targets" in options else ((), ())
    response = options.get("response", GAIN)
    explained = () if response == GAIN else (str(response),)
    return ("indicator", *NEEDS.get(analysis, ()), *explained, *outcomes), series


class _Reading:
    """One study file being read; notes every mistake instead of stopping at the first."""

    def __init__(self, document: Document, name: str, folder: Path, scenario: Scenario | None) -> None:
        self.check = Check(document.problems)
        self.root, self.name, self.folder, self.given = document.root, name, folder, scenario
        self.got = self.check.fields(document.root, "", ("cisim_study",), KEYS[1:]) or {}

    def spec(self) -> Spec | None:
        """Return the study, or None with the problems in `check`."""
        if "cisim_study" not in self.got:
            return None
        version(self.got["cisim_study"], self.check, "cisim_study", VERSION)
        analysis = self._one_of("analysis", ANALYSES, "sweep")
        scenario = self._scenario()
        cases = self._cases(scenario) if scenario and analysis else {}
        if scenario is None or analysis is None or not cases:
            return None
        reference = self._reference(tuple(cases), analysis)
        unknowns = self._factors(analysis, scenario, tuple(cases), reference)
        seeds = self._seeds(analysis)
        options = self._options(analysis, cases, reference, unknowns.factors)
        worlds = self._worlds(analysis, unknowns.factors)
        outcomes, series = self._outcomes(scenario, analysis, options)
        if isinstance(worlds, Precision) and worlds.outcome not in (GAIN, *outcomes):
            outcomes += (worlds.outcome,)
        if self.check.problems or seeds is None:
            return None
        return Spec(
            name=self._text("name", self.name, 80),
            title=self._text("title", f"{analysis} of {scenario.title}", 200),
            question=self._text("question", "", 600),
            analysis=analysis, scenario=scenario, cases=Frozen(cases), reference=reference, factors=unknowns.factors,
            samples=self._samples(analysis, unknowns.factors, options), worlds=worlds,
            seed=int(self._whole("seed", 1, 0, 2**63 - 1)), seeds=seeds, outcomes=outcomes, series=series,
            options=Frozen(options), posterior=unknowns.posterior,
        )  # fmt: skip

    # --- single entries ---

    def _one_of(self, key: str, names: tuple[str, ...], default: str) -> str | None:
        """Return one of a few names."""
        return self.check.one_of(self.got[key], key, names) if key in self.got else default

    def _text(self, key: str, default: str, limit: int) -> str:
        """Return a text."""
        return (
            (self.check.text(self.got[key], key, limit, lines=True) or default)
            if key in self.got
            else default
        )

    def _whole(self, key: str, default: int, low: int, high: int) -> int:
        """Return a whole number."""
        if key not in self.got:
            return default
        what = (
            f"a whole number from {low:,} to {high:,}"
            if high < 2**60
            else f"a whole number from {low} to 2^63 - 1"
        )
        found = self.check.number(self.got[key], key, low, high, what, whole=True)
        return default if found is None else int(found)

    # --- parts ---

    def _scenario(self) -> Scenario | None:
        """Return the scenario all cases are made from, with what `set` says."""
        found = self.given
        if found is None:
            if "scenario" not in self.got:
                self.check.fail(
                    self.root, "scenario", "is missing; name a shipped scenario or the path of a file"
                )
                return None
            asked = self.check.text(self.got["scenario"], "scenario", 400)
            if asked is None:
                return None
            found = self._loaded(asked, self.got["scenario"])
        reader = FactorReader(self.check, (), None, is_sampled=False)
        self.set = reader.settings(self.got["set"], "set") if "set" in self.got else {}
        return found

    def _loaded(self, asked: str, node: Node) -> Scenario | None:
        """Return a shipped scenario, or a file beside the study file."""
        beside = self.folder / asked
        try:
            return load(asked if asked in names_in(home()) or not beside.exists() else beside)
        except ScenarioError as error:
            placed = [
                one if one.place.line else Problem(node.place, "scenario", one.message)
                for one in error.problems
            ]
            self.check.problems.extend(placed)
            return None

    def _cases(self, scenario: Scenario) -> dict[str, Scenario]:
        """Return the scenarios to compare, by label."""
        budget = self._one_of("budget", ("equal", "added"), "equal")
        stated = stated_cases(self.check, self.got.get("cases"))
        if self.check.problems:
            return {}
        self.taken = {
            name: tuple(label for label, one in stated.items() if name in one.values or name in self.set)
            for name in {*self.set, *(name for one in stated.values() for name in one.values)}
        }
        cases = made_cases(self.check, self.root, scenario, stated, {"financing": budget, **self.set})
        self._one_length(cases)
        return cases

    def _one_length(self, cases: Mapping[str, Scenario]) -> None:
        """Note cases that do not run equally long; months are compared one by one."""
        lengths = {label: one.values["months"] for label, one in cases.items()}
        if len(set(lengths.values())) > 1:
            told = ", ".join(f"{label} {months}" for label, months in lengths.items())
            self.check.fail(self.got["cases"], "cases", f"months differ ({told}); give all the same length")

    def _reference(self, labels: tuple[str, ...], analysis: str) -> str | None:
        """Return the case that differences refer to: as stated, or the first of several; value needs one."""
        found = self._stated_reference(labels)
        if analysis == "value" and found is None:
            where = self.got.get("cases", self.root)
            self.check.fail(where, "reference", "is missing; value needs what it is better than")
        return found

    def _stated_reference(self, labels: tuple[str, ...]) -> str | None:
        """Return the case that differences refer to: as stated, or the first of several."""
        if "reference" in self.got and self.got["reference"].value is None:
            return None
        default = labels[0] if len(labels) > 1 else None
        if "reference" in self.got and len(labels) == 1:
            self.check.fail(
                self.got["reference"], "reference", "needs another case beside it; name one under 'cases'"
            )
        return (
            self.check.one_of(self.got["reference"], "reference", labels)
            if "reference" in self.got
            else default
        )

    def _seeds(self, analysis: str) -> str | None:
        """Return whether draws live in the same worlds."""
        seeds = self._one_of("seeds", SEEDS, "own")
        if analysis == "sensitivity" and seeds == "common":
            what = "'common' is not allowed; luck is one of the inputs whose share is told"
            self.check.fail(self.got["seeds"], "seeds", what)
        return seeds

    def _options(
        self, analysis: str, cases: Mapping[str, Scenario], reference: str | None, factors: tuple[Factor, ...]
    ) -> dict[str, Any]:
        """Return the settings of the analysis."""
        months = int(next(iter(cases.values())).values["months"])
        about = About(analysis, self.folder, tuple(cases), reference, factors, months)
        return read_options(self.check, self.root, self.got.get("options"), about)

    def _factors(
        self, analysis: str, scenario: Scenario, cases: tuple[str, ...], reference: str | None
    ) -> Unknowns:
        """Return everything that varies, each parameter by one factor only, and the set it is drawn from."""
        reader = FactorReader(self.check, cases, reference, analysis in SAMPLED)
        varied = reader.vary(self.got["vary"]) if "vary" in self.got else ()
        unknowns = UnknownsReader(self.check, scenario, reader, self.taken, varied, self.folder)
        is_auto = "worlds" in self.got and self.got["worlds"].value == "auto"
        default = default_of(analysis, varied, is_auto)
        posterior, drawn = unknowns.read(self.got.get("uncertainties"), default)
        self._each_once((*varied, *drawn))
        self._size_is_known(len(scenario.organisations), (*varied, *drawn))
        if not self.check.problems:  # else what is missing may just be wrong
            self._fit(analysis, (*varied, *drawn))
        return Unknowns(posterior, (*varied, *drawn))

    def _each_once(self, factors: tuple[Factor, ...]) -> None:
        """Note parameters that two factors would set."""
        by: dict[str, str] = {}
        where = self.got.get("vary", self.got.get("uncertainties", self.root))
        for factor in factors:
            names = {name for level in factor.levels for name in level.values} or {factor.name}
            for name in sorted(names):
                if name in by:
                    both = f"is set by {by[name]!r} and by {factor.name!r}; vary it once"
                    what = both if by[name] != factor.name else "is set twice; vary it or draw it, once"
                    self.check.fail(where, name, what)
                by[name] = factor.name

    def _size_is_known(self, n: int, factors: tuple[Factor, ...]) -> None:
        """Note a number of organisations that varies where the scenario lists all `n` of them."""
        where = self.got.get("vary", self.got.get("uncertainties", self.root))
        for factor in factors:
            if n and "n_orgs" in (
                {name for level in factor.levels for name in level.values} or {factor.name}
            ):
                what = f"n_orgs cannot vary; the scenario lists {n} organisations, and n_orgs follows from the list"
                self.check.fail(where, f"vary.{factor.name}", what)

    def _fit(self, analysis: str, factors: tuple[Factor, ...]) -> None:
        """Note factors that the analysis has no use for, or misses."""
        where = self.got.get("vary", self.root)
        grid = [factor.name for factor in factors if factor.kind == "grid"]
        if "samples" in self.got and analysis == "calibrate":
            self.check.fail(
                self.got["samples"], "samples", "calibrate goes by waves; state options per_wave and waves"
            )
        if analysis in SAMPLED and grid:
            self.check.fail(
                where, "vary", f"{grid[0]} has steps; {analysis} draws from ranges: state low and high only"
            )
        if analysis in SAMPLED and len(factors) < (2 if analysis == "sensitivity" else 1):
            self.check.fail(
                where, "uncertainties", f"{analysis} needs ranges or distributions to draw from; name some"
            )
        if analysis == "attribution":
            self._fit_attribution(where, factors)
        if analysis in ("sweep", "attribution", "value", "predict") and not factors:
            self.check.fail(
                where, "vary", f"nothing varies; {analysis} needs a factor such as backbone_usd_per_year"
            )

    def _fit_attribution(self, where: Node, factors: tuple[Factor, ...]) -> None:
        """Note conditions that are not off or on, and more of them than can be combined."""
        grid = [factor for factor in factors if factor.kind == "grid"]
        for factor in grid:
            if len(factor.levels) != 2:
                what = f"{len(factor.levels)} levels are not allowed; attribution needs two, off and on"
                self.check.fail(where, f"vary.{factor.name}", what)
        if not 1 <= len(grid) <= MOST_CONDITIONS:
            what = f"{len(grid)} factors on a grid are not allowed; 1 to {MOST_CONDITIONS}"
            self.check.fail(where, "vary", what)

    def _outcomes(
        self, scenario: Scenario, analysis: str, options: Mapping[str, Any]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the outcomes read and the monthly columns kept: as stated, and what the analysis needs."""

        def names(key: str, known: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
            if key not in self.got:
                return default
            return self.check.items(
                self.got[key], key, 0, len(known), lambda one, at: self.check.one_of(one, at, known)
            )

        outcomes, series = needed_by(analysis, options)
        asked = names("outcomes", OUTCOMES, scenario.outcomes or ("indicator", "group_gap", "usd_total"))
        kept = names("series", COLUMNS, ("indicator",))
        return tuple(dict.fromkeys((*outcomes, *asked))), tuple(dict.fromkeys((*kept, *series)))

    def _samples(self, analysis: str, factors: tuple[Factor, ...], options: Mapping[str, Any]) -> int:
        """Return the number of draws; 1 where nothing is drawn."""
        is_drawn = any(factor.kind == "distribution" for factor in factors)
        if not is_drawn:
            if "samples" in self.got:
                self.check.fail(
                    self.got["samples"], "samples", "nothing has a distribution to draw from; leave it out"
                )
            return 1
        default = DEFAULT_SAMPLES.get(analysis, 64)
        if options.get("method") in INDEPENDENT:
            default = DEFAULT_INDEPENDENT
        return self._whole("samples", default, 1, MOST_SAMPLES)

    def _worlds(self, analysis: str, factors: tuple[Factor, ...]) -> int | Precision:
        """Return worlds per point, or the precision that decides it."""
        node = self.got.get("worlds")
        if node is None or node.value != "auto":
            if "precision" in self.got:
                self.check.fail(self.got["precision"], "precision", "goes with 'worlds: auto'")
            is_drawn = any(factor.kind == "distribution" for factor in factors)
            default = WORLDS_OF_A_DRAW if is_drawn else DEFAULT_WORLDS.get(analysis, WORLDS_OF_A_DRAW)
            return self._whole("worlds", WORLDS_WHERE_DRAWN.get(analysis, default), 1, MOST_WORLDS)
        if analysis not in ("sweep", "value"):
            self.check.fail(
                node, "worlds", f"'auto' is not allowed with {analysis}; a whole number of worlds per point"
            )
        return read_precision(self.check, self.root, self.got.get("precision"))
