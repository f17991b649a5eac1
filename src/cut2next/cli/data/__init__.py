"""`cut2next data`: films to cuts, and everything done to a folder of them; one module a command."""

import argparse

from cut2next.cli.command import Command, add_commands
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
    add_commands(parser, COMMANDS, chosen="data_command")


def run(args: argparse.Namespace) -> None:
    """Run the one that was asked for."""
    command: Command = args.data_command
    command.run(args)
