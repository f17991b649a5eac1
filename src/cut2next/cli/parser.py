"""An argument parser that refuses in one line."""

import argparse
import sys
from typing import Any, NoReturn

from cut2next.cli.arguments import word
from cut2next.cli.reporting import add_report_arguments
from cut2next.cli.streams import tell_beside, told
from cut2next.film.png_prompt import printable

BAD_INPUT = 2
"""Exit code of every refusal, the parser's and the library's."""
_LONGEST = 1000
"""Letters of a refusal, which quotes what came."""


class Parser(argparse.ArgumentParser):
    """argparse, but an error is one line on stderr, and options are not guessed from beginnings.

    How results are told is asked of every command alike.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})
        self.register("type", None, word)  # of every argument that names no other
        add_report_arguments(self)

    def add_subparsers(self, **settings: Any) -> Any:
        """What follows a command's name is for that command's own parser to judge."""
        commands = super().add_subparsers(**settings)
        commands.type = str
        return commands

    def _get_values(self, action: argparse.Action, arg_strings: list[str]) -> Any:
        """Argparse takes the "--" of `--count=--` for no value at all, and goes on without one."""
        if action.option_strings and arg_strings == ["--"]:
            raise argparse.ArgumentError(action, "got '--'; expected a value; give one")
        return super()._get_values(action, arg_strings)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Argparse would keep a full disk to itself."""
        if file is not sys.stdout:
            tell_beside(message)
            return
        with told():
            file.write(message)

    def error(self, message: str) -> NoReturn:
        """Say what came and what was expected, point to the help, and exit."""
        self.exit(BAD_INPUT, refusal(self.prog, f"{message}; see {self.prog} --help"))


def refusal(program: str, message: str) -> str:
    """One line for stderr, even when what it quotes has several, steers a terminal, or is long."""
    line = printable(" ".join(f"{program}: {message}".splitlines()))
    if len(line) > _LONGEST:
        line = f"{line[: _LONGEST // 2]} … {line[-_LONGEST // 2 :]}"
    return line + "\n"
