"""Compile the model's functions once per version and keep the machine code on disk.

Every compiled function of cisim is declared with `kernel`. Numba can keep compiled code between
processes, but it only notices edits of the file a function stands in: when `engine.py` calls a function of
`rng.py` and `rng.py` changes, the old answer silently stays. The cache directory is therefore named after a
hash of *all* sources that compiled code depends on, the versions of numba and numpy, and the processor.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any, ParamSpec, TypeVar, cast

import numba
from numba.core import config

P = ParamSpec("P")
R = TypeVar("R")

PACKAGE = Path(__file__).resolve().parent
KEPT_VERSIONS = 3
FIRST_GUESS_SECONDS = 30.0
DECLARED = re.compile(r"^@(kernel|rule)", re.MULTILINE)
IMPORTED = re.compile(r"^from (cisim[\w.]*) import (\([^)]*\)|.*)", re.MULTILINE)
njit = cast("Any", numba.njit)  # the types numba ships do not know all of its options
numba_config = cast("Any", config)  # its settings are set by name at run time, unknown to type checkers
_decorating = threading.Lock()


def sources_digest(package: Path = PACKAGE) -> str:
    """Hash every source the machine code depends on, with what else decides it.

    Those are the modules below `package` that declare a kernel or a rule, and all modules of the package they
    import, because compiled code keeps the constants it saw.
    """
    digest = hashlib.sha256()
    for part in (version("numba"), version("numpy"), _cpu_name()):
        digest.update(part.encode() + b"\0")
    for path in kernel_sources(package):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def model_version(package: Path = PACKAGE) -> str:
    """Name the model: a hash of every source that decides a result, and the versions of numba and numpy.

    Results of different versions must not be mixed. Unlike the name of the cache of machine code it does not
    depend on the processor.

    Returns
    -------
    str
        16 hexadecimal digits.
    """
    digest = hashlib.sha256()
    for part in (version("numba"), version("numpy")):
        digest.update(part.encode() + b"\0")
    for path in sorted({*kernel_sources(package), package / "result.py"}):
        digest.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def kernel_sources(package: Path) -> list[Path]:
    """Modules with kernels and everything of the package they import at once, directly or not.

    A module imported from a package does not bring in what else the package offers.
    """
    texts = {_module_name(path, package): (path, path.read_text("utf-8")) for path in package.rglob("*.py")}
    waiting = [name for name, (_, text) in texts.items() if DECLARED.search(text)]
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in found or name not in texts:
            continue
        found.add(name)
        for origin, listed in IMPORTED.findall(texts[name][1]):
            words = re.findall(r"\w+", re.sub(r"#.*", "", listed))
            modules = [f"{origin}.{word}" for word in words if f"{origin}.{word}" in texts]
            waiting += modules if len(modules) == len(words) else [*modules, origin]
    return sorted(texts[name][0] for name in found)


def _module_name(path: Path, package: Path) -> str:
    """Dotted name of a source file of the package."""
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _cpu_name() -> str:
    """Name the processor as LLVM sees it, because machine code is not portable between processors."""
    llvm = import_module("llvmlite.binding")
    return f"{llvm.get_host_cpu_name()} {numba_config.CPU_NAME or ''} {numba_config.CPU_FEATURES or ''}"


def _cache_root() -> Path:
    """Where all versions live: `$CISIM_CACHE_DIR`, else the user's cache directory, else a temporary one."""
    chosen = os.environ.get("CISIM_CACHE_DIR")
    user = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "cisim"
    for root in (Path(chosen) if chosen else user, Path(tempfile.gettempdir()) / f"cisim-{_user_id()}"):
        with suppress(OSError):
            root.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=root):
                return root
    return Path(tempfile.mkdtemp(prefix="cisim-"))


def _user_id() -> int:
    """Keep the temporary caches of different users apart (0 where the system has no user ids)."""
    return os.getuid() if hasattr(os, "getuid") else 0


@cache
def cache_directory() -> Path:
    """Directory of the compiled code of exactly these sources, made if need be; older ones are pruned.

    Returns
    -------
    pathlib.Path
        `<root>/kernels-<hash>`, with the root from `$CISIM_CACHE_DIR` or the user's cache directory.
    """
    root = _cache_root()
    directory = root / f"kernels-{sources_digest()}"
    directory.mkdir(parents=True, exist_ok=True)
    with suppress(OSError):
        os.utime(directory)
    _prune(root)
    return directory


