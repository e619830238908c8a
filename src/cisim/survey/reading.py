"""From the files of a survey to a `Survey`: names matched, doubles joined, the silent accounted for."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from cisim.known import MAX_ORGANISATIONS, MAX_TIES
from cisim.problems import Place, Problem, ScenarioError, shown
from cisim.records import Source
from cisim.survey.answers import plain_text
from cisim.survey.graphml import read_graphml
from cisim.survey.orgs import Listed, read_orgs
from cisim.survey.records import Organisation, Survey, Tie
from cisim.survey.tables import MOST_PROBLEMS, Cell, Table, read_table, refuse
from cisim.survey.ties import Reading, Report, Reports, read_ties
from cisim.wording import did_you_mean

GRAPHML = (".graphml", ".xml")


def read_survey(ties: Path | str, orgs: Path | str | None = None, reading: Reading | None = None) -> Survey:
    """Read a network survey.

    Parameters
    ----------
    ties : Path or str
        Delimited text with a row per respondent and partner, or GraphML.
    orgs : Path or str, optional
        Delimited text with a row per organisation. Without it organisations are those that the ties name (or the
        nodes of GraphML).
    reading : Reading, optional

    Raises
    ------
    ScenarioError
        With everything that is wrong, each with file, line and column.
    """
    reading = reading or Reading()
    ties = Path(ties)
    nodes: Table | None = None
    if ties.suffix.lower() in GRAPHML:
        table, nodes = read_graphml(ties)
    else:
        table = read_table(ties)
    listing = read_table(Path(orgs)) if orgs is not None else nodes
    sources = [Source(Path(one.file).name, one.sha256) for one in (table, listing) if one is not None]
    if reading.low >= reading.high:
        raise ScenarioError.of("the lower end has to be below the upper one", "--scale")
    reports = read_ties(table, reading)
    listed = read_orgs(listing) if listing is not None else None
    if listed is not None and len(listed.organisations) > MAX_ORGANISATIONS:
        n = len(listed.organisations)
        what = f"{n:,} organisations; {MAX_ORGANISATIONS:,} are allowed"
        raise ScenarioError.of(what, place=listed.cells[MAX_ORGANISATIONS].place)
    undirected = nodes is not None and any("undirected" in note for note in table.notes)
    found = _Joining(reports, listed, reading, answered_all=undirected)
    return found.survey(tuple(dict.fromkeys(sources)))


class _Joining:
    """Joins rows about the same pair, and organisations with what is reported of them."""

    def __init__(
        self, reports: Reports, listed: Listed | None, reading: Reading, *, answered_all: bool
    ) -> None:
        self.reports, self.listed, self.reading, self.answered_all = reports, listed, reading, answered_all
        self.organisations = list(listed.organisations) if listed else []
        self.place = {plain_text(one.name): k for k, one in enumerate(self.organisations)}
        self.counts: Counter[str] = Counter(reports.counts)
        self.respelled: dict[str, str] = {}
        self.strangers: set[str] = set()
        self.problems: list[Problem] = []
        self.hints: dict[str, str] = {}

    def survey(self, sources: tuple[Source, ...]) -> Survey:
        """Return the survey."""
        pairs: dict[tuple[int, int], list[Report]] = {}
        speakers: set[int] = set()
        for row in self.reports.rows:
            who = self.find(row.who, "from")
            partner = self.find(row.partner, "to") if row.partner is not None else None
            if who is not None:
                speakers.add(who)
            if who is None or partner is None or not row.is_tie:
                continue
            if who == partner:
                self.counts["self"] += 1
                continue
            pairs.setdefault((who, partner), []).append(row)
        if self.problems:
            refuse(self.problems)
        self.check(pairs)
        ties = {pair: self.joined(rows) for pair, rows in pairs.items()}
        self.answered(speakers)
        self.fill(ties)
        return Survey(
            tuple(self.organisations), dict(sorted(ties.items())), self.notes(ties), sources,
            self.reading.low, self.reading.high, self.reports.trust_items, self.reports.value_items,
        )  # fmt: skip

    def find(self, cell: Cell, field: str) -> int | None:
        """Return the place of a name, adding or refusing what is not in the list."""
        key = plain_text(cell.text)
        found = self.place.get(key)
        if found is not None:
            if self.organisations[found].name != cell.text:
                self.respelled[cell.text] = self.organisations[found].name
            return found
        if self.listed is None or self.reading.unknown == "add":
            self.strangers.add(key)
            self.place[key] = len(self.organisations)
            self.organisations.append(Organisation(cell.text))
            return self.place[key]
        if self.reading.unknown == "drop":
            self.strangers.add(key)
            self.counts["dropped"] += 1
            return None
        hint = self.hint(key, cell.text)
        what = (
            f"{shown(cell.text)} is not among the organisations; mend it, or use --unknown add or drop{hint}"
        )
        self.problems.append(Problem(cell.place, field, what))
        return None

    def hint(self, key: str, name: str) -> str:
        """Return a hint at the nearest name; looked for once, and not for problems that will only be counted."""
        if key not in self.hints:
            if len(self.problems) >= MOST_PROBLEMS:
                return ""
            self.hints[key] = did_you_mean(name, tuple(one.name for one in self.organisations))
        return self.hints[key]

    def check(self, pairs: dict[tuple[int, int], list[Report]]) -> None:
        """Refuse what no scenario can hold."""
        file = self.reports.rows[0].who.place.file
        if not pairs:
            raise ScenarioError.of("no row reports a tie between two organisations", place=Place(file))
        sizes = (
            (len(self.organisations), MAX_ORGANISATIONS, "organisations"),
            (len(pairs), MAX_TIES, "ties"),
        )
        for n, most, what in sizes:
            if n > most:
                raise ScenarioError.of(f"{n:,} {what}; {most:,} are allowed", place=Place(file))

    def joined(self, rows: list[Report]) -> Tie:
        """Return the tie that all rows about a pair come to: means of what they answer."""
        self.counts["doubles"] += len(rows) - 1
        trusts = [row.trust for row in rows if row.trust is not None]
        values = [row.value for row in rows if row.value is not None]
        trust = sum(trusts) / len(trusts) if trusts else None
        return Tie(trust, sum(values) / len(values) if values else None)

    def answered(self, speakers: set[int]) -> None:
        """Note who answered: those a table says so of, and all who report something."""
        stated = self.listed.responded if self.listed else ()
        for k, one in enumerate(self.organisations):
            said = stated[k] if k < len(stated) else None
            did = k in speakers or bool(said) or (said is None and self.answered_all)
            self.counts["spoke anyway"] += said is False and did
            self.organisations[k] = Organisation(
                one.name, one.sector, one.budget_usd, one.own_income_share, did
            )

    def fill(self, ties: dict[tuple[int, int], Tie]) -> None:
        """Put in ties of those who did not answer, as the others report them."""
        silent = {k for k, one in enumerate(self.organisations) if not one.responded}
        lacking = [(b, a) for a, b in ties if b in silent and (b, a) not in ties]
        self.counts["to silent"] = len(lacking)
        if self.reading.missing == "reported":
            for pair in lacking:
                ties[pair] = Tie(is_filled=True)

    def notes(self, ties: dict[tuple[int, int], Tie]) -> tuple[str, ...]:
        """Return what was left out or changed, a sentence each."""
        n = self.counts
        unanswered = sum(tie.trust is None and not tie.is_filled for tie in ties.values())
        listed = self.listed.notes if self.listed else ()
        found = [
            *self.reports.notes,
            *listed,
            _told(len(self.respelled), "{n} name{s} spelled otherwise than in the list, taken as the same"),
            _told(n["nobody"], "{n} row{s} without a partner: answered, and named nobody"),
            _told(n["no tie"], "{n} row{s} of pairs that do not work together: no tie"),
            _told(n["self"], "{n} row{s} of an organisation with itself left out"),
            _told(n["doubles"], "{n} row{s} about a pair named before: the mean of all answers is taken"),
            _told(n["dropped"], "{n} name{s} in rows outside the list of organisations: rows left out"),
            _told(len(self.strangers) * (self.reading.unknown == "add" and self.listed is not None),
                  "{n} organisation{s} outside the list added"),
            _told(n["spoke anyway"], "{n} organisation{s} listed as silent that report ties: taken as answered"),
            _told(unanswered, "{n} tie{s} without an answer on trust: its trust is left to be drawn"),
            self._silence(),
        ]  # fmt: skip
        return tuple(note for note in found if note)

    def _silence(self) -> str:
        """Return what was done for those who did not answer."""
        silent = sum(not one.responded for one in self.organisations)
        if not silent:
            return ""
        pairs, n = silent * (silent - 1), self.counts["to silent"]
        told = [_told(silent, "{n} organisation{s} did not answer")]
        told += [f"of the {pairs} pairs among them nobody reports, and there is no tie"] * (pairs > 0)
        if n:
            both = "both ways, the way back with trust left to be drawn"
            ways = both if self.reading.missing == "reported" else "one way"
            told.append(_told(n, "{n} tie{s} that others report with them count ") + ways)
        return "; ".join(told)


def _told(n: int, sentence: str) -> str:
    """Return a sentence about a number of things, nothing where there are none."""
    return sentence.format(n=n, s="s" * (n != 1)) if n else ""
