"""Every parameter of cisim, declared once.

A row states name, default, range, unit, meaning, source and evidence grade. The scenario schema, the
command line, the ODD tables, the bounds of sensitivity analyses and the record that compiled rules
read are all derived from these rows, so a number is changed here or nowhere.

Grades: *measured* (a published figure), *derived* (computed from published figures), *assumed* (no
usable figure; the range says how far it is safe to vary). The file is one long table on purpose:
splitting it would only hide the second half.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Grade = Literal["measured", "derived", "assumed"]
Kind = Literal["float", "int", "choice"]
Value = float | int | str

M: Grade = "measured"
D: Grade = "derived"
A: Grade = "assumed"


@dataclass(frozen=True, slots=True)
class Param:
    """One declared number (or named choice) of the model.

    Attributes
    ----------
    name : str
        The same name in scenario files, in the compiled record and in result columns.
    default : float | int | str
        Value used when no scenario says otherwise; for choices, one of `choices`.
    low, high : float
        Allowed range, inclusive. For choices 0 and the last index.
    unit : str
        Unit in words; ``"share"`` is a number between 0 and 1, ``"-"`` a pure number.
    meaning, source : str
        What it does, and where the default and range come from.
    grade : {"measured", "derived", "assumed"}
        Strength of the evidence behind the default.
    section : str
        Heading it is listed under.
    kind : {"float", "int", "choice"}
        Type accepted in scenario files.
    choices : tuple of str
        Names of the values of a choice, in the order of their integer codes.
    is_lever : bool
        True where a decision maker sets it (regimes are presets of these).
    """

    name: str
    default: Value
    low: float
    high: float
    unit: str
    meaning: str
    source: str
    grade: Grade
    section: str
    kind: Kind = "float"
    choices: tuple[str, ...] = ()
    is_lever: bool = False

    def code(self, value: Value) -> float | int:
        """Return the number compiled rules see for `value` (choices become their index)."""
        if self.kind == "choice":
            return self.choices.index(str(value))
        return int(value) if self.kind == "int" else float(value)


_rows: list[Param] = []


def _section(title: str, is_lever: bool = False) -> Any:
    """Return a row-adding function for one section of the table."""

    def add(
        name: str,
        default: Value,
        low: float,
        high: float,
        unit: str,
        meaning: str,
        source: str,
        grade: Grade,
        kind: Kind | None = None,
    ) -> None:
        inferred: Kind = "int" if isinstance(default, int) else "float"
        _rows.append(
            Param(
                name, default, low, high, unit, meaning, source, grade, title, kind or inferred, (), is_lever
            )
        )

    return add


def _choice(
    title: str,
    name: str,
    default: str,
    choices: tuple[str, ...],
    meaning: str,
    source: str,
    grade: Grade,
    is_lever: bool = False,
) -> None:
    """Add a row whose value is one of a few names."""
    _rows.append(
        Param(
            name,
            default,
            0,
            len(choices) - 1,
            "name",
            meaning,
            source,
            grade,
            title,
            "choice",
            choices,
            is_lever,
        )
    )


# fmt: off
# ruff: noqa: E501  (a table reads better on long lines than on wrapped ones)
p = _section("Size and horizon")
p("months", 120, 12, 600, "months", "length of a run", "coalitions that moved populations were often over 10 years old (ORS Impact & Spark 2018)", D)
p("n_orgs", 50, 2, 50_000, "organisations", "organisations that work on the problem when the run starts", "PROSPER teams of 8-12 to 300 partners in Strive; central 40", M)
p("n_public_funders", 2, 0, 50, "funders", "public funders, whose money is restricted to direct service", "an initiative draws on 3.9 funding sources on average (HCAP)", D)
p("n_private_funders", 4, 0, 50, "funders", "private funders", "an initiative draws on 3.9 funding sources on average (HCAP)", D)
p("n_coalitions", 1, 1, 8, "coalitions", "coalitions that may exist side by side", "assumption", A)
p("max_ties", 24, 4, 64, "ties", "ties one organisation can keep up at once; the weakest is forgotten first", "assumption, after limits on how many partners staff can know", A)
p("share_government", 0.15, 0, 1, "share", "organisations that are government agencies", "assumption", A)
p("share_corporate", 0.10, 0, 1, "share", "organisations that are companies", "assumption", A)
p("share_community", 0.15, 0, 1, "share", "organisations led by residents; the rest are nonprofits", "assumption", A)

p = _section("Problem")
p("practice_bits", 12, 4, 16, "decisions", "yes/no decisions that make up a practice for one driver", "6-20, central 12 (NK literature)", D)
p("ruggedness", 2, 0, 11, "decisions", "K: other decisions on which the worth of one decision depends; 0 = every single improvement shows", "technical K = 0, adaptive K >= 2, up to 7 (NK literature)", D)
p("known_answer_share", 0.05, 0, 1, "share", "organisations that start with the best practice of a driver", "assumption; 1 is a fully technical problem", A)
p("initial_trials", 8, 0, 200, "trials", "single changes each organisation had tried on each practice before the run", "assumption: existing practice is better than chance", A)
p("complementarity", -1.0, -20, 1, "-", "rho of the CES over drivers: 1 separable, 0 Cobb-Douglas, strongly negative weakest link", "assumption; open question between 'all needed' and 'every step helps'", A)
p("group_specificity", 0.25, 0, 1, "share", "share of a practice's quality that depends on how it fits the group served", "assumption, range wide", A)
p("client_overlap", 1.0, 0, 1, "share", "overlap of services that do not know of each other: 1 = same families at random, 0 = separate clients by nature", "assumption", A)
p("capacity_ratio", 0.8, 0.05, 5, "share of need", "need the organisations of the first month could reach if nobody were served twice", "assumption", A)
p("indicator_lag_months", 12.0, 1, 120, "months", "time constant with which the population follows what services deliver", "population change seen after 2-10 years, central 5, incl. coalition time (ORS 2018)", D)
p("indicator_noise_cv", 0.09, 0, 0.5, "share per year", "sampling noise of the yearly indicator", "Poisson noise of 128 infant deaths a year in Baltimore; .03-.15", D)
p("trend_per_year", 0.0, -0.1, 0.1, "share per year", "secular change of the indicator that nobody here causes", "assumption; Baltimore rose 15 % in 2000-2009", A)
p("crisis_spike", 0.0, -0.5, 1, "share", "how far the problem stands above its usual level when the run starts", "Baltimore 2009: 13.5 against 11.0 the year after", D)
p("crisis_half_life_months", 8.0, 1, 120, "months", "half-life of that spike", "Baltimore 13.5 (2009), 11.0 (2010), 10.5 (2011)", D)
p("recession_per_year", 0.1, 0, 1, "1/year", "chance that a recession begins", "about one in ten years in the USA since 1945", D)
p("recession_depth", 0.15, 0, 0.9, "share", "loss of own income and of funders' budgets while it lasts", "assumption", A)
p("recession_months", 12, 1, 60, "months", "length of a recession", "US mean since 1945 about 10-11 months", D)
p("need_shock_per_year", 0.05, 0, 1, "1/year", "chance of a crisis that raises the level of the problem", "assumption", A)
p("need_shock_size", 0.1, 0, 1, "share", "rise of the level in such a crisis, fading with the crisis half-life", "assumption", A)

p("savings_usd_per_unit", 0.0, 0, 1e9, "usd/year per unit of the indicator", "what public payers save a year in the whole community for each unit by which the published indicator is better than before the run", "assumption; no figure without a case: state one's own", A)

p = _section("Service")
p("hour_usd", 30.0, 5, 200, "usd/hour", "cost of one staff hour without overhead", "23 staff-days (184 h) a proposal = 5,520 usd (Project Streamline)", D)
p("competence_mean", 0.6, 0.05, 1, "share", "mean skill of organisations in a driver", "assumption", A)
p("competence_sd", 0.2, 0, 0.5, "share", "spread of that skill over organisations and drivers (comparative advantage)", "assumption", A)
p("reach_sd", 0.5, 0, 2, "-", "sd of the log ease with which an organisation reaches a group", "assumption", A)
p("focus", 2.0, 0, 10, "-", "how strongly organisations start out concentrated on what they do best and reach most easily", "assumption", A)
p("fidelity", 0.7, 0.05, 1, "share", "implementation fidelity of a well-resourced organisation", "Durlak & DuPre 2008, 542 interventions: .4-.85, central .7", M)
p("program_effect_sd", 0.10, 0, 1, "sd", "effect on one client of the best practice, at full fidelity", "Kraft 2020: median .10 sd over about 750 trials (.02-.30)", M)

p("joint_effect", 0.5, 0, 1, "share", "service that an hour of a joint programme gives, compared with an hour of a member's own: new, imported, on top", "assumption", A)

p = _section("Money of organisations")
p("org_budget_usd", 500_000.0, 5_000, 1e9, "usd/year", "median yearly budget of an organisation", "50 k - 10 M, central 500 k; about two thirds of filers below 500 k", D)
p("org_budget_log_sd", 1.0, 0, 3, "-", "sd of the log of budgets", "assumption (log-normal sizes)", A)
p("own_income_share", 0.5, 0, 1, "share", "income that does not come from the community's funders (fees, donations, contracts)", "government about a third and foundations 3 % of public charities' revenue (Urban Institute 2010)", D)
p("reserve_months", 3.0, 0, 36, "months", "spending an organisation holds in cash when the run starts", "NFF 2013-14: 25 % at most 1 month, 55 % at most 3", M)
p("overhead_true", 0.40, 0, 1.5, "share of direct cost", "overhead an organisation needs to stay whole", "Bridgespan 2016: median 40 % (21-89 %)", M)
p("overhead_topup", 0.5, 0, 1, "share", "part of the overhead that tied money does not pay which organisations add from free money", "assumption", A)
p("capacity_start", 0.83, 0.05, 1, "share", "organisational capacity when the run starts", "overhead paid over overhead needed when .84 of private and all public money is tied, 15 % of it allowed, half of the rest topped up", D)
p("capacity_years", 2.0, 0.1, 20, "years", "time in which starved or fed overhead shows in fidelity", "assumption", A)
p("exit_per_year", 0.015, 0, 0.5, "1/year", "hazard that an organisation closes for reasons other than money; higher when young or small", "1-2 % a year (Nonprofit Management & Leadership 2024, 10.1002/nml.21650)", M)
p("entry_per_year", 0.045, 0, 0.5, "1/year", "hazard that a place left empty is taken by a new organisation, times ten in vacant places", "4-5 % a year (10.1002/nml.21650)", M)

p = _section("Grants", is_lever=True)
p("grant_term_years", 1, 1, 10, "years", "term of project grants", "project grants 1-3 years, central 1-2", M)
p("restricted_share", 0.84, 0, 1, "share", "private grant money tied to programmes; public money always is", "NCRP, State of Grantseeking: .76-.92, central .84", M)
p("overhead_allowed", 0.15, 0, 1.5, "share of direct cost", "overhead that tied money may pay for", "Bridgespan 2016: about 15 % flat", M)
p("outcome_orientation", 0.0, 0, 1, "share", "weight of contribution to the shared outcome, rather than attributed own effect, in appraisal", "assumption; programme-oriented is the usual case", A)
p("pooled_share", 0.0, 0, 1, "share", "part of private funders' budgets paid into one pool and decided together", "assumption; Baltimore's pooled teen-birth fund", A)
p("gap_filling_share", 0.0, 0, 1, "share", "part of pooled money that goes where known need is unserved", "assumption", A)
p("scan_usd", 0.0, 0, 5e6, "usd", "spent once by private funders on a landscape scan: who does what, and for whom", "assumption", A)
p("capacity_building_usd_per_year", 0.0, 0, 1e7, "usd/year", "private money for members' skills and overhead", "assumption", A)
p("loaned_executive_fte", 0.0, 0, 5, "fte", "experienced staff lent to the coalition by a funder, paid by that funder", "Casey Foundation lent an officer to B'more for Healthy Babies", D)
p("loaned_executive_months", 24, 0, 240, "months", "length of that loan", "assumption", A)
p("convening", 0.0, 0, 1, "share", "how far funders use their name to bring organisations to the table", "assumption", A)

p = _section("Grant market")
p("applications_per_org_year", 25.0, 0, 200, "1/year", "applications an organisation writes when none of its grant income is secured", "25 a year per nonprofit over 450 organisations in 10 metros (Faulk); 5-50", M)
p("hours_per_application", 40.0, 0, 400, "hours", "staff hours for one application", "10-184 h, central 40 (Project Streamline and others)", M)
p("application_hours_cap", 0.25, 0, 0.9, "share", "most of its time an organisation spends on applications", "assumption, binds for the smallest", A)
p("grant_success", 0.41, 0.02, 1, "share", "money given per money asked for at the start", "59 % of applications fail (GrantStation); .10-.55", M)
p("public_money_share", 0.6, 0, 1, "share", "public part of all contested money", "assumption; government outweighs foundations in charities' revenue", A)
p("appraisal_noise", 0.5, 0, 5, "sd", "noise of a funder's judgement, in sd of true effects between organisations", "assumption", A)
p("prior_grantee_bonus", 0.5, 0, 5, "sd", "advantage of last year's grantees in appraisal", "competition favours prior grantees (Faulk)", A)
_choice("Grant market", "appraisal_rule", "ranking", ("ranking", "lottery"), "ranking: the best-scored are funded; lottery: lots decide among a short list of the best-scored", "ranking is usual; partial lottery: Gross & Bergstrom 2019, 10.1371/journal.pbio.3000065", A)
p("shortlist_ratio", 2.0, 1, 20, "-", "money asked by those on a lottery's short list over the money to give; 1 leaves nothing to chance", "assumption", A)

p("infrastructure_limit", 0.5, 0, 1, "share", "most of a month's private money that goes into infrastructure", "assumption; funders are reluctant to pay for infrastructure (Kania & Kramer 2011)", A)
p("scan_full_usd", 75_000.0, 1_000, 1e6, "usd", "cost of a landscape scan that finds everything", "assumption", A)
p("training_effect", 0.1, 0, 1, "share", "missing competence made up per year when capacity building equals direct cost", "assumption", A)

p = _section("Measurement and honesty")
p("quality_sd", 0.15, 0.01, 0.5, "share", "spread of true practice quality between organisations to which reliabilities refer", "assumption", A)
p("report_reliability", 0.5, 0.05, 0.99, "share", "reliability of one organisation's own outcome report", ".2-.8, central .5 (assumed)", A)
p("shared_reliability", 0.8, 0.05, 0.99, "share", "reliability under a fully working shared measurement system", "upper end of .2-.8 (assumed)", A)
p("inflation_sd", 0.25, 0, 2, "sd of true effect", "how much organisations inflate reports when all their money depends on them", ".05-.6, central .25; 37-41 % misreport costs (Urban/Indiana; Scripps)", A)
p("own_report_months", 12, 1, 60, "months", "interval between an organisation's own evaluations", "evaluation once a year is usual; assumption", A)
p("measurement_hours_alone", 2.0, 0, 100, "hours/month", "time an organisation spends on its own measurement", "assumption", A)

p = _section("Five conditions", is_lever=True)
p("common_agenda", 0.0, 0, 1, "share", "share of meeting time that works on a common agenda", "dial; condition 1 (Kania & Kramer 2011)", A)
p("shared_measurement", 0.0, 0, 1, "share", "extent of the shared measurement system; its cost scales with it", "dial; condition 2", A)
p("mutual_activities", 0.0, 0, 1, "share", "share of members' work offered for coordination: client information shared, plans fitted to each other", "dial; condition 3", A)
p("communication", 0.0, 0, 1, "share", "share of the planned rhythm of meetings that is held", "dial; condition 4", A)
p("backbone", 0.0, 0, 1, "share", "share of the backbone budget that is asked for", "dial; condition 5", A)

p = _section("Terms of the five conditions", is_lever=True)
p("meeting_interval_weeks", 4.345, 0.5, 52, "weeks", "planned interval between meetings", "monthly or every two weeks (Kania & Kramer 2011); .33-2.17 a month", M)
p("meeting_hours", 2.0, 0.25, 16, "hours", "length of a meeting", "Strive: 2 hours", M)
p("preparation_hours", 4.0, 0, 40, "hours", "preparation and travel per meeting and organisation", "participation 2-20 h a month, central 6, less the meeting itself", D)
p("ceo_rank", 0.0, 0, 1, "share", "share of seats for which the chief executive has to come", "CEO-level meetings (Kania & Kramer 2011)", A)
p("agenda_hours", 1.0, 0, 40, "hours/month", "time a member gives to working out a full common agenda, besides meetings", "assumption; participation 2-20 h a month in all", A)
p("coordination_hours", 2.0, 0, 40, "hours/month", "time a member gives to sharing client information and fitting plans under full mutual activities", "assumption; participation 2-20 h a month in all", A)
p("group_size", 10, 2, 60, "members", "size of a working group; people meet in rooms, not in crowds", "PROSPER teams of 8-12", M)
p("between_meetings", 0.0, 0, 1, "share", "use of a channel between meetings", "web tools such as mailing groups (Kania & Kramer 2011)", A)
p("minutes_to_all", 0.5, 0, 1, "share", "chance that who was absent still learns what was reported", "assumption", A)
p("backbone_usd_per_year", 400_000.0, 0, 2e7, "usd/year", "budget asked for the backbone", "110 k (StriveTogether grants) to 1.5 M (Strive), central 400 k", D)
p("backbone_term_years", 5.0, 0, 50, "years", "length of the backbone's funding", "5 years (GCF), 3 in Communities That Care, 10 in DFC", M)
p("backbone_taper", 0.0, 0, 1, "share", "share of the backbone budget that goes on after its term", "assumption; two thirds of CTC coalitions kept paid staff", A)
p("manager_share", 0.34, 0, 1, "share", "backbone staff time for project management", "three roles of equal size (Kania & Kramer 2011)", D)
p("data_share", 0.33, 0, 1, "share", "backbone staff time for data management; the rest facilitates", "three roles of equal size (Kania & Kramer 2011)", D)
p("neutrality", 0.8, 0, 1, "share", "how neutral backbone and facilitator are held to be", "assumption", A)
p("measurement_setup_usd", 500_000.0, 0, 2e7, "usd", "set-up cost of full shared measurement", "100 k - 2 M, central 500 k (assumed; FSG cost data not available)", A)
p("measurement_usd_per_year", 150_000.0, 0, 5e6, "usd/year", "running cost of full shared measurement", "50 - 400 k, central 150 k (assumed)", A)
p("measurement_setup_months", 12, 0, 60, "months", "set-up time of shared measurement", "assumption", A)
p("shared_report_months", 3, 1, 24, "months", "interval of shared reports", "assumption; monthly in BabyStat", A)
p("measurement_hours", 4.0, 0, 100, "hours/month", "time a member spends on shared measurement", "assumption", A)
p("disaggregation", 0.0, 0, 1, "share", "how far shared data are split by group", "dial (Edmondson: disaggregate by neighbourhood and group)", A)
p("improvement", 0.0, 0, 1, "share", "share of reports used to improve practice; the rest prove, and keep or drop programmes", "dial (Edmondson: prove or improve)", A)
p("importing", 0.2, 0, 5, "1/year", "rate at which an organisation takes up an idea seen elsewhere without local trial", "assumption (Edmondson: importing ideas)", A)
p("intermediary", 0.0, 0, 1, "share", "how far a network of communities screens ideas from elsewhere for local fit", "StriveTogether; assumption", A)
p("resident_voice", 0.0, 0, 1, "share", "how far residents' knowledge of need is heard", "dial (Wolff 2016 on its absence)", A)
p("joint_programme_hours", 0.0, 0, 200, "hours/month", "extra hours a member gives to a joint programme on top of its work", "assumption (Edmondson: do more)", A)
p("intends_to_last", 0.0, 0, 1, "share", "how far members mean to stay whatever money comes (common purpose rather than a grant)", "assumption", A)

p = _section("Formation", is_lever=True)
_choice("Formation", "formation", "never", ("never", "crisis", "grant", "convener", "mandate", "spawned"), "what brings a coalition about: an observed crisis, a grant, a convening funder, an order, a partnership at a higher level", "Kania & Kramer 2011; Maryland's partnership sparked Baltimore's in 2012", A, True)
p("formation_month", 6, 0, 600, "months", "earliest month in which it can form", "assumption", A)
p("founding_share", 0.6, 0, 1, "share", "organisations asked to join at the start", "assumption", A)
_choice("Formation", "start_stage", "collective-impact", ("learning", "coordination", "collective-impact"), "stage a new coalition starts at", "DeKrey 2013: learning, coordination, collective impact", A, True)
_choice("Formation", "financing", "equal", ("equal", "added"), "equal: all costs come out of the community's funders' budgets; added: infrastructure is paid by new outside money", "the comparison has to say which", A, True)
p("savings_share", 0.0, 0, 1, "share", "part of public payers' savings that is paid on to a backbone whose term is over, up to its full budget", "assumption; paid for by published results, luck included", A)

p = _section("Backbone")
p("backbone_fte_usd", 133_000.0, 20_000, 500_000, "usd/year", "cost of one full-time backbone post with overhead", "400 k for 3 posts", D)
p("backbone_setup_months", 6, 0, 60, "months", "months until a new backbone works fully", "assumption", A)
p("members_per_fte", 20.0, 1, 500, "members", "members one post can serve well (span)", "assumption; Strive 8 staff for about 300 leaders in 15 networks", A)
p("backbone_turnover", 0.2, 0, 1, "1/year", "hazard that backbone leadership changes", "assumption", A)
p("volunteer_quality", 0.4, 0, 1, "share", "worth of a backbone task done by members in their own time", "assumption", A)
p("volunteer_hours", 4.0, 0, 100, "hours/month", "time each active member gives to unstaffed backbone tasks", "assumption", A)
p("brokered_per_fte_month", 6.0, 0, 100, "members", "members whose plans one project manager can fit together in a month, and as many whose practices", "assumption", A)

p = _section("Trust and ties")
p("tie_density", 0.2, 0, 1, "share", "ties per possible pair at the start (bounded by max_ties)", ".05-.6, central .2 (assumed)", A)
p("tie_homophily", 0.6, 0, 1, "share", "initial ties drawn within the own sector", "assumption", A)
_choice("Trust and ties", "trust_rule", "gradual", ("gradual", "beta"), "gradual: each experience moves trust by a constant part; beta: trust is the share of good in all experience, so that it moves less the longer two have known each other", "gradual is assumed; beta after Josang & Ismail 2002 (beta reputation system)", A)
p("trust_start", 0.3, 0, 1, "share", "mean trust on initial ties", "assumption", A)
p("trust_years", 2.5, 0.2, 20, "years", "time constant of trust under kept monthly meetings", "several years of regular meetings (Kania & Kramer 2011); 1-5", D)
p("trust_half_life_years", 2.0, 0.1, 50, "years", "half-life of trust without contact", ".5-5, central 2 (assumed)", A)
p("everyday_contact", 0.2, 0, 1, "1/month", "chance that a tie is kept up in a month outside any coalition; keeps trust about where it starts", "assumption", A)
p("trust_loss", 0.3, 0, 1, "share", "trust lost in who is shown to have exaggerated as far as is usual", ".1-.6, central .3 (assumed)", A)
p("rivalry_loss", 0.1, 0, 1, "share", "trust a loser loses in a winner of the same competition", "assumption", A)
p("cross_sector_trust", 0.7, 0, 1, "share", "growth of trust across sectors relative to within", ".4-1, central .7 (assumed)", A)
p("willingness", 0.5, 0, 1, "share", "mean willingness to disclose among trusted partners", "assumption", A)
p("turf", 0.5, 0, 1, "share", "mean turf and ego: weight of the own agenda in meetings", "assumption", A)
p("fear", 0.5, 0, 1, "share", "how much competition for money silences people", "assumption", A)
p("weakest_safety", 0.5, 0, 1, "share", "1: a room is as safe as its most distrustful member; 0: as its mean member", "open hypothesis (all must feel safe)", A)

p = _section("Meetings and membership")
p("attendance", 0.77, 0, 1, "share", "attendance of a well-motivated member", "active share .74-.79 (HCAP)", D)
p("hope_of_money", 0.6, 0, 1, "share", "strength of the hope for funding as first motive", "assumption (Kania & Kramer 2011 name the motive)", A)
p("hope_half_life_months", 12.0, 1, 120, "months", "half-life of that hope when no money comes", "assumption", A)
p("delegate_effect", 0.5, 0, 1, "share", "what a delegate can decide, compared with the chief executive", "assumption", A)
p("agenda_years", 1.5, 0.1, 20, "years", "time constant of alignment under monthly facilitated meetings", "agenda and backbone come first, system change in 1-5 years (ORS 2018)", D)
p("leader_turnover", 0.12, 0, 1, "1/year", "hazard that an organisation changes its leader", "assumption", A)
p("leave_per_year", 0.5, 0, 12, "1/year", "hazard of leaving for a wholly dissatisfied member", "assumption", A)
p("join_per_year", 0.3, 0, 12, "1/year", "hazard of joining for an outsider all of whose trusted ties are members", "assumption", A)
p("coalition_end_per_year", 0.05, 0, 1, "1/year", "hazard that a coalition ends", "3-8 % a year (Feinberg 2008)", M)
p("grant_end_drop", 0.10, 0, 1, "share", "chance that a coalition ends with its start grant", "90 % of 110 CTC sites went on (Feinberg 2008)", M)
p("stage_trust", 0.4, 0, 1, "share", "mean trust among members at which the next stage is tried", "assumption", A)
p("stage_months", 12, 1, 120, "months", "least time in a stage", "assumption", A)

p = _section("Learning and effort")
p("trials_per_report", 1.0, 0, 10, "trials", "changes of practice tried after a report that is used to improve", "assumption", A)
p("trial_hours", 20.0, 0, 500, "hours", "staff time for one trial or one adoption", "assumption", A)
p("copying_per_year", 0.38, 0, 5, "1/year", "rate at which a contact's practice is considered for copying", "Bass imitation q = .38 (Sultan et al. 1990, from memory)", D)
p("proposals", 2, 1, 4, "proposals", "proposals a party can bring to a coordinated decision when it discloses all", "P of Rivkin & Siggelkow 2003", D)
p("alternatives", 4, 1, 7, "alternatives", "changes a party considers before it proposes", "AltSub of Rivkin & Siggelkow 2003", D)
_choice("Learning and effort", "partner_rule", "outcome", ("outcome", "size"), "whom to copy. outcome: the contact whose practice is said to work best; size: the largest contact", "modes of imitation: Haunschild & Miner 1997, Administrative Science Quarterly 42(3)", A)
p("playbook_uptake", 0.3, 0, 1, "share", "chance per decision and report that a member moves toward the coalition's playbook", "p1 of March 1991", D)
p("import_fit", 0.5, 0, 1, "share", "share of decisions in which an idea from elsewhere fits here", "scale-up loses .1-.9, central .5", D)
p("need_error_sd", 0.5, 0, 3, "-", "sd of the log error in what organisations believe about unserved need", "assumption", A)
p("reallocation_per_year", 0.3, 0, 1, "share per year", "effort an organisation can move on its own", "assumption", A)
p("target_sharpness", 2.0, 0.5, 10, "-", "how strongly effort follows the most valued cell", "assumption", A)
# fmt: on

PARAMS: Mapping[str, Param] = {row.name: row for row in _rows}
LEVERS: tuple[str, ...] = tuple(row.name for row in _rows if row.is_lever)
SECTIONS: tuple[str, ...] = tuple(dict.fromkeys(row.section for row in _rows))

DTYPE = np.dtype([(row.name, np.float64 if row.kind == "float" else np.int64) for row in _rows], align=True)
"""dtype of the record that compiled rules read: one field per parameter, choices as their index."""


def defaults() -> dict[str, Value]:
    """Return the default of every parameter, by name."""
    return {row.name: row.default for row in PARAMS.values()}


def nearest(name: str, known: Iterator[str] | Mapping[str, Any] | tuple[str, ...]) -> str | None:
    """Return the known name closest to a misspelt one, or None."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.5)
    return found[0] if found else None


def to_record(values: Mapping[str, Value]) -> npt.NDArray[Any]:
    """Return `values` (complete) as a 1-element record array of `DTYPE`.

    Raises
    ------
    KeyError
        If a parameter is missing.
    """
    record = np.zeros(1, DTYPE)
    for name, row in PARAMS.items():
        record[name][0] = row.code(values[name])
    return record
