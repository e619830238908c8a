"""Which column of a table is which: by the options, or by the names that surveys usually give them.

The usual form is that of the PARTNER survey (Varda et al. 2008; Varda & Retrum 2012): respondents name those they
work with, and answer for each of them three questions on trust (reliability, support of the mission, openness to
discussion) and three on value (power or influence, involvement, resources), on scales from 1 to 4 (so in McCullough
et al. 2016, table 1).

References
----------
Varda, Chandra, Stern & Lurie (2008), Core dimensions of connectivity in public health collaboratives. Journal of
Public Health Management and Practice 14(5).
Varda & Retrum (2012), An exploratory analysis of network characteristics and quality of interactions among public
health collaboratives. Journal of Public Health Research 1(2). https://doi.org/10.4081/jphr.2012.e27
McCullough et al. (2016), Partnership capacity for community health improvement plan implementation: findings from a
social network analysis. BMC Public Health 16. https://doi.org/10.1186/s12889-016-3194-7
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from cisim.problems import Place, ScenarioError, shown
from cisim.survey.tables import Cell, Table
from cisim.wording import did_you_mean

NAMES: dict[str, tuple[str, ...]] = {
    "from": ("from", "respondent", "source", "sender", "ego", "org_from", "from_org", "respondent_organization",
             "respondent_organisation", "respondent_name", "organization_1", "organisation_1"),
    "to": ("to", "partner", "target", "receiver", "alter", "org_to", "to_org", "partner_organization",
           "partner_organisation", "partner_name", "organization_2", "organisation_2", "relationship_to"),
    "reliability": ("reliability", "reliable", "partner_reliability", "trust_reliability", "trust_reliable"),
    "mission": ("mission", "support_of_mission", "support_of_the_mission", "in_support_of_mission", "mission_support",
                "shared_mission", "mission_alignment", "mission_congruence", "trust_mission"),
    "openness": ("openness", "open", "open_to_discussion", "openness_to_discussion", "openness_to_communication",
                 "trust_openness", "trust_open"),
    "trust": ("trust", "total_trust", "trust_score", "mean_trust"),
    "power": ("power", "influence", "power_influence", "power_and_influence", "authority", "value_power",
              "value_influence"),
    "involvement": ("involvement", "level_of_involvement", "commitment", "time_commitment", "value_involvement",
                    "support_and_commitment"),
    "resources": ("resources", "resource_contribution", "contribution", "contributing_resources", "value_resources",
                  "value_resource_contribution"),
    "value": ("value", "total_value", "overall_value", "value_score", "mean_value"),
    "frequency": ("frequency", "frequency_of_interaction", "contact_frequency", "how_often", "interaction"),
    "tie": ("tie", "connected", "works_with", "works_together", "relationship", "is_partner"),
    "tie_share": ("tie_share",),
    "name": ("name", "organization", "organisation", "organization_name", "organisation_name", "org", "org_name",
             "label", "agency", "partner"),
    "sector": ("sector", "organization_sector", "organisation_sector", "org_sector"),
    "budget_usd": ("budget_usd", "budget", "annual_budget", "yearly_budget", "budget_us", "annual_budget_usd",
                   "usd_per_year", "annual_budget_us", "budget_usd_per_year"),
    "own_income_share": ("own_income_share", "own_income", "earned_income_share"),
    "responded": ("responded", "completed", "answered", "survey_completed"),
}  # fmt: skip
"""Names of columns, in small letters with ``_`` for all else, by what they hold."""
TRUST_ITEMS = ("reliability", "mission", "openness")
VALUE_ITEMS = ("power", "involvement", "resources")


def key_of(text: str) -> str:
    """Return the name of a column in small letters with ``_`` for all else.

    Examples
    --------
    >>> key_of(" Open to Discussion? ")
    'open_to_discussion'
    """
    text = unicodedata.normalize("NFKC", text).casefold()
    return re.sub(r"[^0-9a-z]+", "_", text).strip("_")


def stated(table: Table, name: str, option: str) -> int:
    """Return the place of the column that an option names.

    Raises
    ------
    ScenarioError
        If there is none of that name, or two.
    """
    keys = [key_of(cell.text) for cell in table.head]
    found = [k for k, cell in enumerate(table.head) if cell.text == name.strip()]
    found = found or [k for k, key in enumerate(keys) if key == key_of(name)]
    place = table.head[0].place
    if len(found) != 1:
        heads = tuple(cell.text for cell in table.head if cell.text)
        what = "there are two such columns" if found else "is no column"
        known = ", ".join(heads[:20]) + (", ..." if len(heads) > 20 else "")
        hint = "" if found else f"{did_you_mean(name, heads)}; columns: {known}"
        raise ScenarioError.of(f"{shown(name, 40)} {what}{hint}", option, place)
    return found[0]


def usual(table: Table, role: str, option: str = "") -> int | None:
    """Return the place of the column that has one of the usual names of a role, None if there is none.

    Where no option can name the column, the one called like the role itself goes before others.

    Raises
    ------
    ScenarioError
        If two columns could be it.
    """
    by_key: dict[str, list[int]] = {}
    for k, cell in enumerate(table.head):
        by_key.setdefault(key_of(cell.text), []).append(k)
    exact = by_key.get(role, [])
    if len(exact) == 1 and not option.startswith("--"):
        return exact[0]
    found = [k for name in NAMES[role] for k in by_key.get(name, ())]
    if len(found) > 1:
        first, second = (table.head[k] for k in found[:2])
        way_out = f"name one with {option}" if option else f"call one {role!r}"
        what = f"{shown(first.text)} and {shown(second.text)} could both be it; {way_out}"
        raise ScenarioError.of(what, role, second.place)
    return found[0] if found else None


def needed(table: Table, role: str, name: str | None, option: str) -> int:
    """Return the place of a column without which nothing can be read.

    Raises
    ------
    ScenarioError
        If the option names no column, or none has a usual name.
    """
    if name is not None:
        return stated(table, name, option)
    found = usual(table, role, option)
    if found is None:
        heads = ", ".join(shown(cell.text, 30) for cell in table.head[:12])
        what = f"no column has a usual name ({', '.join(NAMES[role][:4])}, ...); name it with {option}; found {heads}"
        raise ScenarioError.of(what, role, table.head[0].place)
    return found


def items(table: Table, names: Iterable[str], option: str, roles: Iterable[str], whole: str) -> list[int]:
    """Return the places of the items of a scale: as an option names them, else the usual ones, else their mean.

    Raises
    ------
    ScenarioError
        If an item is no column, or named twice.
    """
    found = [stated(table, name, option) for name in names]
    if len(set(found)) < len(found):
        raise ScenarioError.of("a column is named twice", option, Place(table.file))
    if found:
        return found
    parts = [k for role in roles if (k := usual(table, role, option)) is not None]
    if parts:
        return parts
    mean = usual(table, whole, option)
    return [] if mean is None else [mean]


def unused(table: Table, used: Iterable[int | None]) -> tuple[str, ...]:
    r"""Return a remark on the columns that were not used, none where all were.

    Examples
    --------
    >>> from cisim.survey.tables import table_of
    >>> unused(table_of(b"name,phone\nA,1\n", "orgs.csv"), [0, None])
    ('orgs.csv: columns not used: phone',)
    """
    known = set(used)
    left = [cell.text for k, cell in enumerate(table.head) if k not in known and cell.text]
    return (f"{table.file}: columns not used: {', '.join(left)}",) if left else ()


def text_at(row: tuple[Cell, ...], column: int | None) -> Cell | None:
    """Return a cell of a row, None where there is no such column."""
    return None if column is None else row[column]
