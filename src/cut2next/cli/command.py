"""What main.py asks of a command: a module with these four names."""

import argparse
from typing import Protocol


class Command(Protocol):
    """One subcommand of `cut2next`; heavy imports belong inside `run`, so that help is instant."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments, with types from arguments.py."""

    def run(self, args: argparse.Namespace) -> None:
        """Do it; raises Cut2NextError where a person must act."""
