"""Whatever happens to a driver, its workers or its disk: after `resume` the tables are those of a quiet run.

`validation/test_faults_full.py` kills at every change of a file and at fifty random moments.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cisim.study.checking import reproduce
from cisim.study.folder import Folder
from cisim.study.manifest import read_manifest
from cisim.study.problems import StudyError, StudyInputError
from cisim.study.runner import How, run_study
from study.faults import assert_clean, children, ended, kill_often, resumed, start, undisturbed, wait_for
from study.small import long_study, table_bytes


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return undisturbed(tmp_path_factory.mktemp("quiet") / "study")


def test_killed_at_random_moments(quiet: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "study"
    kills = kill_often(folder, seed=1, kills=4)
    assert kills >= 2
    tables, _ = resumed(folder)
    assert tables == quiet
    assert_clean(folder)


@pytest.mark.parametrize("at", [1, 2, 4, 7, -18, -14, -11, -8, -5, -3, -1])
def test_killed_at_a_change_of_a_file(
    quiet: dict[str, bytes], tmp_path: Path, at: int, n_changes: int
) -> None:
    """Counted from the start, where the manifest and first parts are written, and from the end, where tables are."""
    folder = tmp_path / "study"
    code, said = ended(
        start(folder, "--kill-at", at if at > 0 else n_changes + 1 + at, "--chunk-seconds", 60)
    )
    assert code == -signal.SIGKILL, said
    tables, _ = resumed(folder)
    assert tables == quiet
    assert_clean(folder)


@pytest.fixture(scope="module")
def n_changes(tmp_path_factory: pytest.TempPathFactory) -> int:
    """How many changes of files a quiet driver makes: the first N at which it is not killed, less one."""
    low, high = 1, 64
    while low < high:
        middle = (low + high) // 2
        folder = tmp_path_factory.mktemp("count") / "study"
        code, _ = ended(start(folder, "--kill-at", middle, "--chunk-seconds", 60))
        low, high = (middle + 1, high) if code != 0 else (low, middle)
    return low - 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_told_to_stop(quiet: dict[str, bytes], tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "study"
    driver = start(folder)
    wait_for(driver, "status", 30)
    driver.send_signal(number)
    code, said = ended(driver)
    assert code == 128 + number
    assert f"finished runs are kept in {folder}; go on with: cisim resume {folder}" in said
    assert not [name for name in Folder(str(folder)).names() if ".tmp-" in name]
    tables, _ = resumed(folder)
    assert tables == quiet


def test_a_worker_process_is_killed(quiet: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "study"
    driver = start(folder, "--executor", "processes", "--chunk-seconds", 0.5)
    wait_for(driver, "status", 0)
    workers = [pid for pid in children(driver.pid) if "spawn_main" in command_of(pid)]
    assert len(workers) == 2
    os.kill(workers[0], signal.SIGKILL)
    code, said = ended(driver)
    assert code == 0, said
    assert "runs were lost (a worker process was killed) and are repeated" in said
    assert table_bytes(str(folder)) == quiet


def test_worker_processes_end_with_a_killed_driver(tmp_path: Path) -> None:
    import time

    driver = start(tmp_path / "study", "--executor", "processes")
    wait_for(driver, "status", 0)
    workers = children(driver.pid)
    driver.send_signal(signal.SIGKILL)
    driver.communicate()
    end = time.monotonic() + 30
    while any("spawn_main" in command_of(pid) for pid in workers):
        assert time.monotonic() < end, "workers outlive their driver"
        time.sleep(0.2)


def command_of(pid: int) -> str:
    """Command line of a process, nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def test_a_run_that_kills_its_worker_is_found_and_recorded(tmp_path: Path) -> None:
    from study.deadly import DEADLY, arm, pool_with

    spec = long_study(6)
    remarks: list[str] = []
    place = Folder(str(tmp_path / "study"))
    run_study(spec, place, How(pool_with(arm), on_remark=remarks.append, chunk_seconds=60))
    from cisim.study.study import open_study

    failures = open_study(place.url).failures
    assert len(failures) == 1
    assert (int(failures.point[0]), int(failures.world[0])) == DEADLY
    assert "worker died" in failures.error[0]
    assert any("failed" in remark for remark in remarks)


