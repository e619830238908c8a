"""The command line: ``cisim COMMAND``.

Results go to standard output, everything else to standard error. Exit codes: 0 done, 1 failed, 2 the input is
not allowed, 130 interrupted. Commands import the simulator only when they need it, so that help is immediate.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Annotated, cast

import typer

from cisim.commands import (
    claims,
    files,
    parsimony,
    report,
    retrodict,
    serve,
    simulate,
    studies,
    study_folders,
    survey,
    tools,
    whatif,
)
from cisim.commands.output import say
from cisim.commands.problems import FailureError, InputError, StoppedError

DONE, FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130
ASKED_AGAIN_SECONDS = 5.0  # after which a Ctrl-C that changed nothing is raised again
LONGEST = 200  # characters an unexpected error may have on its line
UsageError = cast("type[Exception]", typer.BadParameter.__base__)
"""What typer raises for arguments it does not understand; typer gives it no public name."""

app = typer.Typer(
    name="cisim",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
app.command("init")(files.init)
app.command("validate")(files.validate)
app.command("show")(files.show)
app.command("schema")(files.schema)
app.command("list")(files.list_names)
app.command("run")(simulate.run)
app.command("compare")(simulate.compare)
app.command("whatif")(whatif.whatif)
app.command("serve")(serve.serve)
app.command("report")(report.report)
app.command("import-survey")(survey.import_survey)
app.command("export")(survey.export)
app.command("score")(survey.score)
app.command("sweep")(studies.sweep)
app.command("sensitivity")(studies.sensitivity)
app.command("discover")(studies.discover)
app.command("value")(studies.value)
app.command("calibrate")(studies.calibrate)
app.command("predict")(studies.predict)
app.command("retrodict")(retrodict.retrodict)
app.command("claims")(claims.claims)
app.command("parsimony")(parsimony.parsimony)
app.command("status")(study_folders.status)
app.command("resume")(study_folders.resume)
app.command("extend")(study_folders.extend)
app.command("merge")(study_folders.merge)
app.command("reproduce")(study_folders.reproduce)
app.command("dock")(tools.dock)
app.command("bench")(tools.bench)
app.command("odd")(tools.odd)


def _show_version(is_asked: bool) -> None:
    """Print the version and stop."""
    if is_asked:
        from cisim import __version__

        typer.echo(f"cisim {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def _root(
    context: typer.Context,
    version: Annotated[
        bool,
        typer.Option("-V", "--version", callback=_show_version, is_eager=True, help="Print the version."),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show where an unexpected error arose; may stand anywhere.")
    ] = False,
) -> None:
    """Simulate organisations, funders and backbones that work on one social problem.

    Start with 'cisim list', then 'cisim compare infant-mortality --regimes isolated,collective --worlds 50'.
    """
    del version, debug
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        By default those the program was started with.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    is_debugging = "--debug" in words
    words = [word for word in words if word != "--debug"]
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        with _insisting():
            code = _invoke(words, is_debugging)
        if sys.stdout is not None:
            sys.stdout.flush()
    except (
        BrokenPipeError
    ):  # whoever read the result has seen enough; keep Python from flushing into it again
        with suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except OSError as error:  # such as a full disk
        return _stop(FAILED, f"standard output: {_system(error)}")
    return code


@contextmanager
def _insisting() -> Iterator[None]:
    """Raise Ctrl-C again after a while: an exception that arises in a library's callback goes unheard."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(signal, "setitimer"):
        yield
        return

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        signal.setitimer(signal.ITIMER_REAL, ASKED_AGAIN_SECONDS)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGALRM)}
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        for number, handler in before.items():
            signal.signal(number, handler)


def _invoke(words: list[str], is_debugging: bool) -> int:
    """Run a command; turn whatever goes wrong into one line on standard error and an exit code."""
    from cisim.problems import ScenarioError

    try:
        code = app(words, prog_name="cisim", standalone_mode=False)
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        code = INTERRUPTED
    except UsageError as error:
        return _stop(BAD_INPUT, _usage(error))
    except ScenarioError as error:
        return _stop(BAD_INPUT, *str(error).splitlines())
    except StoppedError as error:
        return _stop(error.code, str(error))
    except InputError as error:
        return _stop(BAD_INPUT, str(error))
    except FailureError as error:
        return _stop(FAILED, str(error))
    except MemoryError as error:
        return _stop(FAILED, f"not enough memory: {error or 'ask for fewer worlds, months or organisations'}")
    except OSError as error:
        if is_debugging:
            traceback.print_exc()
        return _stop(FAILED, _system(error))
    except Exception as error:  # the last resort
        if is_debugging:
            traceback.print_exc()
            return FAILED
        told = " ".join(str(error).split())
        told = told if len(told) <= LONGEST else told[: LONGEST - 1] + "…"
        return _stop(FAILED, f"unexpected {type(error).__name__}: {told}; --debug shows where it arose")
    if code == INTERRUPTED:
        return _stop(INTERRUPTED, "interrupted; nothing was written")
    return code if isinstance(code, int) else DONE


def _system(error: OSError) -> str:
    """Return what the system could not do, and with which file."""
    return ": ".join(str(part) for part in (error.filename, error.strerror or error) if part)


def _stop(code: int, *sentences: str) -> int:
    """Print each sentence on a line of standard error and return the code."""
    for sentence in sentences:
        say(f"cisim: {' '.join(sentence.split())}")
    return code


def _usage(error: BaseException) -> str:
    """Return what typer did not understand as one sentence, with the way to help."""
    format_message = getattr(error, "format_message", None)
    message = format_message() if callable(format_message) else str(error)
    path = getattr(getattr(error, "ctx", None), "command_path", "cisim")
    return f"{message.rstrip('.')}; see '{path} --help'"


if __name__ == "__main__":
    sys.exit(main())
