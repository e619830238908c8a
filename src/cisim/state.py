"""The state of one world: one array per fact, its shape and unit written beside it.

Rules receive a `State` (a NamedTuple, so compiled code reads `s.trust_backbone[i]`), a parameter record and
the key of the draws. Nothing here computes; `allocate` makes the empty arrays from the declarations.

Dimensions: n_orgs organisations, n_groups population groups, n_drivers drivers, n_funders funders plus one
last row for their common pool, n_coalitions coalition places, n_ties ties an organisation can keep,
n_accounts ledger accounts, n_hours uses of time, n_purposes uses of money.
"""

from __future__ import annotations

from typing import Annotated, Any, NamedTuple, get_args, get_type_hints

import numpy as np
import numpy.typing as npt

F = npt.NDArray[np.float64]
I = npt.NDArray[np.int64]  # noqa: E741  (I for integers, F for floats: the two letters of every row below)

# ---- what money is paid for ---------------------------------------------------------------------------------

PURPOSES = (
    "budget",  # outside -> funder
    "own income",  # outside -> organisation
    "grant",  # funder or pool -> organisation
    "pooling",  # funder -> pool
    "infrastructure",  # funder, pool or outside -> backbone
    "service",  # pay for hours of service
    "administration",  # overhead
    "fundraising",  # pay for hours of applications
    "meetings",  # pay for hours of meetings and preparation
    "measurement",  # pay for hours of measurement, and the shared system
    "learning",  # pay for hours of trials and adoptions
    "volunteering",  # pay for hours members give to unstaffed backbone tasks
    "joint programme",  # pay for hours on extra joint programmes
    "backbone",  # pay of backbone staff and of executives on loan
    "landscape scan",
    "capacity building",
    "closing",  # what is left when an organisation or coalition ends -> outside
    "founding",  # outside -> new organisation
    "shared savings",  # outside, public payers -> backbone
)
(
    BUDGET,
    OWN_INCOME,
    GRANT,
    POOLING,
    INFRASTRUCTURE,
    SERVICE,
    ADMINISTRATION,
    FUNDRAISING,
    MEETINGS,
    MEASUREMENT,
    LEARNING,
    VOLUNTEERING,
    JOINT,
    BACKBONE,
    SCAN,
    CAPACITY_BUILDING,
    CLOSING,
    FOUNDING,
    SAVINGS,
) = range(19)

# ---- what hours are used for; purpose of pay = SERVICE for use 0, and so on ---------------------------------

HOUR_USES = (
    "service",
    "fundraising",
    "meetings",
    "measurement",
    "learning",
    "volunteering",
    "joint programme",
)
H_SERVICE, H_FUNDRAISING, H_MEETINGS, H_MEASUREMENT, H_LEARNING, H_VOLUNTEERING, H_JOINT = range(7)

# ---- kinds of report due in a month -------------------------------------------------------------------------

NO_REPORT, OWN_REPORT, SHARED_REPORT = range(3)

# ---- accounts: outside, staff, suppliers, funders, pool, coalitions, organisations free, organisations tied --

OUTSIDE, STAFF, SUPPLIERS, FIRST_FUNDER = range(4)

