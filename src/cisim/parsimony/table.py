"""Tables: every parameter with its largest index and a proposal, every rule and section, and luck.

Proposals follow from the numbers by `proposal_of`, and are never written by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from cisim.params import PARAMS
from cisim.parsimony.findings import Findings
from cisim.parsimony.inputs import PLACEBO
from cisim.parsimony.readers import readers_of
from cisim.parsimony.simulation import CASES, COMPARED, MAIN, RESPONSES, RULE, SECTION
from cisim.study.records import GAIN

if TYPE_CHECKING:
    import pandas as pd

NOTHING, LITTLE = 0.001, 0.01
"""Shares of variance below which a parameter is nothing, or little, to an outcome."""
ENOUGH = 300
"""Base points from which an effect unseen so far, in 3 of them at most, is surely little; fewer are provisional."""
KEEP, MERGE, REMOVE = "keep", "merge candidate", "remove candidate"


def proposal_of(upper: float, lasting_bound: float, moved: float, is_needed: bool) -> tuple[str, str]:
    """Return a proposal and its reason.

    Parameters
    ----------
    upper : float
        Largest upper limit of the total index over all outcomes and cases.
    lasting_bound : float
        Largest upper limit of what is left of it in the mean over luck.
    moved : float
        Largest share of pairs in which a swap changed an outcome.
    is_needed : bool
        Whether a statement of the claims register rests on it; what is needed is merged at most.

    Examples
    --------
    >>> proposal_of(0.0004, 0.0002, 0.9, is_needed=False)
    ('remove candidate', 'nothing in any world')
    >>> proposal_of(0.0004, 0.0002, 0.9, is_needed=True)
    ('merge candidate', 'nothing in any world, but a statement rests on it')
    >>> proposal_of(0.05, 0.004, 0.9, is_needed=False)
    ('merge candidate', 'little on average over luck')
    >>> proposal_of(0.05, 0.02, 0.9, is_needed=False)
    ('keep', '')
    """
    if moved == 0.0 or upper < NOTHING:
        reason = "no swap changed anything" if moved == 0.0 else "nothing in any world"
        return (MERGE, f"{reason}, but a statement rests on it") if is_needed else (REMOVE, reason)
    if upper < LITTLE:
        return MERGE, "little in any world"
    if lasting_bound < LITTLE:
        return MERGE, "little on average over luck"
    return KEEP, ""


def parameters_table(found: Findings, needed: Mapping[str, tuple[str, ...]] | None) -> pd.DataFrame:
    """Return a row for every parameter that varied, the most influential first.

    Parameters
    ----------
    found : Findings
    needed : mapping of str to tuple of str, or None
        Statements that rest on a parameter; None where there is no register.
    """
    import pandas as pd

    inputs = {one.name: one for one in found.design.inputs}
    rows = []
    for k in found.singles:
        name = found.swaps[k].name
        if name == PLACEBO:
            continue
        claims = () if needed is None else needed.get(name, ())
        numbers = _numbers(found, k)
        proposal, reason = proposal_of(
            numbers["upper"], numbers["lasting_bound"], numbers["moved"], bool(claims)
        )
        rows.append({
            "parameter": name, "section": PARAMS[name].section, "rules": " ".join(readers_of(name)), **numbers,
            "claims": None if needed is None else " ".join(claims), "proposal": proposal, "reason": reason,
            "origin": inputs[name].origin, "distribution": inputs[name].words,
        })  # fmt: skip
    return pd.DataFrame(rows).sort_values("largest", ascending=False, kind="stable", ignore_index=True)


def _numbers(found: Findings, k: int) -> dict[str, Any]:
    """Return the numbers of one swap."""
    total, lasting = found.largest(k), found.largest_lasting(k)
    gain, main = found.largest(k, (GAIN,)), found.largest(k, MAIN)
    return {
        "largest": total.index, "low": total.low, "high": total.high, "outcome": total.response, "case": total.case,
        "upper": found.upper(k), "lasting": lasting.index, "lasting_outcome": lasting.response,
        "lasting_case": lasting.case, "lasting_bound": found.lasting_bound(k), "gain": gain.index,
        "gain_low": gain.low, "gain_high": gain.high, "gain_case": gain.case, "main": main.index,
        "main_outcome": main.response, "moved": found.moves(k),
    }  # fmt: skip


def groups_table(found: Findings) -> pd.DataFrame:
    """Return a row for every rule (the parameters it alone reads) and every section, as declared."""
    import pandas as pd

    rows = []
    for k in found.groups:
        swap = found.swaps[k]
        kind = "rule" if swap.name.startswith(RULE) else "section"
        title = swap.name.removeprefix(RULE if kind == "rule" else SECTION)
        rows.append({"kind": kind, "name": title, "parameters": len(swap.members), **_numbers(found, k)})
    return pd.DataFrame(rows)


def indices_table(found: Findings) -> pd.DataFrame:
    """Return every index: a row per swap, case and response that is not the same in all runs."""
    import numpy as np
    import pandas as pd

    frames = []
    names = [swap.name for swap in found.swaps]
    for case, one in zip(CASES, found.indices, strict=True):
        shape = one.total.shape
        columns: dict[str, Any] = {
            "swap": np.repeat(names, shape[1]), "case": case, "response": np.tile(RESPONSES, shape[0]),
        }  # fmt: skip
        for field in ("total", "low", "high", "lasting", "lasting_low", "lasting_high", "moved"):
            columns[field] = getattr(one, field).ravel()
        frames.append(pd.DataFrame(columns))
    return pd.concat(frames, ignore_index=True).dropna(subset=["total"]).reset_index(drop=True)


def luck_table(found: Findings) -> pd.DataFrame:
    """Return luck's total index for the main responses in every case."""
    import pandas as pd

    rows = []
    for case in CASES:
        for response in MAIN:
            if response != GAIN or case in COMPARED:
                share, low, high = found.luck(case, response)
                rows.append({"case": case, "response": response, "luck": share, "low": low, "high": high})
    return pd.DataFrame(rows).dropna(subset=["luck"]).reset_index(drop=True)
