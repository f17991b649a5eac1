"""A Ray cluster, through Ray Data. Its machines must see the films and the folder of shards."""

import socket
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from cut2next.film import Cut2NextError, InputError
from cut2next.film.errors import one_line
from cut2next.film.installation import needed
from cut2next.films.engines.work import StretchOutcome, Work
from cut2next.films.shards import Stretch

_MOST_TRIES = 2
"""Of a stretch whose process ended: the machine may have gone, or the film have ended it."""
_PATIENCE = 5.0
"""Seconds in which a cluster answers."""


def run_on_ray(
    work: Work, stretches: Sequence[Stretch], *, address: str | None = None
) -> Iterator[StretchOutcome]:
    """Does the work on the cluster at an address, or one started on this machine ("local").

    A film that ends the process it is read in fails alone. Raises InputError where Ray is not
    installed or no cluster answers.
    """
    with needed("it, for --engine ray"):
        import ray
        import ray.data
    started = not ray.is_initialized()
    if started:
        _connect(ray, address or "local")
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        for stretch in stretches:
            _tries(stretch).unlink(missing_ok=True)  # a driver that was killed may have left it
        items = ray.data.from_items(list(range(len(stretches))), override_num_blocks=len(stretches))
        for row in items.map(partial(_done, work, list(stretches))).iter_rows():
            if row["refusal"]:
                raise InputError(
                    row["refusal"], expected="room and weights", hint="begin again then"
                )
            yield StretchOutcome(stretches[row["at"]], row["failure"] or None)
    finally:
        if started:
            ray.shutdown()


def _done(work: Work, stretches: list[Stretch], row: dict[str, Any]) -> dict[str, Any]:
    at = int(row["item"])
    try:
        failure = _tried(work, stretches[at])
    except Cut2NextError as error:
        return {"at": at, "failure": "", "refusal": error.got}
    return {"at": at, "failure": failure or "", "refusal": ""}


def _tried(work: Work, stretch: Stretch) -> str | None:
    """Does the work, unless that has ended too many processes: Ray itself would try for ever."""
    tries = _tries(stretch)
    tries.parent.mkdir(parents=True, exist_ok=True)
    with tries.open("ab") as file:
        file.write(b".")
    if tries.stat().st_size > _MOST_TRIES:
        return f"{stretch.film.path}: ended the process that was reading it"
    failure = work.do(stretch).failure
    tries.unlink()
    return failure


def _tries(stretch: Stretch) -> Path:
    """A file as long as a stretch has been begun times, without coming to an end."""
    return stretch.shard.with_suffix(".tries")


def _connect(ray: Any, address: str) -> None:
    try:
        if address not in ("local", "auto"):
            host, _, port = address.rpartition("/")[2].rpartition(":")
            socket.create_connection((host, int(port)), _PATIENCE).close()
        ray.init(
            address=address, log_to_driver=False, include_dashboard=False, logging_level="error"
        )
    except (OSError, RuntimeError, ValueError) as error:
        raise InputError(
            f"{address}: no Ray cluster ({one_line(error, 100)})",
            expected="the address of one",
            hint="or local",
        ) from error