WORLD = np.dtype(
    [
        ("recession_left", np.int64),  # months
        ("level_shock", np.float64),  # share by which the problem stands above its usual level
        ("trend", np.float64),  # factor on the problem
        ("client_months_per_hour", np.float64),  # clients a reached hour serves for a month
        ("baseline", np.float64),  # indicator's unit, published for the year before the run
        ("best", np.float64),  # indicator's unit, best attainable
        ("indicator", np.float64),  # indicator's unit, population mean, true
        ("indicator_seen", np.float64),  # the same as last published (once a year, with sampling noise)
        ("indicator_sum", np.float64),  # sum over the months of this year, for the yearly figure
        ("covered", np.float64),  # share of need served at least once
        ("double_served", np.float64),  # share of all service that reached people already served
        ("client_effect", np.float64),  # sd, mean true effect on clients this month
        ("brokered", np.float64),  # plans fitted together this month
        ("ledger_count", np.int64),  # rows written in the ledger buffer
        ("exits", np.int64),  # organisations closed so far
        ("entries", np.int64),  # organisations founded so far
        ("coalitions_ended", np.int64),
        ("ledger_on", np.int64),  # 1 where every payment is written down
        ("infrastructure_left", np.float64),  # usd private funders still give to infrastructure this month
        ("savings_left", np.float64),  # usd of public savings still to be shared this month
        ("applied", np.int64),  # applications to funders in the last yearly round
        ("awarded", np.int64),  # of these, how many were paid
        ("trust", np.float64),  # mean over ties
        ("trust_within", np.float64),  # mean over ties within a sector
        ("trust_across", np.float64),  # mean over ties across sectors
        ("density", np.float64),  # ties per ordered pair of living organisations
        ("centralisation", np.float64),  # of the number of ties
        ("ties_known", np.int64),  # 1 where the scenario lists who works with whom
        ("scan_left", np.float64),  # freshness of the landscape scan, 0..1
    ],
    align=True,
)


