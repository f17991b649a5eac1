"""`cut2next train`: a LoRA from folders of cuts, or the mini model itself; one module a recipe."""

import argparse

from cut2next.cli.command import Command, add_commands
from cut2next.cli.train import mini
from cut2next.cli.train.lora import LoraCommand

NAME = "train"
HELP = "train a LoRA on cuts, or the mini model; goes on where it was stopped"

COMMANDS: tuple[Command, ...] = (
    LoraCommand("film", "a small LoRA on the cuts of one's own film"),
    LoraCommand("rawcuts", "the paper's first stage: many cuts, seen twice"),
    LoraCommand("curatedcuts", "the paper's second stage: chosen cuts, on from the first (--from)"),
    mini,
)
"""As help shows them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """One subcommand for each recipe."""
    add_commands(parser, COMMANDS, chosen="train_command")


def run(args: argparse.Namespace) -> None:
    """Run the one that was asked for."""
    command: Command = args.train_command
    command.run(args)
