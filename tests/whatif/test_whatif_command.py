"""The command `cisim whatif`: what it prints and writes, and what it refuses without writing anything."""

import json
from pathlib import Path

import pytest

from cisim.cli import main
from cisim.whatif import Futures, encode_state, read_whatif
from cisim.whatif.exporting import KINDS

QUICK = ["--worlds", "8", "--set", "n_orgs=8", "--set", "months=24", "--quiet"]


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(["whatif", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_it_prints_the_answer(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "generic-adaptive", *QUICK)
    asked = {
        "scenario": "generic-adaptive",
        "regime": "collective",
        "set": {"n_orgs": 8, "months": 24},
        "worlds": 8,
    }
    futures = Futures(read_whatif(asked))
    found = futures.answer([(futures.simulate(i, 0), futures.simulate(i, 1)) for i in range(8)])
    assert (code, err) == (0, "")
    assert found["sentence"].split("; ")[0] in " ".join(out.split())
    assert json.loads(run(capsys, "generic-adaptive", *QUICK, "--json")[1]) == found


def test_the_kinds_it_names_are_those_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from cisim.commands.whatif import KINDS as NAMED

    assert NAMED == KINDS
    files = {kind: tmp_path / f"{kind}.out" for kind in KINDS}
    code, _, _ = run(
        capsys, "generic-adaptive", *QUICK, *(f"--export={kind}={path}" for kind, path in files.items())
    )
    assert code == 0
    assert all(path.stat().st_size > 40 for path in files.values())
    assert files["png"].read_bytes().startswith(b"\x89PNG")


def test_a_link_with_several_writes_a_file_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = {"n_orgs": 8, "months": 24}
    asked = [
        read_whatif({"name": name, "scenario": "generic-adaptive", "regime": name, "set": small, "worlds": 8})
        for name in ("network", "collective")
    ]
    link = f"http://127.0.0.1:8765/#s={encode_state(asked)}"
    code, out, _ = run(capsys, "--link", link, "--quiet", "--export", f"csv={tmp_path / 'a.csv'}")
    assert code == 0
    assert "network. " in out
    assert "collective. " in out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a-1.csv", "a-2.csv"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "FILE: name one scenario, or give --link"),
        (["generic-adaptive", "--link", "abc"], "not both"),
        (["generic-adaptiv"], "did you mean 'generic-adaptive'"),
        (["generic-adaptive", "--regime", "colective"], "colective"),
        (["generic-adaptive", "--reference", "nobody"], "reference"),
        (["generic-adaptive", "--financing", "free"], "financing"),
        (["generic-adaptive", "--draws", "all"], "draws"),
        (["generic-adaptive", "--worlds", "7"], "8"),
        (["generic-adaptive", "--worlds", "1025"], "1024"),
        (["generic-adaptive", "--worth-usd", "-1"], "worth_usd"),
        (["generic-adaptive", "--worth-usd", "nan"], "worth_usd"),
        (["generic-adaptive", "--set", "turf=2"], "turf"),
        (["generic-adaptive", "--set", "turff=0.2"], "turf"),
        (["generic-adaptive", "--set", "financing=added"], "stated under 'financing'"),
        (["--link", "!!!"], "damaged"),
        (["--link", "abc", "--seed", "3"], "--seed: a link states this already"),
        (["--link", "abc", "--set", "turf=0.1"], "--set: a link states this already"),
        (["generic-adaptive", "--export", "pdf=x.pdf"], "--export: 'pdf=x.pdf' is not allowed"),
        (["generic-adaptive", "--export", "csv"], "--export: 'csv' is not allowed"),
        (["generic-adaptive", "--export", "csv=/no/such/folder/x.csv"], "there is no folder"),
        (["generic-adaptive", "--export", "csv=a", "--export", "csv=b"], "csv comes twice"),
    ],
)  # fmt: skip
def test_what_it_refuses(words: list[str], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                         capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert told in " ".join(err.replace("│", " ").split())
    assert "Traceback" not in err
    assert not list(tmp_path.iterdir())


def test_a_file_that_exists_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "mine.csv"
    target.write_text("mine")
    code, _, err = run(capsys, "generic-adaptive", *QUICK, "--export", f"csv={target}")
    assert code == 2
    assert "exists and is not overwritten" in " ".join(err.split())
    assert target.read_text() == "mine"


def test_no_file_takes_the_place_of_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = {"n_orgs": 8, "months": 24}
    asked = [
        read_whatif({"name": name, "scenario": "generic-adaptive", "regime": name, "set": small, "worlds": 8})
        for name in ("network", "collective")
    ]
    kept = tmp_path / "m-2.csv"
    kept.write_text("mine")
    away = tmp_path / "away.csv"
    away.symlink_to(tmp_path / "nowhere")
    a, b = tmp_path / "a.out", tmp_path / "." / "a.out"
    told = {
        "m-2.csv exists": ("--link", encode_state(asked), "--export", f"csv={tmp_path / 'm.csv'}"),
        "away.csv exists": ("generic-adaptive", *QUICK, "--export", f"csv={away}"),
        "two kinds": ("generic-adaptive", *QUICK, "--export", f"csv={a}", "--export", f"yaml={b}"),
    }
    for words, typed in told.items():
        code, out, err = run(capsys, *typed)
        assert (code, out) == (2, "")
        assert words in " ".join(err.split())
    assert kept.read_text() == "mine"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["away.csv", "m-2.csv"]


def test_where_there_is_no_backbone_none_can_be_taken_away(capsys: pytest.CaptureFixture[str]) -> None:
    typed = ("generic-adaptive", *QUICK, "--reference", "no-backbone")
    assert "no paid backbone here" in " ".join(run(capsys, *typed, "--regime", "isolated")[1].split())
    assert run(capsys, *typed)[1].startswith(
        "A community with an adaptive problem: collective impact against"
    )