class State(NamedTuple):
    """All facts about one world at one time; see the rows for shape and unit."""

    # organisations
    uid: Annotated[I, "n_orgs", "name in draws; meaning nothing"]
    place_of: Annotated[I, "n_orgs", "place of the organisation with this uid"]
    births: Annotated[I, "n_orgs", "how many organisations have held this place before"]
    is_active: Annotated[I, "n_orgs", "1 where the place is held by a living organisation"]
    sector: Annotated[I, "n_orgs", "0 nonprofit, 1 government, 2 corporate, 3 community-led"]
    known_sector: Annotated[I, "n_orgs", "number of the sector the scenario states, -1 where drawn"]
    known_budget: Annotated[
        F, "n_orgs", "usd/year when the run starts, as the scenario states, -1 where drawn"
    ]
    known_own_share: Annotated[F, "n_orgs", "share of own income the scenario states, -1 where not"]
    age: Annotated[I, "n_orgs", "months"]
    staff_hours: Annotated[F, "n_orgs", "hours/month available"]
    start_hours: Annotated[F, "n_orgs", "hours/month when founded"]
    own_income: Annotated[F, "n_orgs", "usd/month from outside, before recessions"]
    grant_need: Annotated[F, "n_orgs", "usd/month asked of funders in all"]
    income: Annotated[F, "n_orgs", "usd/month, smoothed"]
    received: Annotated[F, "n_orgs", "usd received this month"]
    capacity: Annotated[F, "n_orgs", "share 0..1: organisational health that overhead keeps up"]
    turf: Annotated[F, "n_orgs", "share 0..1"]
    willingness: Annotated[F, "n_orgs", "share 0..1, to disclose among the trusted"]
    alignment: Annotated[F, "n_orgs", "share 0..1 with the common agenda"]
    knowledge: Annotated[F, "n_orgs", "share 0..1 of the others' work it shares client information with"]
    need_knowledge: Annotated[F, "n_orgs", "share 0..1 of true need known, the rest own guess"]
    disclosure: Annotated[F, "n_orgs", "share 0..1 of what it knows that it says in meetings"]
    trust_backbone: Annotated[F, "n_orgs", "share 0..1"]
    hope: Annotated[F, "n_orgs", "share 0..1 that membership brings money"]
    satisfaction: Annotated[F, "n_orgs", "share 0..1 with meetings"]
    gain: Annotated[F, "n_orgs", "share 0..1: what recent meetings brought, fading"]
    presence: Annotated[F, "n_orgs", "share 0..1 of this month's meetings, weighed by rank"]
    coalition: Annotated[I, "n_orgs", "place of its coalition, -1 where none"]
    rank: Annotated[F, "n_orgs", "0..1, the draw that decides its working group and seat"]
    working_group: Annotated[I, "n_orgs", "number within the coalition"]
    true_effect: Annotated[F, "n_orgs", "sd, mean effect on own clients this month"]
    reported_effect: Annotated[F, "n_orgs", "sd, as last reported"]
    start_reported: Annotated[F, "n_orgs", "sd, first report"]
    contribution: Annotated[F, "n_orgs", "share: quality-weighted work in unserved need"]
    clients: Annotated[F, "n_orgs", "client-months this month"]
    believed_change: Annotated[F, "n_orgs", "share by which it believes the problem has shrunk"]
    inflation: Annotated[F, "n_orgs", "sd, last exaggeration"]
    report_due: Annotated[I, "n_orgs", "0 none, 1 own report, 2 shared report this month"]
    hours: Annotated[F, "n_orgs, n_hours", "hours/month used"]
    hours_owed: Annotated[F, "n_orgs, n_hours", "hours promised, taken from the next month's service"]
    # organisations x drivers, x groups
    competence: Annotated[F, "n_orgs, n_drivers", "share 0..1"]
    reach: Annotated[F, "n_orgs, n_groups", "clients reached per hour, 1 = typical"]
    practice: Annotated[I, "n_orgs, n_drivers", "bits"]
    practice_known: Annotated[I, "n_orgs, n_drivers", "bits on which it is not in doubt"]
    practice_settled: Annotated[
        I, "n_orgs, n_drivers", "1 where it started with the known answer and knows it"
    ]
    common_quality: Annotated[F, "n_orgs, n_drivers", "share 0..1, quality on the driver's landscape"]
    judged: Annotated[F, "n_orgs, n_drivers", "share 0..1, quality as last reported"]
    quality: Annotated[F, "n_orgs, n_groups, n_drivers", "share 0..1, with the fit to the group"]
    effort: Annotated[F, "n_orgs, n_groups, n_drivers", "share of service hours; sums to 1"]
    need_guess: Annotated[F, "n_orgs, n_groups, n_drivers", "factor by which it misjudges unserved need"]
    # decisions made outside the rules (see `decisions`); all zero unless agents with a mind of their own are used
    override: Annotated[I, "n_orgs", "bits of `decisions`: what is decided for it this month"]
    own_disclosure: Annotated[F, "n_orgs", "share 0..1 it discloses where DISCLOSES is set"]
    own_target: Annotated[
        F, "n_orgs, n_groups, n_drivers", "where its effort should go where OWN_TARGET is set"
    ]
    closed: Annotated[I, "n_orgs, n_drivers", "1 where it takes up no other practice this month"]
    # ties
    tie_to: Annotated[I, "n_orgs, n_ties", "place of the other, -1 free"]
    tie_trust: Annotated[F, "n_orgs, n_ties", "share 0..1"]
    tie_month: Annotated[I, "n_orgs, n_ties", "month of the last contact"]
    tie_evidence: Annotated[
        F, "n_orgs, n_ties", "experience behind the trust, besides a first impression of 1 (trust rule beta)"
    ]
    tie_sum: Annotated[F, "n_orgs", "sum of trust over its ties when last looked after"]
    # community
    group_uid: Annotated[I, "n_groups", "name in draws"]
    group_share: Annotated[F, "n_groups", "share of the population"]
    group_need: Annotated[F, "n_groups", "need per head relative to the mean"]
    group_ease: Annotated[F, "n_groups", "share 0..1, ease of reach"]
    problem: Annotated[F, "n_groups", "indicator's distance from the best attainable, without shocks"]
    problem_unserved: Annotated[F, "n_groups", "the same if nobody were served"]
    start_problem: Annotated[F, "n_groups", "the same when the run starts"]
    ideal: Annotated[I, "n_groups, n_drivers", "practice that fits the group"]
    need: Annotated[F, "n_groups, n_drivers", "share of all need; sums to 1"]
    covered: Annotated[F, "n_groups, n_drivers", "share of the need served at least once"]
    reached: Annotated[F, "n_groups, n_drivers", "client-months per unit of need, double counts included"]
    served_quality: Annotated[F, "n_groups, n_drivers", "share 0..1, mean quality of service given"]
    pooled: Annotated[F, "n_groups, n_drivers", "reach that is coordinated, per unit of need"]
    missed: Annotated[F, "n_groups, n_drivers", "share that would be missed if nobody coordinated"]
    driver_uid: Annotated[I, "n_drivers", "name in draws"]
    driver_place: Annotated[I, "n_drivers", "place of the driver with this uid"]
    weight: Annotated[F, "n_drivers", "share parameter of the CES"]
    link: Annotated[F, "n_drivers, n_drivers", "share 0..1: row feeds column"]
    table: Annotated[F, "n_drivers, n_bits, n_contexts", "contributions of the practice landscape"]
    partners: Annotated[I, "n_drivers, n_bits, n_partners", "decisions each one depends on"]
    worst_score: Annotated[F, "n_drivers", "lowest score on the landscape"]
    best_score: Annotated[F, "n_drivers", "highest score on the landscape"]
    best_practice: Annotated[I, "n_drivers", "bits of the best practice"]
    # funders; the last row is the pool
    funder_uid: Annotated[I, "n_funders", "name in draws"]
    is_public: Annotated[I, "n_funders", "1 public, 0 private"]
    funder_budget: Annotated[F, "n_funders", "usd/month"]
    committed: Annotated[F, "n_funders", "usd/month promised in running grants"]
    grant: Annotated[F, "n_orgs, n_funders", "usd/month of the running grant"]
    grant_left: Annotated[I, "n_orgs, n_funders", "months"]
    was_grantee: Annotated[I, "n_orgs, n_funders", "1 where a grant has just run out"]
    appraisal: Annotated[F, "n_orgs", "score in the competition at hand"]
    # coalitions
    stage: Annotated[I, "n_coalitions", "0 none, 1 learning, 2 coordination, 3 collective impact"]
    stage_age: Annotated[I, "n_coalitions", "months in the stage"]
    coalition_age: Annotated[I, "n_coalitions", "months since it formed"]
    backbone_age: Annotated[I, "n_coalitions", "months since its backbone was first paid"]
    n_members: Annotated[I, "n_coalitions", "members"]
    n_groups_of: Annotated[I, "n_coalitions", "working groups"]
    leadership: Annotated[F, "n_coalitions", "share 0..1, quality of leadership"]
    staff_fte: Annotated[F, "n_coalitions", "backbone staff paid this month"]
    backbone_level: Annotated[F, "n_coalitions", "share 0..1 set up"]
    staffed: Annotated[F, "n_coalitions", "share 0..1 of backbone work that paid staff can do"]
    manager: Annotated[F, "n_coalitions", "share 0..1, quality of project management"]
    data_manager: Annotated[F, "n_coalitions", "share 0..1, quality of data management"]
    facilitator: Annotated[F, "n_coalitions", "share 0..1, quality of facilitation"]
    system_paid: Annotated[F, "n_coalitions", "share of the shared measurement's set-up cost paid"]
    measurement: Annotated[F, "n_coalitions", "share 0..1, working level of shared measurement"]
    member_work: Annotated[F, "n_coalitions", "share of the community's service hours that members disclose"]
    playbook: Annotated[I, "n_coalitions, n_drivers", "bits of the common code of practice"]
    playbook_known: Annotated[I, "n_coalitions, n_drivers", "bits it has an entry for"]
    known_unserved: Annotated[F, "n_coalitions, n_groups, n_drivers", "share of need known to be unserved"]
    # books
    balance: Annotated[F, "n_accounts", "usd"]
    paid: Annotated[F, "n_purposes", "usd this month"]
    ledger_month: Annotated[I, "n_ledger", "month"]
    ledger_payer: Annotated[I, "n_ledger", "account"]
    ledger_payee: Annotated[I, "n_ledger", "account"]
    ledger_purpose: Annotated[I, "n_ledger", "index in PURPOSES"]
    ledger_usd: Annotated[F, "n_ledger", "usd"]
    # recorded this month
    row: Annotated[F, "n_columns", "columns of `outcomes.COLUMNS`"]
    group_row: Annotated[F, "n_groups", "indicator of each group"]
    # scratch: working space of the rules, no meaning between them
    order: Annotated[I, "n_orgs", "members by working group"]
    group_start: Annotated[I, "n_orgs_1", "first place of each working group in `order`"]
    present: Annotated[I, "n_orgs", "those present in the room at hand"]
    spoken: Annotated[F, "n_orgs", "disclosure in the meeting at hand"]
    asked: Annotated[F, "n_orgs", "usd/month asked in the competition at hand"]
    copied_driver: Annotated[I, "n_orgs", "driver whose practice it is about to copy, -1 none"]
    copied: Annotated[I, "n_orgs", "bits it is about to copy"]
    copied_judged: Annotated[F, "n_orgs", "what it believes they are worth"]
    votes: Annotated[I, "n_bits", "balance of votes on the playbook"]
    seen: Annotated[I, "n_ties", "practices seen"]
    seen_judged: Annotated[F, "n_ties", "what they are believed to be worth"]
    seen_size: Annotated[F, "n_ties", "staff hours of those who have them"]
    luck: Annotated[F, "n_orgs", "draws of this month for the decision at hand"]
    other: Annotated[I, "n_ties", "uids of those the ties of the organisation at hand lead to"]
    drawn: Annotated[F, "n_ties", "draws of the ties at hand"]
    target: Annotated[F, "n_groups, n_drivers", "where effort should go"]
    inputs_by_group: Annotated[F, "n_groups", "quality of the practice at hand for each group"]
    credit: Annotated[F, "n_groups, n_drivers", "what the own funder credits"]
    inputs: Annotated[F, "n_drivers", "coverage times quality, with what other drivers feed"]
    world: Annotated[Any, "one", "see WORLD"]


