"""Known organisations and ties: what somebody has found out, such as in a survey, in place of what would be drawn.

`n_orgs` follows from the list of organisations. A tie is directed: listed one way round, it exists that way only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping

from cisim.checks import Check
from cisim.params import PARAMS, Value
from cisim.problems import NOWHERE, Place, shown
from cisim.records import SECTORS, KnownOrganisation, KnownTie, Uncertainty
from cisim.tree import Node
from cisim.wording import did_you_mean

KEYS = ("organisations", "ties")
MAX_ORGANISATIONS = 2_000
MAX_TIES = 20_000
SMALLEST_BUDGET, LARGEST_BUDGET = 1, 100_000_000_000
LONGEST = 80
_ACCOUNT = re.compile(
    r"outside|staff|suppliers|pool|(organisation|coalition|public funder|private funder) ([0-9]+)|.* \(tied\)"
)


# --- reading -----------------------------------------------------------------------------------------


def organisation(check: Check, node: Node, field: str) -> KnownOrganisation | None:
    """Return one known organisation; a bare name is one of which nothing else is known."""
    if isinstance(node.value, str):
        name = check.text(node, field, LONGEST)
        return KnownOrganisation(name) if name else None
    got = check.fields(node, field, ("name",), ("sector", "budget_usd", "own_income_share"))
    if got is None:
        return None
    before = len(check.problems)
    name = check.text(got["name"], f"{field}.name", LONGEST)
    sector = check.one_of(got["sector"], f"{field}.sector", SECTORS) if "sector" in got else None
    budget = own = None
    if "budget_usd" in got:
        allowed = f"{SMALLEST_BUDGET} to {LARGEST_BUDGET:,} usd/year (yearly budget)"
        low, high = SMALLEST_BUDGET, LARGEST_BUDGET
        budget = check.number(got["budget_usd"], f"{field}.budget_usd", low, high, allowed, unit="usd/year")
    if "own_income_share" in got:
        allowed = "0 to 1 (income that does not come from the community's funders)"
        own = check.number(got["own_income_share"], f"{field}.own_income_share", 0, 1, allowed)
    if name is None or before < len(check.problems):
        return None
    return KnownOrganisation(name, sector, budget, own)


def tie(check: Check, node: Node, field: str) -> KnownTie | None:
    """Return one known tie; whether the organisations exist is seen later."""
    got = check.fields(node, field, ("from", "to"), ("trust",))
    if got is None:
        return None
    before = len(check.problems)
    source = check.text(got["from"], f"{field}.from", LONGEST)
    target = check.text(got["to"], f"{field}.to", LONGEST)
    trust = check.number(got["trust"], f"{field}.trust", 0, 1, "0 to 1 (trust)") if "trust" in got else None
    if source is None or target is None or before < len(check.problems):
        return None
    if source == target:
        check.fail(got["to"], f"{field}.to", f"{shown(target)} cannot have a tie to itself")
        return None
    return KnownTie(source, target, trust)


def places_of(node: Node, key: str) -> dict[str, Place]:
    """Return where the items of a list stand, and the fields of each, by dotted path."""
    found: dict[str, Place] = {}
    for i, item in enumerate(node.value if isinstance(node.value, list) else ()):
        found[f"{key}[{i}]"] = item.place
        if isinstance(item.value, dict):
            found |= {f"{key}[{i}].{name}": entry.place for name, entry in item.value.items()}
    return found


def without_size(uncertainties: tuple[Uncertainty, ...]) -> tuple[Uncertainty, ...]:
    """Return uncertainties without that of `n_orgs`, which a list of organisations settles."""
    return tuple(one for one in uncertainties if one.name != "n_orgs")


# --- what needs more than one statement --------------------------------------------------------------


def follow(
    values: dict[str, Value],
    organisations: tuple[KnownOrganisation, ...],
    uncertainties: tuple[Uncertainty, ...],
    places: Mapping[str, Place],
    check: Check,
) -> None:
    """Set `n_orgs` to the number of known organisations; note a statement after the list that says otherwise."""
    n, order = len(organisations), list(places)
    if n == 1:
        what = f"1 organisation; at least {PARAMS['n_orgs'].low:g} are needed, or none: then all are drawn"
        check.fail(places.get("organisations", NOWHERE), "organisations", what)
    after = order.index("organisations") if "organisations" in places else -1
    if "n_orgs" in order[after + 1 :] and values["n_orgs"] != n:
        what = f"{values['n_orgs']} is not allowed; organisations lists {n}, and n_orgs follows from the list"
        check.fail(places["n_orgs"], "n_orgs", what)
    if without_size(uncertainties) != uncertainties:
        what = f"n_orgs is not uncertain; organisations lists {n}, and n_orgs follows from the list"
        check.fail(places.get("uncertainties", NOWHERE), "uncertainties", what)
    values["n_orgs"] = n


def agree(
    values: Mapping[str, Value],
    organisations: tuple[KnownOrganisation, ...],
    ties: tuple[KnownTie, ...],
    places: Mapping[str, Place],
    bad: Collection[str],
    check: Check,
) -> None:
    """Note what contradicts itself in a list of organisations and the ties between them."""
    if "organisations" in bad:
        return
    _names(organisations, places, check)
    _funders(values, organisations, places, bad, check)
    if "ties" not in bad and ties:
        _ends(organisations, ties, places, check)
        if "max_ties" not in bad:
            _most_ties(int(values["max_ties"]), ties, places, check)


def _names(organisations: tuple[KnownOrganisation, ...], places: Mapping[str, Place], check: Check) -> None:
    """Note names that ledgers give to other accounts; ``organisation 3`` is free for the one that is number 3."""
    for i, one in enumerate(organisations):
        if _ACCOUNT.fullmatch(one.name) and one.name != f"organisation {i}":
            what = f"{shown(one.name)} is what ledgers call another account; choose another name"
            _fail(check, places, f"organisations[{i}]", "name", what)


def _funders(
    values: Mapping[str, Value],
    organisations: tuple[KnownOrganisation, ...],
    places: Mapping[str, Place],
    bad: Collection[str],
    check: Check,
) -> None:
    """Note organisations that are to live on grants where nobody gives any."""
    funders = ("n_public_funders", "n_private_funders")
    if set(funders) & set(bad) or any(values[name] for name in funders):
        return
    for i, one in enumerate(organisations):
        if one.own_income_share is not None and one.own_income_share < 1:
            what = f"without funders own_income_share has to be 1, not {one.own_income_share:g}"
            _fail(check, places, f"organisations[{i}]", "own_income_share", what)


def _ends(
    organisations: tuple[KnownOrganisation, ...],
    ties: tuple[KnownTie, ...],
    places: Mapping[str, Place],
    check: Check,
) -> None:
    """Note ties of organisations that are not listed."""
    if not organisations:
        what = "ties need a list of organisations; state it, or leave ties out and they are drawn"
        check.fail(places.get("ties", NOWHERE), "ties", what)
        return
    names = tuple(one.name for one in organisations)
    known = frozenset(names)
    listed = f"; there are {', '.join(names)}" if len(names) <= 20 else ""
    for i, one in enumerate(ties):
        for end, name in (("from", one.source), ("to", one.target)):
            if name not in known:
                what = f"there is no organisation {shown(name)}{did_you_mean(name, names) or listed}"
                _fail(check, places, f"ties[{i}]", end, what)


def _most_ties(most: int, ties: tuple[KnownTie, ...], places: Mapping[str, Place], check: Check) -> None:
    """Note organisations with more ties than one can keep up, at the first that is too many."""
    total, seen = Counter(one.source for one in ties), Counter[str]()
    for i, one in enumerate(ties):
        seen[one.source] += 1
        if seen[one.source] == most + 1:
            top = int(PARAMS["max_ties"].high)
            way = f"raise max_ties (up to {top})" if total[one.source] <= top else "leave out the weakest"
            what = f"{shown(one.source)} has {total[one.source]} ties, more than max_ties {most}; {way}"
            _fail(check, places, f"ties[{i}]", "from", what)


def _fail(check: Check, places: Mapping[str, Place], item: str, name: str, what: str) -> None:
    """Note a problem of a field of an item, where it stands."""
    place = places.get(f"{item}.{name}", places.get(item, NOWHERE))
    check.fail(place, f"{item}.{name}", what)