def _prune(root: Path) -> None:
    """Keep the most recently used versions only; another process may be pruning too."""
    with suppress(OSError):
        by_age = sorted(root.glob("kernels-*"), key=lambda path: path.stat().st_mtime, reverse=True)
        for old in by_age[KEPT_VERSIONS:]:
            shutil.rmtree(old, ignore_errors=True)


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a function of numbers and arrays to machine code on its first call.

    The signature is kept for type checkers. Division by zero gives inf or nan as in numpy, the global
    interpreter lock is released, and floating-point arithmetic is never reordered, so results are the same
    bits on every call path. With `NUMBA_DISABLE_JIT=1` the function stays plain Python.

    Functions defined outside the package (in a notebook, say) are compiled too, but not kept on disk.
    """
    return _compiled(function, is_counting=True)


def kernel_inner(function: Callable[P, R]) -> Callable[P, R]:
    """Compile as `kernel` does, for a function that makes no array and is called in an inner loop.

    Numba counts who uses an array, at about 5 ns for each array handed to a function. This drops the count,
    which is safe where no array is made: everything handed in outlives the call. A function that does make
    one is refused when it is compiled.
    """
    return _compiled(function, is_counting=False)


def kernel_inline(function: Callable[P, R]) -> Callable[P, R]:
    """Compile as `kernel_inner` does and copy the code into each caller.

    For short functions of the hottest loops only: loops of a size the caller knows get unrolled, at the price
    of compile time.
    """
    return _compiled(function, is_counting=False, is_inlined=True)


def kernel_step(function: Callable[P, R]) -> Callable[P, R]:
    """Compile a part of a run that only compiled code calls, and keep it on disk.

    Parts that are kept can be compiled side by side by several processes.
    """
    return _compiled(function, is_counting=False, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _compiled(
    function: Callable[P, R], *, is_counting: bool, is_inlined: bool = False, **more: bool
) -> Callable[P, R]:
    """Hand the function to numba with its cache directory set for this one moment."""
    inside = Path(function.__code__.co_filename).resolve().is_relative_to(PACKAGE)
    options = {
        "cache": inside,
        "nogil": True,
        "error_model": "numpy",
        "_nrt": is_counting,
        "forceinline": is_inlined,
        **more,
    }
    with _decorating:
        before = numba_config.CACHE_DIR
        if inside:
            numba_config.CACHE_DIR = str(cache_directory())
        try:
            compiled = njit(**options)(function)
        finally:
            numba_config.CACHE_DIR = before
    return cast("Callable[P, R]", compiled)


def is_warm(part: str = "engine") -> bool:
    """Tell whether `part` has been compiled for this version on this machine before.

    Parameters
    ----------
    part : str
        A name chosen by the caller of `first_use`.
    """
    return bool(numba_config.DISABLE_JIT) or (cache_directory() / f"{part}.warm").exists()


def expected_seconds(part: str = "engine") -> float:
    """Seconds the last compilation of `part` took on this machine (a guess when there was none)."""
    marks = sorted(
        cache_directory().parent.glob(f"kernels-*/{part}.warm"), key=lambda path: path.stat().st_mtime
    )
    for mark in reversed(marks):
        with suppress(OSError, ValueError, KeyError, TypeError):
            return float(json.loads(mark.read_text(encoding="utf-8"))["seconds"])
    return FIRST_GUESS_SECONDS


@contextmanager
def first_use(say: Callable[[str], object], part: str = "engine") -> Iterator[None]:
    """Wrap the first call of compiled code: say that it compiles, once per version, and remember how long.

    Parameters
    ----------
    say : callable
        Gets one sentence when compilation is due, nothing when the code is on disk.
    part : str
        Which set of kernels the wrapped call compiles.

    Examples
    --------
    >>> with first_use(print, "nothing-to-compile"):  # doctest: +SKIP
    ...     run_world()
    compiling the rules once for this version, about 30 s
    """
    if is_warm(part):
        yield
        return
    say(f"compiling the rules once for this version, about {expected_seconds(part):.0f} s")
    start = time.perf_counter()
    yield
    mark = {"seconds": round(time.perf_counter() - start, 3)}
    with suppress(OSError):
        (cache_directory() / f"{part}.warm").write_text(json.dumps(mark), encoding="utf-8")
