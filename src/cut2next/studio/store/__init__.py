"""A board on the disk: `NAME/` with its database and pictures, one server at a time.

    board.sqlite          the log of operations, snapshots of the board, jobs
    pictures/<sha256>     as `studio/pictures.py` keeps them

No path stands in it: it can be copied, packed and put under version control.
"""

from cut2next.studio.store.faults import (
    ConflictError,
    EndedError,
    MissingError,
    NothingError,
    StaleError,
    TooManyError,
)
from cut2next.studio.store.job import NOW, TONIGHT, TRIES, Asked, Job, State
from cut2next.studio.store.jobs import LISTED, MOST_JOBS
from cut2next.studio.store.log import Head, Logged
from cut2next.studio.store.store import Store

__all__ = [
    "LISTED",
    "MOST_JOBS",
    "NOW",
    "TONIGHT",
    "TRIES",
    "Asked",
    "ConflictError",
    "EndedError",
    "Head",
    "Job",
    "Logged",
    "MissingError",
    "NothingError",
    "StaleError",
    "State",
    "Store",
    "TooManyError",
]
