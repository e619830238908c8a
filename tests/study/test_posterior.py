"""Calibrated sets from files: whatever is wrong with one is told with its line, value and range."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cisim.problems import ScenarioError
from cisim.study import calibrated as shipped
from cisim.study import posterior
from cisim.study.reading import load_study, study_from

GOOD = "draw,weight,turf,ruggedness\n1,1.0,0.5,2\n\n2,0.5,0.25,3\n"
STUDY = """cisim_study: 1
analysis: sweep
title: A test
scenario: generic-adaptive
set: {n_orgs: 6, months: 12}
vary: {backbone: [0, 1]}
uncertainties: {posterior: set.csv}
"""


def told(folder: Path, data: str | bytes, study: str = STUDY) -> str:
    """Return what a study that draws from these data is told."""
    (folder / "set.csv").write_bytes(data.encode() if isinstance(data, str) else data)
    (folder / "study.yaml").write_text(study, "utf-8")
    with pytest.raises(ScenarioError) as caught:
        load_study(folder / "study.yaml")
    return str(caught.value)


def test_a_good_set_is_read_with_and_without_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "study.yaml").write_text(STUDY, "utf-8")
    for start in (b"", b"\xef\xbb\xbf"):
        (tmp_path / "set.csv").write_bytes(start + GOOD.encode())
        found = load_study(tmp_path / "study.yaml").posterior
        assert found is not None
        assert found.rows == ((0.5, 2), (0.25, 3))


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("0.25,3", "1.5,3", ("line 4: turf: 1.5 is outside 0 to 1",)),
        ("0.25,3", "abc,3", ("line 4: turf: 'abc' is not a number; 0 to 1",)),
        ("0.25,3", ",3", ("line 4: turf: nothing is not a number",)),
        ("0.25,3", "inf,3", ("line 4: turf: inf is not a number",)),
        ("0.25,3", "True,3", ("line 4: turf: 'True' is not a number",)),
        ("0.25,3", "0.25,2.5", ("line 4: ruggedness: 2.5 is not a whole number",)),
        ("2,0.5,", "2,-1,", ("line 4: weight: -1.0 is outside 0 to 1e+12",)),
        ("2,0.5,", "2,,", ("line 4: weight: nothing is not a number",)),
        ("2,0.5,", '2,"1,000",', ("line 4: weight: '1,000' is not a number",)),
        ("0.25,3", "0.25,3,9", ("line 4 has 5 fields, the first line 4",)),
        ("0.25,3", "0.25", ("line 4 has 3 fields, the first line 4",)),
        ("turf,", "turff,", ("column 'turff' is not a parameter; did you mean 'turf'?",)),
        ("turf,", "ruggedness,", ("column 'ruggedness' comes twice",)),
        ("weight,", "fear,", ("column 'weight' is missing",)),
        (GOOD, "draw,weight,turf\n", ("0 rows; 1 to 5,000 are allowed",)),
        (GOOD, "draw,weight\n1,1\n", ("no column of a parameter",)),
        (GOOD, "weight,turf\n0,0.5\n", ("weight: all are 0",)),
        (GOOD, "weight,turf\n" + "1,0.5\n" * 5_001, ("5001 rows; 1 to 5,000 are allowed",)),
        (GOOD, "weight,formation\n1,grant\n1,luck\n", ("line 3: formation: 'luck' is not one of never, crisis",)),
        (GOOD, "", ("cannot be read: it is empty",)),
        (GOOD, 'weight,"turf\n1,0.5\n', ("cannot be read: line 2",)),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_with_line_and_value(
    tmp_path: Path, old: str, new: str, parts: tuple[str, ...]
) -> None:
    assert old in GOOD
    found = told(tmp_path, GOOD.replace(old, new))
    assert "study.yaml:7:28: uncertainties.posterior: " in found
    for part in parts:
        assert part in found
    assert len(found) < 400


@pytest.mark.parametrize(
    "data", [bytes(range(256)), GOOD.encode("utf-16"), b"\0" * 500, b"x" * 50_000, b"weight,turf\n1," + b"9" * 9_999]
)  # fmt: skip
def test_bytes_that_are_no_table_are_refused_in_a_few_words(tmp_path: Path, data: bytes) -> None:
    found = told(tmp_path, data)
    assert found.isprintable()
    assert len(found) < 400


def test_a_set_that_is_too_large_is_not_read_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posterior, "MOST_BYTES", 2**20)
    assert "larger than 1 MB" in told(tmp_path, "weight,turf\n" + "1,0.5\n" * 2**18)


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("x" * 300, "holds no posterior.csv"),
        ("calibratd", "did you mean 'calibrated'?"),
        ("scenario", "'scenario' is a word that stands alone"),
        ("/dev/zero", "holds no posterior.csv"),
        (".", "holds no posterior.csv"),
    ],
)
def test_what_is_no_folder_of_a_calibration_is_told(tmp_path: Path, asked: str, part: str) -> None:
    found = told(tmp_path, GOOD, STUDY.replace("set.csv", asked))
    assert "study.yaml:7:28: uncertainties.posterior: " in found
    assert part in found


TURF = "{name: turf, distribution: uniform, low: 0, high: 1, source: a test, grade: assumed}"
N_ORGS = TURF.replace("turf", "n_orgs").replace("low: 0, high: 1,", "low: 5, high: 9,")
WORDS = "one of calibrated, scenario, none (or a list, or {posterior: FOLDER})"


@pytest.mark.parametrize(
    ("stated", "field", "part"),
    [
        ("null", "uncertainties", f"nothing is not allowed; {WORDS}"),
        ("3", "uncertainties", f"3 is not allowed; {WORDS}"),
        ("true", "uncertainties", f"true is not allowed; {WORDS}"),
        ("calibratd", "uncertainties", "did you mean 'calibrated'?"),
        ("[]", "uncertainties", "0 items"),
        ("[turf2]", "uncertainties[0]", "'turf2' is not allowed"),
        ("{posterior: calibrated, also: none}", "uncertainties.also", "a list is needed here"),
        ("{posterior: calibrated, also: [turf2]}", "uncertainties.also[0]", "'turf2' is not allowed"),
        (f"{{posterior: set.csv, also: [{TURF}]}}", "uncertainties.also", "turf is in the set already"),
        (f"[{TURF}, {N_ORGS}]", "uncertainties", "n_orgs is set in every case of the study"),
        (f"{{posterior: set.csv, also: [{N_ORGS}]}}", "uncertainties.also", "n_orgs is set in every case"),
    ],
)  # fmt: skip
def test_what_a_study_says_of_its_uncertainties_is_refused_at_its_place(
    tmp_path: Path, stated: str, field: str, part: str
) -> None:
    found = told(tmp_path, GOOD, STUDY.replace("{posterior: set.csv}", stated))
    placed = [line for line in found.splitlines() if f": {field}: " in line]
    assert any(part in line for line in placed), found
    assert all("study.yaml:7:" in line for line in placed)


@pytest.mark.parametrize(
    ("data", "part"),
    [
        (None, "no calibrated set is installed"),
        ("weight,turf\n1,0.5\n1,-3\n", "line 3: turf: -3.0 is outside 0 to 1"),
        ("weight,turf\n1,0.5,7\n", "line 2 has 3 fields"),
        ("turf\n0.5\n", "column 'weight' is missing"),
    ],
)
def test_a_damaged_or_missing_shipped_set_is_told_with_the_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: str | None, part: str
) -> None:
    if data is not None:
        (tmp_path / "posterior.csv").write_text(data)
    monkeypatch.setattr(shipped, "calibrated_home", lambda: tmp_path)
    shipped.calibrated.cache_clear()
    stated: dict[str, Any] = {"scenario": "generic-adaptive", "vary": {"backbone": [0, 1]}}
    try:
        with pytest.raises(ScenarioError, match="use 'scenario'") as caught:
            study_from(stated)
        assert part in str(caught.value)
        assert "posterior.csv" in caught.value.file
        assert study_from({**stated, "uncertainties": "scenario"}).posterior is None
    finally:
        shipped.calibrated.cache_clear()
