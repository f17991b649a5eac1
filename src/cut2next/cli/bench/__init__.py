"""`cut2next bench`: judges whatever makes next shots; one module a subcommand."""

import argparse

from cut2next.cli.bench import build, run_makers, score, soundstage, study
from cut2next.cli.command import Command, add_commands

NAME = "bench"
HELP = "judge a model, or any maker of next shots, on cuts that it has never seen"

COMMANDS: tuple[Command, ...] = (run_makers, score, study, build, soundstage)
"""As help shows them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One subcommand for each."""
    add_commands(parser, COMMANDS, chosen="bench_command")


def run(args: argparse.Namespace) -> None:
    """Run the one that was asked for."""
    command: Command = args.bench_command
    command.run(args)
