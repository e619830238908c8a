"""The table of organisations: name, sector, budget, who answered."""

from __future__ import annotations

from dataclasses import dataclass

from cisim.known import LARGEST_BUDGET, LONGEST, SMALLEST_BUDGET
from cisim.problems import Problem, shown
from cisim.records import SECTORS
from cisim.survey import answers, columns
from cisim.survey.records import Organisation
from cisim.survey.tables import MOST_PROBLEMS, Cell, Row, Table, refuse
from cisim.wording import did_you_mean

SYNONYMS: dict[str, tuple[str, ...]] = {
    "nonprofit": ("nonprofit", "non-profit", "non profit", "not-for-profit", "not for profit", "ngo", "charity",
                  "foundation", "501(c)(3)", "501c3", "voluntary", "third sector", "nonprofit organization",
                  "nonprofit organisation"),
    "government": ("government", "public", "public sector", "gov", "governmental", "municipal", "city", "county",
                   "state", "federal", "local government", "public agency", "government agency", "public health",
                   "health department", "school district"),
    "corporate": ("corporate", "business", "private", "private sector", "for-profit", "for profit", "company",
                  "corporation", "commercial", "industry"),
    "community-led": ("community-led", "community", "community led", "community-based", "community based",
                      "grassroots", "resident-led", "residents", "resident group", "neighborhood", "neighbourhood",
                      "cbo"),
}  # fmt: skip
"""Words that surveys use for the sectors of `cisim.result.SECTORS`."""
OTHER = frozenset(("other", "others", "mixed", "hybrid"))
_SECTOR_OF = {word: sector for sector, words in SYNONYMS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Listed:
    """The organisations of a table, where each stands, who answered, and remarks.

    `responded` is None where the table does not say.
    """

    organisations: tuple[Organisation, ...]
    cells: tuple[Cell, ...]
    responded: tuple[bool | None, ...]
    notes: tuple[str, ...]


def read_orgs(table: Table) -> Listed:
    r"""Read a table of organisations.

    Raises
    ------
    ScenarioError
        With every cell that is wrong.

    Examples
    --------
    >>> from cisim.survey.tables import table_of
    >>> text = "name,sector,budget\nRiver Food Bank,charity,'$1,200,000'\n".replace("'", '"')
    >>> read_orgs(table_of(text.encode(), "orgs.csv")).organisations[0]
    Organisation(name='River Food Bank', sector='nonprofit', budget_usd=1200000.0, own_income_share=None, ...)
    """
    return _Reader(table).read()


def check_name(cell: Cell) -> str | None:
    """Return what is wrong with a name, None if nothing is."""
    if len(cell.text) > LONGEST:
        return f"{shown(cell.text, 30)} has {len(cell.text)} characters; {LONGEST} are allowed"
    if not cell.text.isprintable():
        return f"{shown(cell.text, 30)} holds a character that cannot be shown"
    return None


class _Reader:
    """Reads one table, collecting what is wrong."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.problems: list[Problem] = []
        self.hints: dict[str, str] = {}
        self.mapped: dict[str, str] = {}
        self.others = 0
        self.name = columns.needed(table, "name", None, "a column 'name'")
        roles = ("sector", "budget_usd", "own_income_share", "responded")
        self.at = {role: columns.usual(table, role) for role in roles}

    def read(self) -> Listed:
        """Return what the table holds."""
        found: list[Organisation] = []
        cells: list[Cell] = []
        answered: list[bool | None] = []
        lines: dict[str, int] = {}
        for row in self.table.rows:
            cell = row[self.name]
            wrong = "a name is missing" if not cell.text else check_name(cell)
            key = answers.plain_text(cell.text)
            if wrong is None and key in lines:
                wrong = f"{shown(cell.text)} is listed twice; first in line {lines[key]}"
            if wrong:
                self.fail(cell, "name", wrong)
                continue
            lines[key] = cell.place.line
            found.append(self.organisation(row))
            cells.append(cell)
            answered.append(self.responded(row))
        if self.problems:
            refuse(self.problems)
        return Listed(tuple(found), tuple(cells), tuple(answered), self.notes())

    def organisation(self, row: Row) -> Organisation:
        """Return the organisation of a row."""
        return Organisation(
            row[self.name].text,
            self.sector(columns.text_at(row, self.at["sector"])),
            self.budget(columns.text_at(row, self.at["budget_usd"])),
            self.own_income(columns.text_at(row, self.at["own_income_share"])),
        )

    def sector(self, cell: Cell | None) -> str | None:
        """Return a sector, None where it is left to be drawn."""
        if cell is None or answers.is_missing(cell.text):
            return None
        word = answers.plain_text(cell.text)
        if word in OTHER:
            self.others += 1
            return None
        sector = _SECTOR_OF.get(word)
        if sector is None:
            hint = self.hint(word)
            what = f"{shown(cell.text, 40)} is not allowed; one of {', '.join(SECTORS)}, or empty{hint}"
            self.fail(cell, "sector", what)
        elif word != sector:
            self.mapped[cell.text] = sector
        return sector

    def hint(self, word: str) -> str:
        """Return a hint at the nearest sector; looked for once, and not for problems that will only be counted."""
        if word not in self.hints:
            if len(self.problems) >= MOST_PROBLEMS:
                return ""
            self.hints[word] = did_you_mean(word, tuple(_SECTOR_OF))
        return self.hints[word]

    def budget(self, cell: Cell | None) -> float | None:
        """Return a yearly budget in dollars."""
        if cell is None or answers.is_missing(cell.text):
            return None
        usd = answers.money(cell.text)
        if usd is None or not SMALLEST_BUDGET <= usd <= LARGEST_BUDGET:
            allowed = f"{SMALLEST_BUDGET} to {LARGEST_BUDGET:,} dollars a year, or empty if unknown"
            what = f"{shown(cell.text, 40)} is not allowed; {allowed}"
            self.fail(cell, "budget_usd", what)
            return None
        return usd

    def own_income(self, cell: Cell | None) -> float | None:
        """Return the share of the budget that is no grant."""
        if cell is None or answers.is_missing(cell.text):
            return None
        found = answers.share(cell.text)
        if found is None or not 0.0 <= found <= 1.0:
            what = f"{shown(cell.text, 40)} is not allowed; a share from 0 to 1, or per cent with '%'"
            self.fail(cell, "own_income_share", what)
            return None
        return found

    def responded(self, row: Row) -> bool | None:
        """Return whether it answered, None where the table does not say."""
        cell = columns.text_at(row, self.at["responded"])
        if cell is None or answers.is_missing(cell.text):
            return None
        found = answers.yes_or_no(cell.text)
        if found is None:
            self.fail(cell, "responded", f"{shown(cell.text, 40)} is not allowed; yes or no, or empty")
        return found

    def fail(self, cell: Cell, field: str, message: str) -> None:
        """Note a problem."""
        self.problems.append(Problem(cell.place, field, message))

    def notes(self) -> tuple[str, ...]:
        """Return remarks on what was taken for what."""
        found = [*self.table.notes, *columns.unused(self.table, [self.name, *self.at.values()])]
        told = ", ".join(f"{word} = {sector}" for word, sector in sorted(self.mapped.items()))
        if told:
            found.append(f"sectors: {told}")
        if self.others:
            found.append(f"sectors: {self.others} of no sector of the model, which is then drawn")
        return tuple(found)
