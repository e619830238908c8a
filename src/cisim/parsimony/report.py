"""The report of a parsimony study: text, tables and figures, as all analyses have them."""

from __future__ import annotations

from collections.abc import Mapping

from cisim.parsimony.figures import figures_of
from cisim.parsimony.findings import Findings
from cisim.parsimony.needs import claims_by_parameter
from cisim.parsimony.table import groups_table, indices_table, luck_table, parameters_table
from cisim.parsimony.text import text_of
from cisim.study.records import Report

ASK: Mapping[str, tuple[str, ...]] = {}
"""Stands for "ask the register of claims"."""


def report_of(found: Findings, needed: Mapping[str, tuple[str, ...]] | None = ASK) -> Report:
    """Return the report of what was found.

    Parameters
    ----------
    found : Findings
    needed : mapping of str to tuple of str, optional
        Statements that rest on each parameter, by default those of the register of claims; None if nobody knows.

    Returns
    -------
    Report
        Tables "parameters", "groups", "luck" and "indices"; figures "parameters" and "rules".
    """
    claims = claims_by_parameter() if needed is ASK else needed
    parameters, groups = parameters_table(found, claims), groups_table(found)
    tables = {
        "parameters": parameters, "groups": groups, "luck": luck_table(found), "indices": indices_table(found),
    }  # fmt: skip
    return Report("parsimony", text_of(found, parameters, groups), tables, figures_of(found, parameters))
