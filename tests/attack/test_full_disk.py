"""A full disk is told in one line; what was there stays, and the same command goes on with room.

The disk is a small one in memory, where this user may mount it; elsewhere a limit on every file.
"""

import re
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from tests.attack.cases import CASES, Case, environment, make_desk, seen, words_of
from tests.attack.invoking import Invocation, Outcome
from tests.attack.killing import LONGEST, Whole, differing
from tests.attack.smaller import make_smaller

PAGE = 4096
ROOM = 4 * PAGE
"""Bytes that are left to a command that needs more; a picture of the toy model needs less."""
NAMES = (
    *("lora merge", "export", "filter"),
    *(
        pytest.param(name, marks=pytest.mark.slow)
        for name in ("train lora", "generate", "soundstage", "rawcuts", "report", "merge", "build")
    ),
)
KEEPS = {"train lora", "rawcuts"}
"""What they did until then is kept for the next run."""


@dataclass(frozen=True, kw_only=True)
class Disk:
    """Where a command runs that has too little room."""

    folder: Path
    full: Callable[[], None]
    """Fills it, but for little."""
    free: Callable[[], None]
    """Makes room on it again."""
    before: Callable[[], None]
    """For the process that runs."""


@contextmanager
def disk(folder: Path, room: int) -> Iterator[Disk]:
    """A small disk, of memory, which has so many bytes left when it is full."""
    folder.mkdir()

    def sized(pages: int) -> None:
        options = f"size={pages * PAGE},{'remount,' if folder.is_mount() else ''}mode=755"
        _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))

    try:
        sized(20_000)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("no disk can be mounted here; tests of each writer limit its files")

    def full() -> None:
        used = sum(path.stat().st_blocks * 512 for path in folder.rglob("*"))
        sized(-(-(used + room) // PAGE))

    try:
        yield Disk(folder=folder, full=full, free=partial(sized, 20_000), before=make_smaller)
    finally:
        _run("umount", "-l", str(folder))


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


def ran(case: Case, desk: Path, server: str, before: Callable[[], None]) -> Outcome:
    with Invocation(words_of(case, server), desk, environment(desk), before) as run:
        return run.ended(LONGEST)


@pytest.mark.parametrize("name", NAMES)
def test_a_full_disk_is_one_line_and_the_same_command_goes_on_with_room(
    name: str, inputs: Path, tmp_path: Path, wholes: Callable[[Case], Whole]
) -> None:
    (case,) = (case for case in CASES if case.name == name)
    with disk(tmp_path / "disk", 0 if name == "generate" else ROOM) as small:
        desk = make_desk(small.folder / "desk", case, inputs)
        before = seen(desk, case)
        small.full()
        ended = ran(case, desk, "", small.before)
        assert (ended.code, "Traceback" in ended.err) == (2, False)
        # Of training it is known before the first step.
        assert re.search(r"^cut2next: .*(No space left|free on the disk of)", ended.err, re.M)
        left = differing(before, seen(desk, case))
        assert not left or (name in KEEPS and all("is left over" in line for line in left))
        small.free()
        assert ran(case, desk, "", small.before).code == 0
        assert not differing(wholes(case).seen, seen(desk, case))


def limited(most: int) -> None:
    """No file may be larger, for the process that runs."""
    make_smaller()
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))


@pytest.mark.parametrize("name", ["lora merge", "filter"])
def test_a_file_that_cannot_grow_is_one_line_and_leaves_nothing(
    name: str, inputs: Path, tmp_path: Path
) -> None:
    (case,) = (case for case in CASES if case.name == name)
    desk = make_desk(tmp_path / "desk", case, inputs)
    before = seen(desk, case)
    ended = ran(case, desk, "", partial(limited, ROOM))
    assert ended.code == 2
    assert re.search(r"cannot be written \(.*File too large", ended.err.splitlines()[-1])
    assert not differing(before, seen(desk, case))
