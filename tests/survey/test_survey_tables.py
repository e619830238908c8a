"""Tables as spreadsheets write them, and tables that are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cisim.problems import ScenarioError
from cisim.survey import answers
from cisim.survey.tables import read_table, table_of

HEAD = "from,to\n"


def texts(data: bytes) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table_of(data, "t.csv").rows]


@pytest.mark.parametrize(
    ("data", "rows"),
    [
        (b"from,to\nA,B\n", [["A", "B"]]),
        (b"from;to\nA;B, Inc.\n", [["A", "B, Inc."]]),
        (b"from\tto\nA\tB\n", [["A", "B"]]),
        (b"\xef\xbb\xbffrom,to\r\nA,B\r\n", [["A", "B"]]),
        (b"from,to\rA,B\r", [["A", "B"]]),
        ("from\tto\nÄ\tB\n".encode("utf-16"), [["Ä", "B"]]),
        ("from,to\nCafé,B\n".encode("cp1252"), [["Café", "B"]]),
        (b'from,to\n"A, Inc.","the ""B"""\n', [["A, Inc.", 'the "B"']]),
        (b'from,to\n "A" , B\n', [["A", "B"]]),
        (b'from,to\n"A\nand more",B\nC,D\n', [["A and more", "B"], ["C", "D"]]),
        (b"# remark, with commas\n\nfrom,to\nA,B\n", [["A", "B"]]),
        (b'"# remark; quoted",\nfrom,to\nA,B\n', [["A", "B"]]),
        (b"from,to\n\n,\nA,B\n , \n", [["A", "B"]]),
        (b"from,to,,\nA,B,,\n", [["A", "B"]]),
        (b"from,to,x\nA,B\n", [["A", "B", ""]]),
        (b"from,to\nA,B", [["A", "B"]]),
        ("from,to\n\u00a0A\u00a0 b,B\n".encode(), [["A b", "B"]]),
    ],
)
def test_what_spreadsheets_write_is_read(data: bytes, rows: list[list[str]]) -> None:
    assert texts(data) == rows


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "t.csv:1:1: is empty"),
        (b"\n\n , \n", "is empty"),
        (b"from,to\n", "t.csv:1:1: has a head but no rows"),
        (b"PK\x03\x04rest", "is a spreadsheet file; save the sheet as CSV"),
        (b"from,to\nA,\x00B\n", "t.csv:2:3: control character 0x00"),
        (b"from,to\nA,\x81\xffB\n", "t.csv:2:3: byte 0x81 is neither UTF-8 nor Windows-1252"),
        (
            b"from,to\nSmith, Jones and Co,B\n",
            "t.csv:2:21: 'B' stands in cell 3 of a row, but the head has 2",
        ),
        (b'from,to\nA,"B\nC,D\n', "t.csv:2:3: a quote opens here and is never closed"),
        (b'from,to\n"A"x,B\n', "t.csv:2:1: text goes on after the closing quote"),
    ],
)
def test_what_is_no_table_is_refused_with_its_place(data: bytes, complaint: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        table_of(data, "t.csv")
    assert complaint in str(caught.value)


def test_places_count_lines_inside_quotes_and_columns_from_one() -> None:
    table = table_of(b'from,to\n"A\nB",C\nD, E\n', "t.csv")
    places = [tuple(cell.place[1:]) for row in table.rows for cell in row]
    assert places == [(2, 1), (3, 4), (4, 1), (4, 4)]


def test_how_it_was_read_is_told() -> None:
    notes = table_of("from;to\nCafé;B\n\n\n".encode("cp1252"), "t.csv").notes
    assert notes == (
        "t.csv: is not UTF-8; read as Windows-1252, as older spreadsheets write",
        "t.csv: cells are parted by semicolons",
        "t.csv: 2 empty rows left out",
    )
    assert table_of(b"from,to\nA,B\n", "t.csv").notes == ()


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for path, complaint in ((tmp_path / "no.csv", "no such file"), (tmp_path, "is not a regular file")):
        with pytest.raises(ScenarioError, match=complaint):
            read_table(path)


@given(
    st.lists(
        st.lists(st.text(alphabet='ab ",;\n#', max_size=6), min_size=2, max_size=2), min_size=1, max_size=5
    )
)
def test_any_cells_come_back(cells: list[list[str]]) -> None:
    rows = [["x" + text for text in row] for row in cells]
    body = "\n".join(",".join('"' + text.replace('"', '""') + '"' for text in row) for row in rows)
    assert texts((HEAD + body).encode()) == [[" ".join(text.split()) for text in row] for row in rows]


@pytest.mark.parametrize(
    ("text", "value"),
    [("3", 3.0), (" 3.5 ", 3.5), ("3,5", 3.5), ("4 - A great deal", 4.0), ("2 (a small amount)", 2.0),
     ("A Great Deal", 4.0), ("", None), ("three", None), ("3,5,1", None), ("1e400", float("inf")), ("--", None)],
)  # fmt: skip
def test_numbers_of_answers(text: str, value: float | None) -> None:
    assert answers.number(text) == value


@pytest.mark.parametrize(
    ("text", "usd"),
    [("1200000", 1.2e6), ("1,200,000", 1.2e6), ("1.200.000", 1.2e6), ("1 200 000", 1.2e6), ("1'200'000", 1.2e6),
     ("$1,200,000.50", 1200000.5), ("1.200.000,50 €", 1200000.5), ("USD 450.000", 4.5e5), ("450000,5", 450000.5),
     ("1,20,000", None), ("12k", None), ("a lot", None), ("1,200.000.5", None), ("-5", -5.0)],
)  # fmt: skip
def test_amounts_of_money(text: str, usd: float | None) -> None:
    assert answers.money(text) == usd


def test_very_wide_tables_are_read_or_refused_at_once() -> None:
    assert texts(b"from,to" + b"," * 200_000 + b"\nA,B\n") == [["A", "B"]]
    with pytest.raises(ScenarioError, match=r"t\.csv:1:2001: has 2,000 columns; 1,000 are allowed"):
        table_of(b",".join([b"x"] * 2_000) + b"\n1\n", "t.csv")
    with pytest.raises(ScenarioError, match="has 1,000 columns and 20,000 rows; 2,000,000 cells are allowed"):
        table_of(b",".join([b"x"] * 1_000) + b"\n" + b"1\n" * 20_000, "t.csv")


def test_cells_are_counted_while_they_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cisim.survey.tables.MOST_CELLS", 100)
    with pytest.raises(ScenarioError, match=r"t\.csv:3:2: has more than 100 cells up to here"):
        table_of(b"from,to\nA,B" + b"," * 95 + b"\n" + b"," * 50, "t.csv")