def test_the_disk_is_full(quiet: dict[str, bytes], tmp_path: Path) -> None:
    """A limit on the size of files stands for a full disk: the system refuses the write in the middle."""
    folder = tmp_path / "study"
    command = f"ulimit -f 24; exec {sys.executable} {Path(__file__).parent / 'driver.py'} {folder} --chunk-seconds 60"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=120)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "a file would grow beyond the allowed size" in done.stdout
    assert "go on with: cisim resume" in done.stdout
    assert "Traceback" not in done.stderr
    tables, _ = resumed(folder)
    assert tables == quiet
    assert_clean(folder)


def test_a_disk_that_fills_up_on_the_way(
    quiet: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import errno

    place = Folder(str(tmp_path / "study"))
    real, count = place.fs.open, 0

    def full(path: str, mode: str = "rb", **more: object) -> object:
        nonlocal count
        count += "w" in mode
        if count > 5:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        return real(path, mode, **more)

    with monkeypatch.context() as patch:
        patch.setattr(place.fs, "open", full)
        with pytest.raises(
            StudyError, match=r"the disk is full; \d+ finished runs are kept in .*cisim resume"
        ):
            run_study(long_study(), place, How(chunk_seconds=0.05))
    tables, _ = resumed(tmp_path / "study")
    assert tables == quiet


def test_a_folder_that_cannot_be_made() -> None:
    """/proc refuses new folders also to root."""
    with pytest.raises(StudyError, match=r"/proc/cisim-study: "):
        run_study(long_study(2), Folder("/proc/cisim-study"), How())


def test_a_read_only_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    place = Folder(str(tmp_path / "study"))
    run_study(long_study(2), place, How())
    before = table_bytes(place)

    def refuse(path: str, mode: str = "rb", **more: object) -> object:
        if "w" in mode:
            raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)
        return open(path, mode)  # noqa: PTH123

    monkeypatch.setattr(place.fs, "open", refuse)
    with pytest.raises(StudyError, match="the folder is on a read-only disk"):
        run_study(long_study(3), place, How())
    assert table_bytes(place) == before
    monkeypatch.undo()
    assert reproduce(place, How()).is_same, "what was there is whole"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root can be another user")
def test_a_folder_of_somebody_else(tmp_path: Path) -> None:
    """The real thing: a process without rights to the folder, as far as it gets."""
    folder = tmp_path / "study"
    folder.mkdir(mode=0o755)
    for parent in (tmp_path, *tmp_path.parents):
        if parent.owner() == "root" and parent != Path("/") and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    pid = os.fork()
    if pid == 0:  # as nobody; no simulation is started before the folder is tried
        code = 99
        try:
            os.setgid(65534)
            os.setuid(65534)
            run_study(long_study(2), Folder(str(folder)), How())
        except StudyError as error:
            code = 0 if "permission is denied" in str(error) else 98
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert list(folder.iterdir()) == []


