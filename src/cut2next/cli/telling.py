"""What commands that make next shots tell beside the pictures."""

from typing import TYPE_CHECKING

from cut2next.cli.reporting import Report

if TYPE_CHECKING:
    from cut2next.generation.next_shots import NextShots


def tell(shots: "NextShots", noted: set[str], report: Report) -> None:
    """What is to be known beside the pictures, each thing once: `noted` holds what was told."""
    if shots.framed and (framed := str(shots.framed)) not in noted:
        report.say(framed=[shots.framed])
        noted.add(framed)
    for note in shots.notes():
        if note not in noted:
            report.note(note)
            noted.add(note)
