from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from cisim import runs
from cisim.cli import BAD_INPUT, DONE, FAILED, INTERRUPTED, main
from cisim.params import PARAMS
from cisim.result import OUTCOMES
from cisim.run_store import save_runs
from cisim.scenario import load

SIZE: dict[str, Any] = {"months": 14, "n_orgs": 8, "practice_bits": 5, "ruggedness": 2}
SMALL = tuple(word for name, value in SIZE.items() for word in ("--set", f"{name}={value}"))
CISIM = (sys.executable, "-m", "cisim")
COMMANDS = (
    "init", "validate", "show", "schema", "list", "run", "compare", "sweep", "sensitivity", "discover", "value",
    "calibrate", "status", "resume", "extend", "merge", "reproduce", "dock", "bench", "odd",
)  # fmt: skip
HEAVY = ("numpy", "numba", "pandas", "matplotlib", "mesa", "networkx", "yaml", "rich")


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line on standard error of a command that must find its input not allowed."""
    code, out, err = call(capsys, *words)
    assert (code, out) == (BAD_INPUT, "")
    assert err.startswith("cisim: ")
    assert err.count("\n") == 1
    return err


# ---- start ----------------


def test_help_is_immediate_and_imports_nothing_heavy() -> None:
    script = f"""
import sys
from cisim.cli import main
code = main(["--help"])
print([name for name in {HEAVY!r} if name in sys.modules], code, file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[] 0"
    assert "compare" in done.stdout
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run([*CISIM, "--help"], capture_output=True, check=True)
        seconds.append(time.perf_counter() - start)
    assert min(seconds) < 0.4


def test_every_command_has_help_and_json(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        code, out, _ = call(capsys, command, "--help")
        assert code == DONE
        assert "--json" in out
        assert "--quiet" in out


def test_version_and_bare_call(capsys: pytest.CaptureFixture[str]) -> None:
    import cisim

    assert call(capsys, "-V") == (DONE, f"cisim {cisim.__version__}\n", "")
    assert call(capsys, "--version")[1] == f"cisim {cisim.__version__}\n"
    code, out, _ = call(capsys)
    assert code == DONE
    assert "Usage: cisim" in out


# ---- init, validate, show, schema, list, odd ----------------


def test_init_writes_a_valid_scenario_with_schema(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "town" / "study"
    code, out, _ = call(capsys, "init", str(folder), "--json")
    assert code == DONE
    paths = [Path(path) for path in json.loads(out)]
    assert sorted(path.name for path in folder.iterdir()) == ["scenario.yaml", "schema.json"]
    first = paths[0].read_text("utf-8").splitlines()[0]
    assert first == "# yaml-language-server: $schema=schema.json"
    scenario = load(paths[0])
    assert scenario.values == load("generic-adaptive").values  # the parameters it shows are the defaults
    assert json.loads(paths[1].read_text("utf-8"))["title"] == "cisim scenario"
    assert call(capsys, "validate", str(paths[0]))[0] == DONE


@pytest.mark.parametrize("existing", ["scenario.yaml", "schema.json"])
def test_init_overwrites_nothing(existing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / existing).write_text("mine", "utf-8")
    assert existing in refused(capsys, "init", str(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == [existing]
    assert (tmp_path / existing).read_text("utf-8") == "mine"


def test_init_where_no_folder_can_be(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("", "utf-8")
    assert "cannot write" in refused(capsys, "init", str(tmp_path / "file" / "x"))


def test_validate_names_every_problem(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("cisim: 1\nextends: stress\nparams:\n  n_orgz: 3\n  months: 1\n", "utf-8")
    code, out, err = call(capsys, "validate", "stress", str(path), "--json")
    assert code == BAD_INPUT
    good, bad = json.loads(out)
    assert (good["file"], good["ok"], good["problems"]) == ("stress", True, [])
    assert [(one["field"], one["line"]) for one in bad["problems"]] == [("params.n_orgz", 4), ("months", 5)]
    assert err.count("\n") == 2
    assert "did you mean 'n_orgs'" in err
    assert call(capsys, "validate", "stress") == (DONE, "stress: ok\n", "")


def test_show_is_what_is_simulated(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "show", "infant-mortality", "--set", "n_orgs=33", "--json")
    assert code == DONE
    assert json.loads(out) == json.loads(json.dumps(load("infant-mortality").with_(n_orgs=33).to_dict()))
    _, text, _ = call(capsys, "show", "infant-mortality", "--set", "n_orgs=33")
    lines = [line.split() for line in text.splitlines()]
    assert ["n_orgs", "33", "50", "organisations"] in lines
    assert all(any(line[:1] == [name] for line in lines) for name in PARAMS)


def test_show_diff(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("show", "stress", "--set", "n_orgs=77", "--diff", "stress")
    _, out, _ = call(capsys, *words, "--json")
    before = load("stress").values["n_orgs"]
    row = {"name": "n_orgs", "this": 77, "other": before, "unit": "organisations"}
    assert json.loads(out) == [row]
    assert "n_orgs" in call(capsys, *words)[1]
    assert "no difference" in call(capsys, "show", "stress", "--diff", "stress")[1]


def test_schema_is_the_schema(capsys: pytest.CaptureFixture[str]) -> None:
    from cisim.schema import schema

    assert json.loads(call(capsys, "schema")[1]) == schema()


def test_list(capsys: pytest.CaptureFixture[str]) -> None:
    everything = json.loads(call(capsys, "list", "--json")[1])
    assert "infant-mortality" in [one["scenario"] for one in everything["scenarios"]]
    assert "collective" in [one["regime"] for one in everything["regimes"]]
    outcomes = json.loads(call(capsys, "list", "outcomes", "--json")[1])
    assert [one["outcome"] for one in outcomes] == list(OUTCOMES)
    params = json.loads(call(capsys, "list", "params", "--json")[1])
    assert [one["parameter"] for one in params] == list(PARAMS)
    assert "march-1991" in call(capsys, "list", "docking")[1]
    assert "did you mean 'regimes'" in refused(capsys, "list", "regime")


# ---- run ----------------


def test_run_prints_what_the_library_computes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = call(
        capsys, "run", "stress", "--seed", "5", *SMALL, "--regime", "collective", "--json", "-q"
    )
    assert (code, err) == (DONE, "")
    scenario = load("stress").with_(regime="collective", **SIZE)
    expected = runs.run(scenario, 5).outcomes
    found = {one["outcome"]: one["mean"] for one in json.loads(out)}
    assert list(found) == list(OUTCOMES)
    assert all(found[name] == value for name, value in expected.items() if abs(value) != float("inf"))
    _, text, _ = call(capsys, "run", "stress", "--seed", "5", *SMALL, "--regime", "collective", "-q")
    assert f"{expected['indicator']:.4g}" in text


def test_run_of_many_worlds_gives_mean_and_spread(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("run", "stress", "--worlds", "6", *SMALL, "-q")
    rows = {one["outcome"]: one for one in json.loads(call(capsys, *words, "--json")[1])}
    results = runs.replicate(load("stress").with_(**SIZE), worlds=6)
    values = sorted(result.outcomes["indicator"] for result in results)
    row = rows["indicator"]
    assert row["mean"] == pytest.approx(sum(values) / 6, rel=1e-12)
    assert values[0] == row["p5"] < row["p95"] <= values[-1]
    assert row["worlds"] == 6
    assert json.loads(call(capsys, *words, "--json", "--threads", "1")[1]) == list(rows.values())
    assert "6 worlds" in call(capsys, *words)[1]


def test_run_writes_a_complete_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import pandas as pd

    from cisim.store import verify

    folder = tmp_path / "out"
    assert call(capsys, "run", "stress", *SMALL, "--worlds", "2", "-q", "-o", str(folder))[0] == DONE
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert verify(folder) == []
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    assert manifest["world_seeds"] == runs.seeds_of(1, 2)
    assert load(folder / "scenario.yaml").digest == manifest["digest"]
    assert len(pd.read_parquet(folder / "series.parquet")) == 28
    for name in ("orgs", "ties", "ledger", "balances", "hours"):
        assert (folder / f"{name}.parquet").is_file()
    assert "exists" in refused(capsys, "run", "stress", *SMALL, "-o", str(folder))


def test_save_runs_leaves_nothing_when_it_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import cisim.run_store

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cisim.run_store, "write_details", full)
    result = runs.run(load("stress").with_(**SIZE), 1)
    with pytest.raises(OSError, match="No space"):
        save_runs([result], tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["run", "compare"])
def test_output_is_checked_before_simulating(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise AssertionError("simulated")

    monkeypatch.setattr("cisim.engine.prepare", never)
    (tmp_path / "file").write_text("", "utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("", "utf-8")
    for folder in ("file", "full", "file/below", "/proc/cisim-cannot-write-here"):
        assert "--output" in refused(capsys, command, "stress", "-o", str(tmp_path / folder))
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "full", "mine"]


@pytest.mark.parametrize("url", ["s3://bucket/x", "memory://x", "file:///tmp/x", " "])
def test_folders_elsewhere_are_refused_where_only_a_disk_will_do(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No folder with the name of a protocol appears here."""
    monkeypatch.chdir(tmp_path)
    for words in (("run", "stress", "-o", url), ("compare", "stress", "-o", url), ("init", url)):
        line = refused(capsys, *words)
        assert f"{url!r} is not allowed; a folder on this machine" in line
        assert "--output" in line or "DIR" in line
    result = runs.run(load("stress").with_(**SIZE), 1)
    if "://" in url:
        with pytest.raises(ValueError, match=r"folder: .* is not allowed; a folder on this machine"):
            save_runs([result], url)
    assert list(tmp_path.iterdir()) == []


# ---- compare ----------------


def test_compare_json_has_exactly_the_agreed_keys(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("compare", "stress", "--regimes", "isolated,collective", "--worlds", "3", *SMALL, "-q", "--json")
    code, out, err = call(capsys, *words)
    assert (code, err) == (DONE, "")
    rows = json.loads(out)
    keys = ["regime", "outcome", "mean", "diff", "diff_low", "diff_high", "share_positive", "worlds"]
    assert all(list(row) == keys for row in rows)
    assert {row["regime"] for row in rows} == {"isolated", "collective"}
    assert {row["outcome"] for row in rows} == set(OUTCOMES)
    assert all(row["worlds"] == 3 for row in rows)


def test_set_wins_over_the_regime_in_compare(capsys: pytest.CaptureFixture[str]) -> None:
    """With all that makes a regime set to the same values, regimes do not differ at all."""
    from cisim.presets import regime

    levers = regime("network").values.items()
    same = [word for name, value in levers for word in ("--set", f"{name}={value}")]
    words = (
        "compare",
        "stress",
        "--regimes",
        "isolated,collective",
        "--worlds",
        "2",
        *SMALL,
        *same,
        "-q",
        "--json",
    )
    rows = json.loads(call(capsys, *words)[1])
    assert [row["diff"] for row in rows if row["outcome"] == "indicator"] == [0.0, 0.0]
    free = json.loads(call(capsys, *words[:6], *SMALL, "-q", "--json")[1])
    assert any(row["diff"] for row in free if row["regime"] == "collective")


def test_compare_table_and_budget(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("compare", "stress", "--regimes", "isolated,collective", "--worlds", "2", *SMALL, "-q")
    assert "Equal money" in call(capsys, *words)[1]
    assert "Added money" in call(capsys, *words, "--budget", "added")[1]


def test_compare_writes_details(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "out"
    words = ("compare", "stress", "--regimes", "isolated,collective", "--worlds", "2", *SMALL, "-q")
    assert call(capsys, *words, "-o", str(folder), "--details", "ledger,ties")[0] == DONE
    assert {"ledger.parquet", "ties.parquet", "manifest.json"} <= {path.name for path in folder.iterdir()}
    assert not (folder / "hours.parquet").exists()


def test_details_are_those_of_the_store() -> None:
    from cisim.commands import simulate
    from cisim.store import DETAILS

    assert simulate.DETAILS == DETAILS


# ---- bad input ----------------

BAD = [
    (("compare", "stress", "--regimes", "bogus,isolated"), ("--regimes", "'bogus'", "collective")),
    (("compare", "stress", "--regimes", "colective,isolated"), ("did you mean 'collective'",)),
    (("compare", "stress", "--regimes", "isolated,isolated"), ("--regimes", "'isolated'", "twice")),
    (("compare", "stress", "--regimes", "isolated"), ("--regimes", "'isolated'", "at least two")),
    (("compare", "stress", "--regimes", ""), ("--regimes", "''")),
    (("compare", "stress", "--worlds", "1"), ("--worlds", "'1'", "from 2")),
    (("compare", "stress", "--budget", "more"), ("--budget", "'more'", "equal, added")),
    (("compare", "stress", "--details", "all", "-o", "x"), ("--details", "'all'", "ledger")),
    (("compare", "stress", "--details", "ledger"), ("--details", "--output")),
    (("compare", "stress", "--set", "financing=added"), ("--set", "--budget")),
    (("run", "stress", "--worlds", "0"), ("--worlds", "'0'", "from 1")),
    (("run", "stress", "--worlds", "1e3"), ("--worlds", "'1e3'", "whole number")),
    (("run", "stress", "--seed", "-1"), ("--seed", "'-1'", "from 0")),
    (("run", "stress", "--seed", str(2**63)), ("--seed", str(2**63))),
    (("run", "stress", "--threads", "0"), ("--threads", "'0'")),
    (("run", "stress", "--regime", "bogus"), ("regime", "'bogus'")),
    (("run", "stress", "--set", "n_orgz=3"), ("n_orgz", "did you mean 'n_orgs'")),
    (("run", "stress", "--set", "n_orgs=1"), ("n_orgs", "1", "2 to 50,000")),
    (("run", "stress", "--set", "n_orgs=many"), ("n_orgs", "many")),
    (("run", "stress", "--set", "n_orgs=0x10"), ("n_orgs", "'0x10'", "decimal")),
    (("run", "stress", "--set", "n_orgs="), ("n_orgs", "nothing")),
    (("run", "stress", "--set", "self=1"), ("--set", "'self'")),
    (("dock", "nk", "--set", "k=1:2"), ("k", "'1:2'")),
    (("run", "stress", "--set", "n_orgs"), ("--set", "'n_orgs'", "KEY=VALUE")),
    (("run", "stress", "--set", "n_orgs=9", "--set", "n_orgs=8"), ("--set", "n_orgs", "twice")),
    (("run", "stress", "--set", "regime=network"), ("--set", "--regime")),
    (("run", "stress", "--set", "groups=3"), ("--set", "'groups'", "scenario file")),
    (("run", "infant-mortalty"), ("infant-mortalty", "did you mean 'infant-mortality'")),
    (("run", "nowhere.yaml"), ("nowhere.yaml",)),
    (("run",), ("FILE",)),
    (("run", "stress", "--wrlds", "3"), ("--wrlds",)),
    (("rnu",), ("rnu",)),
    (("dock", "nkk"), ("NAME", "'nkk'", "nk")),
    (("dock", "nk", "--set", "kk=3"), ("kk", "did you mean 'k'")),
    (("dock", "nk", "--set", "k=99"), ("k", "99", "from 0 to 15")),
    (("dock", "nk", "--worlds", "1"), ("--worlds", "'1'", "from 2")),
    (("dock", "--set", "k=3"), ("--set", "march-1991")),
    (("bench", "-o", "no-such-folder/x.json"), ("--output", "no-such-folder")),
]


@pytest.mark.parametrize(("words", "told"), BAD, ids=[" ".join(words)[:60] for words, _ in BAD])
def test_bad_input_is_one_line(
    words: tuple[str, ...], told: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    line = refused(capsys, *words)
    assert all(part in line for part in told), line


# ---- failures, pipes, interruption ----------------


def test_unexpected_errors_are_one_line_and_debug_shows_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError("no\nluck")

    monkeypatch.setattr("cisim.commands.files.listing", broken)
    code, out, err = call(capsys, "list")
    assert (code, out) == (FAILED, "")
    assert err == "cisim: unexpected ZeroDivisionError: no luck; --debug shows where it arose\n"
    for words in (("--debug", "list"), ("list", "--debug")):
        code, _, err = call(capsys, *words)
        assert code == FAILED
        assert "Traceback" in err


def test_benchmarks_may_not_be_installed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import cisim.bench

    real = cisim.bench.measure
    monkeypatch.setattr(cisim.bench, "measure", lambda say: real(say, tmp_path))
    code, out, err = call(capsys, "bench")
    assert (code, out) == (FAILED, "")
    assert "checkout" in err


def test_bench_writes_its_numbers(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    import cisim.bench

    package = tmp_path / "benchmarks_of_test"
    package.mkdir()
    (tmp_path / "benchmarks").mkdir()
    (package / "__init__.py").write_text("", "utf-8")
    rows = "[{'n_orgs': 10, 'ms_per_world': 0.5, 'ns_per_org_month': 400.0, 'mib': 1.0}]"
    (package / "one.py").write_text(
        "def measure():\n    return {'mesa_ratio': 7.5, 'c_ratio': None}\n", "utf-8"
    )
    (package / "two.py").write_text(f"def measure():\n    return {{'worlds': {rows}}}\n", "utf-8")
    monkeypatch.setattr(cisim.bench, "PARTS", {"a": "benchmarks_of_test.one", "b": "benchmarks_of_test.two"})
    real = cisim.bench.measure
    monkeypatch.setattr(cisim.bench, "measure", lambda say: real(say, tmp_path))
    path = tmp_path / "results.json"
    code, out, err = call(capsys, "bench", "-o", str(path))
    assert code == DONE
    assert "7.5" in out
    assert "ms_per_world" in out
    assert "timing the a" in err
    assert json.loads(path.read_text("utf-8"))["mesa_ratio"] == 7.5
    assert json.loads(call(capsys, "bench", "--json", "-q")[1])["worlds"][0]["n_orgs"] == 10


def test_dock(capsys: pytest.CaptureFixture[str]) -> None:
    words = ("dock", "nk", "--set", "statistic=local-optima", "--set", "n=6", "--worlds", "50", "-q")
    code, out, err = call(capsys, *words, "--set", "k=0", "--json")
    assert (code, err) == (DONE, "")
    [cell] = json.loads(out)
    assert (cell["n"], cell["k"], cell["mean"], cell["se"], cell["published"]) == (6, 0, 1.0, 0.0, 1.0)
    [unpublished] = json.loads(call(capsys, *words, "--set", "k=2", "--json")[1])
    assert unpublished["published"] is None
    assert "published numbers agree" in call(capsys, *words)[1]


def test_a_reader_that_stops_early_is_no_error() -> None:
    process = subprocess.Popen([*CISIM, "odd"], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()  # before anything is written
    assert process.stderr.read() == b""
    process.stderr.close()
    assert process.wait(60) == FAILED


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("words", [("--version",), ("list", "params", "--json")])
def test_a_full_disk_is_one_line(words: tuple[str, ...]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run([*CISIM, *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == FAILED
    assert "No space left" in done.stderr
    assert done.stderr.count("\n") == 1


def test_ctrl_c_ends_cleanly_and_progress_shows_on_a_terminal(tmp_path: Path) -> None:
    runs.run(load("stress"), 1, details=False)  # compiled before, so that time goes to worlds
    terminal, end = pty.openpty()
    command = [*CISIM, "run", "infant-mortality", "--worlds", "20000", "-o", str(tmp_path / "out")]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=end)
    os.close(end)
    seen, limit = b"", time.monotonic() + 60
    while b" left" not in seen and time.monotonic() < limit:
        if select.select([terminal], [], [], 1)[0]:
            seen += os.read(terminal, 4096)
    assert b" of 20,000 worlds, " in seen
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == INTERRUPTED
    assert process.stdout is not None
    assert process.stdout.read() == b""
    process.stdout.close()
    rest = b""
    while select.select([terminal], [], [], 0.2)[0]:
        try:
            rest += os.read(terminal, 4096)
        except OSError:
            break
    os.close(terminal)
    assert rest.decode().split("\x1b[K")[-1].strip() == "cisim: interrupted; nothing was written"
    assert list(tmp_path.iterdir()) == []


def test_a_ctrl_c_that_goes_unheard_is_raised_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from cisim import cli

    monkeypatch.setattr(cli, "ASKED_AGAIN_SECONDS", 0.05)
    before, heard = signal.getsignal(signal.SIGINT), []
    with cli._insisting():
        for attempt in ("swallowed", "heard"):
            try:
                if attempt == "swallowed":
                    os.kill(os.getpid(), signal.SIGINT)
                time.sleep(5)
            except KeyboardInterrupt:
                heard.append(attempt)
    assert heard == ["swallowed", "heard"]
    assert signal.getsignal(signal.SIGINT) is before
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
