"""The table of ties: a row per respondent and partner, with trust and value items."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from cisim.problems import Place, Problem, ScenarioError, shown
from cisim.survey import answers, columns
from cisim.survey.orgs import check_name
from cisim.survey.tables import Cell, Row, Table, refuse

HALF = 0.5
"""Share of worlds from which a tie of a prediction counts as one."""
NEVER = ("never", "no contact", "no interaction", "not at all")


@dataclass(frozen=True, slots=True)
class Reading:
    """How tables are to be read.

    Attributes
    ----------
    from_column, to_column : str or None
        Columns of who reports and about whom; None: those with a usual name.
    trust_items, value_items : tuple of str
        Columns whose mean is taken; none: those with usual names.
    low, high : float
        Ends of the scale of these items.
    missing : str
        "reported": a tie reported to an organisation that did not answer counts for that side as well; "none": a
        tie counts for the side that reported it.
    unknown : str
        What becomes of organisations that are not in the list: "refuse", "add" or "drop".
    """

    from_column: str | None = None
    to_column: str | None = None
    trust_items: tuple[str, ...] = ()
    value_items: tuple[str, ...] = ()
    low: float = 1.0
    high: float = 4.0
    missing: str = "reported"
    unknown: str = "refuse"


@dataclass(frozen=True, slots=True)
class Report:
    """A row: who reports, about whom (None where nobody is named), whether it is a tie, means of the items."""

    who: Cell
    partner: Cell | None
    is_tie: bool
    trust: float | None
    value: float | None


@dataclass(frozen=True, slots=True)
class Reports:
    """All rows of a table, names of the items, and counts of what was read otherwise than it stands."""

    rows: tuple[Report, ...]
    trust_items: tuple[str, ...]
    value_items: tuple[str, ...]
    counts: Counter[str]
    notes: tuple[str, ...]


def read_ties(table: Table, reading: Reading) -> Reports:
    r"""Read a table of ties.

    Raises
    ------
    ScenarioError
        With every cell that is wrong.

    Examples
    --------
    >>> from cisim.survey.tables import table_of
    >>> found = read_ties(table_of(b"from,to,reliability,openness\nA,B,4,1\nB,A,,\n", "ties.csv"), Reading())
    >>> [(row.who.text, row.partner.text, row.trust) for row in found.rows]
    [('A', 'B', 0.5), ('B', 'A', None)]
    """
    return _Reader(table, reading).read()


class _Reader:
    """Reads one table, collecting what is wrong."""

    def __init__(self, table: Table, reading: Reading) -> None:
        self.table, self.reading = table, reading
        self.problems: list[Problem] = []
        self.counts: Counter[str] = Counter()
        self.who = columns.needed(table, "from", reading.from_column, "--from")
        self.partner = columns.needed(table, "to", reading.to_column, "--to")
        if self.who == self.partner:
            raise ScenarioError.of("--from and --to name the same column", "to", table.head[self.who].place)
        self.trust = columns.items(table, reading.trust_items, "--trust-items", columns.TRUST_ITEMS, "trust")
        self.value = columns.items(table, reading.value_items, "--value-items", columns.VALUE_ITEMS, "value")
        self.frequency = columns.usual(table, "frequency")
        self.tie = columns.usual(table, "tie")
        self.share = columns.usual(table, "tie_share")

    def read(self) -> Reports:
        """Return what the table holds."""
        rows = [report for row in self.table.rows if (report := self.report(row)) is not None]
        if self.problems:
            refuse(self.problems)
        used = [self.who, self.partner, *self.trust, *self.value, self.frequency, self.tie, self.share]
        notes = (*self.table.notes, *columns.unused(self.table, used))
        return Reports(tuple(rows), self.heads(self.trust), self.heads(self.value), self.counts, notes)

    def heads(self, places: list[int]) -> tuple[str, ...]:
        """Return the names of some columns."""
        return tuple(self.table.head[k].text for k in places)

    def report(self, row: Row) -> Report | None:
        """Return what a row says."""
        who, partner = row[self.who], row[self.partner]
        if not who.text:
            self.fail(who.place, "from", f"is empty; who names {shown(partner.text, 40)}?")
            return None
        for field, cell in (("from", who), ("to", partner)):
            wrong = check_name(cell)
            if wrong:
                self.fail(cell.place, field, wrong)
        trust, value = self.mean(row, self.trust), self.mean(row, self.value)
        if not partner.text:
            self.counts["nobody"] += 1
            return Report(who, None, False, None, None)
        is_tie = self.is_tie(row)
        self.counts["no tie"] += not is_tie
        return Report(who, partner, is_tie, trust, value)

    def mean(self, row: Row, places: list[int]) -> float | None:
        """Return the mean of the answered items as a share of the scale, None where none is answered."""
        found = [one for k in places if (one := self.answer(row[k], self.table.head[k].text)) is not None]
        return sum(found) / len(found) if found else None

    def answer(self, cell: Cell, field: str) -> float | None:
        """Return one answer as a share of the scale."""
        if answers.is_missing(cell.text):
            return None
        low, high = self.reading.low, self.reading.high
        value = answers.number(cell.text)
        if value is None or not low <= value <= high:
            what = (
                f"{shown(cell.text, 40)} is not allowed; {low:g} to {high:g}, or empty where nobody answered"
            )
            hint = "" if value is None else "; --scale LOW,HIGH names another scale"
            self.fail(cell.place, field, f"{what}{hint}")
            return None
        return (value - low) / (high - low)

    def is_tie(self, row: Row) -> bool:
        """Tell whether a row reports a tie: what it says of that itself, of contact, or its share of worlds."""
        cell = columns.text_at(row, self.tie)
        if cell is not None and not answers.is_missing(cell.text):
            found = answers.yes_or_no(cell.text)
            if found is None:
                self.fail(cell.place, "tie", f"{shown(cell.text, 40)} is not allowed; yes or no")
            return bool(found)
        cell = columns.text_at(row, self.share)
        if cell is not None and not answers.is_missing(cell.text):
            found_share = answers.share(cell.text)
            if found_share is None or not 0.0 <= found_share <= 1.0:
                self.fail(cell.place, "tie_share", f"{shown(cell.text, 40)} is not allowed; 0 to 1")
                return False
            return found_share >= HALF
        cell = columns.text_at(row, self.frequency)
        word = "" if cell is None else answers.plain_text(cell.text)
        return not (word.startswith(NEVER) or answers.number(word) == 0.0)

    def fail(self, place: Place, field: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(place, field, message))