def test_two_drivers_on_one_folder(quiet: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "study"
    first = start(folder)
    wait_for(first, "status", 0)
    code, said = ended(start(folder))
    assert code == 2
    assert f"process {first.pid} on " in said
    assert "is at work in this folder" in said
    assert ended(first)[0] == 0
    assert table_bytes(str(folder)) == quiet


def stopped(folder: Path) -> list[str]:
    """A study stopped half-way; return its parts."""
    driver = start(folder)
    wait_for(driver, "status", 60)
    driver.send_signal(signal.SIGTERM)
    assert ended(driver)[0] == 143
    parts = Folder(str(folder)).names("parts")
    assert len(parts) >= 2
    return parts


@pytest.mark.parametrize("how", ["cut off", "changed", "empty"])
def test_a_damaged_part(quiet: dict[str, bytes], tmp_path: Path, how: str) -> None:
    folder = tmp_path / "study"
    part = folder / stopped(folder)[0]
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 0xFF
    part.write_bytes({"cut off": bytes(data[: len(data) // 2]), "changed": bytes(data), "empty": b""}[how])
    damaged = part.read_bytes()
    tables, remarks = resumed(folder)
    assert tables == quiet
    assert any("is damaged or cut off; moved to damaged/" in remark for remark in remarks)
    assert (folder / "damaged" / part.name).read_bytes() == damaged, "nothing is thrown away"


def test_a_part_of_another_study(quiet: dict[str, bytes], tmp_path: Path) -> None:
    folder, other = tmp_path / "study", tmp_path / "other"
    stopped(folder)
    from study.small import study

    place = Folder(str(other))
    run_study(study(), place, How(), shard=(1, 1))
    name = place.names("parts")[0]
    shutil.copy(other / name, folder / name)
    tables, remarks = resumed(folder)
    assert tables == quiet
    assert any("belongs to another study" in remark for remark in remarks)


@pytest.mark.parametrize("names", [("study.json",), ("study.copy.json",), ("study.json", "study.copy.json")])
@pytest.mark.parametrize("how", ["cut off", "changed", "gone"])
def test_a_damaged_manifest(
    quiet: dict[str, bytes], tmp_path: Path, names: tuple[str, ...], how: str
) -> None:
    folder = tmp_path / "study"
    kept = len(stopped(folder))
    for name in names:
        path = folder / name
        text = path.read_text()
        if how == "gone":
            path.unlink()
        else:
            path.write_text(
                text[: len(text) // 2] if how == "cut off" else text.replace('"worlds": 150', '"worlds": 149')
            )
    place = Folder(str(folder))
    remarks: list[str] = []
    if len(names) == 2:
        message = "holds no study" if how == "gone" else "run the study again with the same file and --output"
        with pytest.raises(StudyInputError, match=message):
            run_study(None, place, How())
        assert len(place.names("parts")) == kept, "nothing is lost"
        run_study(long_study(), place, How(on_remark=remarks.append))
    else:
        run_study(None, place, How(on_remark=remarks.append))
    assert table_bytes(place) == quiet
    assert (how == "gone" and len(names) == 2) or names[0] == "study.copy.json" or remarks, "the user is told"
    assert read_manifest(place)[1] == []


@pytest.mark.parametrize("name", ["runs.parquet", "series.parquet"])
def test_a_finished_table_that_was_damaged_is_made_again(
    quiet: dict[str, bytes], tmp_path: Path, name: str
) -> None:
    folder = tmp_path / "study"
    assert undisturbed(folder) == quiet
    path = folder / name
    path.write_bytes(path.read_bytes()[:1000])
    tables, remarks = resumed(folder)
    assert tables == quiet
    assert any(f"{name} changed since written" in remark for remark in remarks)


def test_nothing_is_simulated_twice(tmp_path: Path) -> None:
    from cisim.study.progress import Status

    folder = tmp_path / "study"
    stopped(folder)
    place = Folder(str(folder))
    done = sum(rows(place, name) for name in place.names("parts"))
    seen: list[Status] = []
    run_study(None, place, How(on_status=seen.append))
    assert seen[0].done == done
    assert seen[-1].done == seen[-1].total


def rows(place: Folder, name: str) -> int:
    """Rows of a part."""
    from cisim.study.standing import rows_of

    return rows_of(place, name)


STAGED = {
    "auto": {"worlds": "auto", "precision": {"half_width": 0.005, "pilot": 6, "most": 200}},
    "calibrate": {
        "analysis": "calibrate",
        "vary": {"attendance": {"low": 0.2, "high": 1.0}},
        "worlds": 4,
        "options": {"targets": "targets.yaml", "per_wave": 12, "waves": 3},
    },
}


@pytest.mark.parametrize("kind", list(STAGED))
@pytest.mark.parametrize("writes", [6, 14, 22])
def test_a_study_that_decides_on_its_way_goes_the_same_way_after_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, writes: int
) -> None:
    import errno

    from study.small import study

    monkeypatch.chdir(tmp_path)
    Path("targets.yaml").write_text(
        "cisim_targets: 1\ntitle: A test\ntargets:\n  - {name: came, case: collective, outcome: attendance, "
        "statistic: mean, value: 0.5, tolerance: 0.02, source: a test}\n"
    )
    spec = study(**STAGED[kind])
    quiet = Folder(str(tmp_path / "quiet"))
    run_study(spec, quiet, How(chunk_seconds=0.005))
    place = Folder(str(tmp_path / "study"))
    real, count = place.fs.open, 0

    def full(path: str, mode: str = "rb", **more: object) -> object:
        nonlocal count
        count += "w" in mode
        if count > writes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
        return real(path, mode, **more)

    with monkeypatch.context() as patch:
        patch.setattr(place.fs, "open", full)
        with pytest.raises(StudyError, match="the disk is full"):
            run_study(spec, place, How(chunk_seconds=0.005))
    run_study(None, place, How(chunk_seconds=60))
    assert table_bytes(place) == table_bytes(quiet)
    assert read_manifest(place)[0].stop_reason == read_manifest(quiet)[0].stop_reason
