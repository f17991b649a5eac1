"""What a command is, a module with four names, and how a parser lists some."""

import argparse
from collections.abc import Iterable
from typing import Protocol


class Command(Protocol):
    """One subcommand of `cut2next`; heavy imports belong inside `run`, so that help is instant."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments, with types from arguments.py."""

    def run(self, args: argparse.Namespace) -> None:
        """Do it, and tell `args.report`; raises Cut2NextError where a person must act."""


def add_commands(
    parser: argparse.ArgumentParser, commands: Iterable[Command], chosen: str = "command"
) -> None:
    """Lists commands; in what is parsed, `chosen` is the name of the one that was asked for."""
    choices = parser.add_subparsers(metavar="COMMAND", title="commands", required=True)
    for command in commands:
        child = choices.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        command.add_arguments(child)
        child.set_defaults(**{chosen: command})
