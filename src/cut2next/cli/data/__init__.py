"""`cut2next data`: films to cuts, and everything done to a folder of them; one module a command."""

import argparse

from cut2next.cli.command import Command
from cut2next.cli.data import (
    annotate,
    curate,
    export,
    importing,
    merge,
    movienet,
    rawcuts,
    report,
    show,
    split,
    stats,
    validate,
)
from cut2next.cli.data import filter as selecting

NAME = "data"
HELP = "films to cuts: find, filter, annotate, curate, and look at them"

COMMANDS: tuple[Command, ...] = (
    rawcuts,
    movienet,
    selecting,
    annotate,
    curate,
    report,
    validate,
    stats,
    show,
    merge,
    split,
    export,
    importing,
)
"""In the order of the work, as help shows them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One subcommand for each step."""
    commands = parser.add_subparsers(metavar="COMMAND", title="commands", required=True)
    for command in COMMANDS:
        child = commands.add_parser(command.NAME, help=command.HELP, description=command.HELP)
        command.add_arguments(child)
        child.set_defaults(data_command=command)


def run(args: argparse.Namespace) -> None:
    """Run the one that was asked for."""
    command: Command = args.data_command
    command.run(args)
