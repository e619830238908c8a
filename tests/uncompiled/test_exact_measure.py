"""Reports, alone and together."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cisim.practice import judgement_sd, worth
from cisim.rules.measure import due, measure, publish, renew_shared_data, report
from cisim.state import H_MEASUREMENT, NO_REPORT, OWN_REPORT, SHARED_REPORT


def test_the_yearly_figure_is_the_mean_of_its_months(blank, record):
    s, p = blank(), record(indicator_noise_cv=0.0)
    s.world.indicator_seen[0] = 99.0
    for month in range(12):
        s.world.indicator_sum[0] += month
        publish(s, p, 1, month)
        if month < 11:
            assert s.world[0].indicator_seen == 99.0
    assert s.world[0].indicator_seen == pytest.approx(66.0 / 12.0)
    assert s.world[0].indicator_sum == 0.0


@settings(max_examples=50, deadline=None)
@given(
    own=st.floats(0.05, 0.99),
    shared=st.floats(0.05, 0.99),
    level=st.floats(0.0, 1.0),
    spread=st.floats(0.01, 0.5),
)
def test_error_gives_back_the_reliability(blank, record, own, shared, level, spread):
    s = blank()
    p = record(report_reliability=own, shared_reliability=shared, quality_sd=spread)
    s.coalition[0], s.stage[0], s.measurement[0] = 0, 3, level
    sd = judgement_sd(s, p, 0)
    found = spread**2 / (spread**2 + sd**2)  # true variance over observed variance
    assert found == pytest.approx(own + level * (shared - own), rel=1e-9)


def test_exaggeration_is_what_money_and_turf_make_it_and_a_shared_yardstick_ends_it(blank, record):
    s = blank()
    p = record(inflation_sd=0.25, program_effect_sd=0.1, quality_sd=0.15, outcome_orientation=0.0)
    s.grant[0, 0], s.own_income[0], s.turf[0] = 300.0, 100.0, 0.5
    report(s, p, 1, 0, 0, 0.0)
    assert s.inflation[0] == pytest.approx(0.25 * 0.015 * 0.75 * 1.0)
    report(s, p, 1, 0, 0, 1.0)
    assert s.inflation[0] == 0.0
    s.grant[0, 0] = 0.0  # nobody to impress
    report(s, p, 1, 0, 0, 0.0)
    assert s.inflation[0] == 0.0
    report(s, record(outcome_orientation=1.0), 1, 0, 0, 0.0)
    assert s.inflation[0] == 0.0


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**63 - 1), extra=st.floats(0.0, 2.0))
def test_a_common_exaggeration_changes_no_ranking(blank, record, seed, extra):
    def ranks(inflation: float) -> list[int]:
        s = blank(n_orgs=8)
        s.grant[:, 0] = 100.0  # all depend on grants alike
        s.turf[:] = 0.5
        s.true_effect[:] = np.linspace(0.0, 0.02, 8)
        for i in range(8):
            report(s, record(inflation_sd=inflation), seed, 3, i, 0.0)
        return list(np.argsort(s.reported_effect))

    assert ranks(0.0) == ranks(extra)


def test_own_reports_come_once_a_year_each_in_its_month(blank, record):
    s, p = blank(n_orgs=5), record(own_report_months=12, shared_report_months=3)
    for i in range(5):
        kinds = [due(s, p, i, month, 0.0) for month in range(24)]
        assert kinds.count(OWN_REPORT) == 2
        assert kinds[(12 - i) % 12] == OWN_REPORT
    together = [due(s, p, 4, month, 0.5) for month in range(12)]
    assert [m for m in range(12) if together[m] == SHARED_REPORT] == [0, 3, 6, 9]
    assert NO_REPORT in together


def test_hours_of_measurement(blank, record):
    s, p = blank(), record(measurement_hours_alone=2.0, measurement_hours=4.0)
    s.staff_hours[1] = 20.0
    measure(s, p, 1, 5)
    assert list(s.hours_owed[:, H_MEASUREMENT]) == [2.0, 1.0]  # a twentieth of the time of a small one
    s.coalition[0], s.stage[0], s.measurement[0] = 0, 3, 0.5
    s.hours_owed[:] = 0.0
    measure(s, p, 1, 5)
    assert s.hours_owed[0, H_MEASUREMENT] == pytest.approx(0.5 * 2.0 + 0.5 * 4.0)


def test_full_shared_data_split_by_group_are_exact_and_undivided_data_are_the_mean(blank, record):
    s = blank(n_groups=2)
    s.covered[:] = [[0.9], [0.3]]
    s.measurement[0] = 1.0
    renew_shared_data(s, record(disaggregation=1.0, shared_report_months=3), 1, 3, 0)
    np.testing.assert_allclose(s.known_unserved[0], [[0.1], [0.7]], rtol=1e-12)
    renew_shared_data(s, record(disaggregation=0.0, shared_report_months=3), 1, 3, 0)
    np.testing.assert_allclose(s.known_unserved[0], [[0.4], [0.4]], rtol=1e-12)
    s.covered[:] = 0.0
    renew_shared_data(s, record(shared_report_months=3), 1, 4, 0)  # no new data this month
    np.testing.assert_allclose(s.known_unserved[0], [[0.4], [0.4]], rtol=1e-12)


def test_worth_counts_own_clients_or_everybodys_need(blank, record):
    s, p = blank(n_orgs=1, n_groups=2), record(group_specificity=1.0)
    s.best_score[:] = 1.0
    s.ideal[:, 0] = [0b1111, 0b0000]
    s.effort[0] = [[1.0], [0.0]]
    s.need[:] = [[0.25], [0.75]]
    assert worth(s, p, 0, 0, 0b1111, 0.0) == pytest.approx(1.0)
    assert worth(s, p, 0, 0, 0b1111, 1.0) == pytest.approx(0.25)


def test_judgements_follow_the_seed(blank, record):
    def judged(seed: int) -> list[float]:
        s = blank()
        report(s, record(), seed, 0, 0, 0.0)
        return [float(s.judged[0, 0]), float(s.reported_effect[0])]

    assert judged(1) == judged(1)
    assert judged(1) != judged(2)
