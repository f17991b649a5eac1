"""A process that works on a board without end, and tells on its output what it was promised."""

import sys
from itertools import count
from pathlib import Path

from tests.studio.store.asking import job, result

from cut2next.studio.board import Numbering
from cut2next.studio.operations import EditBoard
from cut2next.studio.store import NOW, TONIGHT, Store


def work(folder: Path) -> None:
    """Edits, undoes, and runs jobs, until it is killed."""
    store = Store.open(folder)
    for number in count(store.version):
        title = EditBoard(title=str(number), width=1280, height=720, numbering=Numbering.PLAIN)
        print("version", store.do(title), flush=True)
        if number % 3 == 0:
            print("version", store.undo(), flush=True)
        for queued in store.add([job(), job(priority=TONIGHT)], key=f"ask {number}"):
            print("queued" if queued.priority == NOW else "tonight", queued.id, flush=True)
        claimed = store.claim(0)
        if claimed is not None:
            store.step(claimed.id, 1, 2)
            store.finish(claimed.id, result(claimed))
            print("finished", claimed.id, flush=True)


if __name__ == "__main__":
    work(Path(sys.argv[1]))
