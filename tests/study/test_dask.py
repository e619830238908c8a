"""A real scheduler and two worker processes on loopback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cisim.study.executors import DaskPool
from cisim.study.folder import Folder
from cisim.study.problems import StudyError, StudyInputError
from cisim.study.runner import How, run_study
from study.faults import PATIENCE, ended, go_on, start, undisturbed, wait_for
from study.small import long_study, run, study, table_bytes

distributed = pytest.importorskip("distributed")

WORLDS, HALF_WAY = 60, 31
"""Size of the study, and the runs after which a driver waits to be told to go on."""


def free_port() -> int:
    """A port of loopback that nobody uses."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Cluster:
    """A scheduler and two workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.port, self.folder = free_port(), folder
        self.address = f"tcp://127.0.0.1:{self.port}"
        self.workers: list[subprocess.Popen[bytes]] = []
        self.begin()

    def begin(self) -> None:
        """Start everything."""
        self.scheduler = self._start(
            "scheduler", "--port", str(self.port), "--host", "127.0.0.1", "--no-dashboard"
        )
        more = (
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
            "--local-directory",
            str(self.folder),
            "--death-timeout",
            "30",
        )
        self.workers = [self._start("worker", self.address, "--host", "127.0.0.1", *more) for _ in range(2)]

    def _start(self, what: str, *words: str) -> subprocess.Popen[bytes]:
        """Start one process of the cluster."""
        with (self.folder / f"{what}-{time.monotonic_ns()}.log").open("wb") as log:
            command = [sys.executable, "-m", f"distributed.cli.dask_{what}", *words]
            return subprocess.Popen(command, stdout=log, stderr=log)

    def driver(self, folder: Path, *words: object) -> subprocess.Popen[str]:
        """Start a driver that uses the cluster."""
        more = ("--worlds", WORLDS, "--chunk-seconds", 60, *words)
        return start(folder, "--executor", "dask", "--scheduler", self.address, *more)

    def freeze(self) -> None:
        """Let workers stand still, so that nothing they have in hand is finished."""
        for one in self.workers:
            one.send_signal(signal.SIGSTOP)

    def wait_for_workers(self) -> None:
        """Wait until the scheduler answers and has both workers."""
        with distributed.Client(self.address, timeout=PATIENCE, set_as_default=False) as client:
            client.wait_for_workers(2, PATIENCE)

    def wait_for_work(self) -> None:
        """Wait until the workers have a chunk in hand, by what the scheduler says."""
        end = time.monotonic() + PATIENCE
        with distributed.Client(self.address, timeout=PATIENCE, set_as_default=False) as client:
            while not any(client.processing().values()):
                assert time.monotonic() < end, "no work came to the cluster"
                time.sleep(0.1)

    def end(self, *, hard: bool = False) -> None:
        """End everything."""
        for one in (self.scheduler, *self.workers):
            if one.poll() is None:
                one.send_signal(signal.SIGKILL if hard else signal.SIGTERM)
        for one in (self.scheduler, *self.workers):
            try:
                one.wait(20)
            except subprocess.TimeoutExpired:
                one.kill()
                one.wait(20)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    (tmp_path / "dask").mkdir()
    made = Cluster(tmp_path / "dask")
    try:
        yield made
    finally:
        made.end(hard=True)


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return undisturbed(tmp_path_factory.mktemp("quiet") / "study", WORLDS)


def test_same_bytes_on_a_cluster(quiet: dict[str, bytes], tmp_path: Path, cluster: Cluster) -> None:
    folder = tmp_path / "study"
    code, said = ended(cluster.driver(folder))
    assert code == 0, said
    assert table_bytes(str(folder)) == quiet


def test_a_worker_of_the_cluster_is_killed(quiet: dict[str, bytes], tmp_path: Path, cluster: Cluster) -> None:
    folder = tmp_path / "study"
    driver = cluster.driver(folder, "--wait-after", HALF_WAY)
    wait_for(driver, "status", HALF_WAY - 1)
    cluster.workers[0].send_signal(signal.SIGKILL)
    go_on(driver)
    code, said = ended(driver)
    assert code == 0, said
    assert table_bytes(str(folder)) == quiet


def test_the_scheduler_is_restarted(quiet: dict[str, bytes], tmp_path: Path, cluster: Cluster) -> None:
    folder = tmp_path / "study"
    driver = cluster.driver(folder, "--wait-after", HALF_WAY)
    wait_for(driver, "status", HALF_WAY - 1)
    cluster.freeze()
    go_on(driver)
    cluster.wait_for_work()
    cluster.end(hard=True)
    time.sleep(1.0)
    cluster.begin()
    code, said = ended(driver)
    assert code == 0, said
    assert "runs were lost" in said, "workers that stood still had chunks in hand"
    assert table_bytes(str(folder)) == quiet


def test_a_cluster_of_this_machine_is_started_where_none_is_named(tmp_path: Path) -> None:
    here = run(study(), tmp_path / "here")
    code, said = ended(start(tmp_path / "dask", "--executor", "dask", "--worlds", 3))
    assert code == 0, said
    assert "Traceback" not in said
    assert table_bytes(str(tmp_path / "dask")) == undisturbed(tmp_path / "threads", 3)
    assert here.exists("runs.parquet")


def test_nobody_at_the_address() -> None:
    with pytest.raises(StudyInputError, match=r"nobody answers at tcp://127\.0\.0\.1"):
        DaskPool(f"tcp://127.0.0.1:{free_port()}", patience=1.0)


def test_a_scheduler_without_workers(tmp_path: Path, cluster: Cluster) -> None:
    cluster.wait_for_workers()
    for worker in cluster.workers:
        worker.kill()
        worker.wait(20)
    time.sleep(1.0)
    with pytest.raises(StudyError, match="no worker has come to"):
        run_study(
            long_study(2), Folder(str(tmp_path / "study")), How(DaskPool(cluster.address, patience=3.0))
        )


def test_the_driver_can_be_stopped_and_the_cluster_stays(tmp_path: Path, cluster: Cluster) -> None:
    folder = tmp_path / "study"
    driver = cluster.driver(folder, "--wait-after", HALF_WAY)
    wait_for(driver, "status", HALF_WAY - 1)
    driver.send_signal(signal.SIGTERM)
    code, said = ended(driver)
    assert code == 143, said
    assert all(one.poll() is None for one in (cluster.scheduler, *cluster.workers))
    assert os.path.exists(folder / "study.json")  # noqa: PTH110
