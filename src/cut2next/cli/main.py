"""The console script: finds the command, runs it, and turns what goes wrong into one line.

Exit codes: 0 done, 2 refused (one line on stderr says why), 130 interrupted, 141 nobody reads, 143
asked to stop.
"""

import atexit
import errno
import gc
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from cut2next import __version__
from cut2next.cli import (
    bench,
    data,
    demo,
    experiments,
    explain,
    generate,
    lora,
    plan,
    soundstage,
    storyboard,
    studio,
    suggest,
    train,
    weights,
)
from cut2next.cli.command import Command, add_commands
from cut2next.cli.parser import BAD_INPUT, Parser, refusal
from cut2next.cli.reporting import Report
from cut2next.cli.streams import discard, open_streams, tell_beside, told
from cut2next.cli.threads import choose_threads
from cut2next.film import Cut2NextError, OutputError
from cut2next.film.installation import explained, hush
from cut2next.training.stopping import Stopped

COMMANDS: tuple[Command, ...] = (
    generate,
    storyboard,
    studio,
    suggest,
    demo,
    soundstage,
    data,
    bench,
    train,
    experiments,
    lora,
    plan,
    weights,
    explain,
)
"""In the order that help shows them."""

# At exit Python would look for garbage among all that the libraries made, which takes a second.
atexit.register(gc.freeze)

_DISK = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
INTERRUPTED = 130
NOBODY_READS = 141
"""Both as a shell reports a program that a signal ended: 128 + SIGINT, 128 + SIGPIPE."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run `cut2next` with `arguments`, or with the process's own; returns the exit code."""
    try:
        open_streams()
        try:
            _run(_parser().parse_args(arguments))
        finally:
            # Here and not at exit, where a closed pipe could no longer be answered quietly.
            with told():
                sys.stdout.flush()
    except Cut2NextError as error:
        tell_beside(refusal("cut2next", str(error)))
        return BAD_INPUT
    except Stopped as stopped:
        tell_beside(f"cut2next: {stopped}\n")
        return 128 + stopped.signal
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        discard(sys.stdout)
        return NOBODY_READS
    except Exception as error:
        # Here and not where a command is run: it may be the command itself that does not load.
        if (fault := explained(error) or _of_the_disk(error)) is None:
            raise
        tell_beside(refusal("cut2next", str(fault)))
        return BAD_INPUT
    return 0


def _of_the_disk(error: Exception) -> Cut2NextError | None:
    """What a disk refuses in the midst of something, or a file that may not even be looked at."""
    if not isinstance(error, OSError) or error.errno not in _DISK:
        return None
    return OutputError(
        f"{error.filename or 'a file'}: {error.strerror}",
        expected="files and folders that may be used, on a disk with room",
        hint="see to that, and run it again",
    )


def _run(args: Namespace) -> None:
    hush()
    choose_threads()
    command: Command = args.command
    args.report = Report(as_json="json" in args, quiet="quiet" in args)
    try:
        command.run(args)
    finally:
        args.report.end()  # also what is wrong with a folder, say, that is then refused


def _parser() -> ArgumentParser:
    parser = Parser(
        prog="cut2next",
        description="Given a film shot and a way to cut, make the next shot.",
        epilog="cut2next COMMAND --help tells more about one command.",
    )
    parser.add_argument("--version", action="version", version=f"cut2next {__version__}")
    add_commands(parser, COMMANDS)
    return parser
