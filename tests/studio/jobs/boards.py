"""A board of two panels, the first with a picture, and engines that are no processes."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from io import BytesIO

from PIL import Image

from cut2next.film import Cut2NextError, EditingPattern, IndividualPrompt
from cut2next.studio.asking import asked
from cut2next.studio.board import Board, Panel, Scene, Way, new_id
from cut2next.studio.jobs.engine import StepTold
from cut2next.studio.operations import InsertScene
from cut2next.studio.store import Job, Store


def png(color: str = "teal", size: tuple[int, int] = (64, 48)) -> bytes:
    """A still of one colour."""
    file = BytesIO()
    Image.new("RGB", size, color).save(file, format="PNG")
    return file.getvalue()


def begun(store: Store, shows: str = "Close up of <Anna>") -> Board:
    """Puts the two panels there, the second to be cut to by a cut-in."""
    picture = store.pictures.add_bytes(png(), source="still.png")
    second = Panel(
        id="p2",
        frames=24,
        shows=IndividualPrompt(summary=shows),
        way=Way(patterns=(EditingPattern.CUT_IN,)),
    )
    panels = (Panel(id="p1", frames=24, picture=picture), second)
    store.do(InsertScene(scene=Scene(id="s1", panels=panels), at=0))
    return store.board


def job(board: Board, words: str = "", priority: int = 0, maker: str = "tint") -> Job:
    """A job for the second panel, which may be asked for in other words."""
    wanted = asked(board, "p2", maker)
    if words:
        following = replace(wanted.prompt.next, summary=words)
        wanted = replace(wanted, prompt=replace(wanted.prompt, next=following))
    return Job(id=new_id(), panel="p2", asked=wanted, priority=priority)


class PlainEngine:
    """Makes pictures at once, or waits to be let go; counts what it did."""

    def __init__(self, devices: int = 1) -> None:
        self.devices = devices
        self.runs: list[str] = []
        self.given: list[Sequence[bytes]] = []
        self.stopped: list[str] = []
        self.gate: asyncio.Event | None = None
        self.fault: Cut2NextError | None = None
        self.is_closed = False

    async def run(self, job: Job, pictures: Sequence[bytes], step: StepTold) -> bytes:
        """See `Engine`."""
        self.runs.append(job.id)
        self.given.append(pictures)
        step(1, 2)
        try:
            if self.gate is not None:
                await self.gate.wait()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.stopped.append(job.id)
            raise
        if self.fault is not None:
            raise self.fault
        return png("maroon")

    async def close(self) -> None:
        """See `Engine`."""
        self.is_closed = True
