"""An argument parser that refuses in one line."""

import argparse
from typing import Any, NoReturn

from cut2next.cli.reporting import add_report_arguments

BAD_INPUT = 2
"""Exit code of every refusal, the parser's and the library's."""


class Parser(argparse.ArgumentParser):
    """argparse, but an error is one line on stderr, and options are not guessed from beginnings.

    How results are told is asked of every command alike.
    """

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})
        add_report_arguments(self)

    def error(self, message: str) -> NoReturn:
        """Say what came and what was expected, point to the help, and exit."""
        self.exit(BAD_INPUT, refusal(self.prog, f"{message}; see {self.prog} --help"))


def refusal(program: str, message: str) -> str:
    """One line for stderr, even when what it quotes has several."""
    return " ".join(f"{program}: {message}".splitlines()) + "\n"