class Dims(NamedTuple):
    """Sizes of one world's arrays."""

    n_orgs: int
    n_groups: int
    n_drivers: int
    n_funders: int  # pool included
    n_coalitions: int
    n_ties: int
    n_bits: int
    n_partners: int
    n_ledger: int
    n_columns: int

    @property
    def sizes(self) -> dict[str, int]:
        """Size of every dimension named in the declarations of `State`."""
        return {
            **self._asdict(),
            "n_contexts": 2 ** (self.n_partners + 1),
            "n_hours": len(HOUR_USES),
            "n_purposes": len(PURPOSES),
            "n_accounts": n_accounts(self.n_funders, self.n_coalitions, self.n_orgs),
            "n_orgs_1": self.n_orgs + 1,
            "one": 1,
        }


def n_accounts(n_funders: int, n_coalitions: int, n_orgs: int) -> int:
    """Number of ledger accounts."""
    return FIRST_FUNDER + n_funders + n_coalitions + 2 * n_orgs


def declarations() -> dict[str, tuple[str, str, Any]]:
    """Return, by field of `State`, its shape, unit and element type as declared."""
    rows = {}
    for name, hint in get_type_hints(State, include_extras=True).items():
        array, shape, unit = get_args(hint)
        rows[name] = (shape, unit, np.int64 if array == I else np.float64)
    return rows


_DECLARED = declarations()


def allocate(dims: Dims) -> State:
    """Return a `State` of zeros with the shapes declared for `dims`."""
    sizes = dims.sizes
    arrays: list[Any] = []
    for name, (shape, _, kind) in _DECLARED.items():
        if name == "world":
            arrays.append(np.zeros(1, WORLD).view(np.recarray))
        else:
            arrays.append(np.zeros([sizes[part] for part in shape.split(", ")], kind))
    return State(*arrays)


def copy_state(s: State) -> State:
    """Return an independent copy of every array."""
    arrays: list[Any] = [array.copy() for array in s]
    return State(*arrays)
