"""A Ray cluster, through Ray Data. Its machines must see the films and the folder of shards."""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from cut2next.data.engines.work import Outcome, Work
from cut2next.data.shards import Stretch
from cut2next.film import InputError


def run_on_ray(
    work: Work, stretches: Sequence[Stretch], *, address: str | None = None
) -> Iterator[Outcome]:
    """Does the work on the cluster at an address, or one started on this machine ("local").

    Raises InputError where Ray is not installed or no cluster answers.
    """
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise InputError(
            "ray is not installed",
            expected="it, for --engine ray",
            hint="pip install 'cut2next[ray]'",
        ) from error
    started = not ray.is_initialized()
    if started:
        _connect(ray, address or "local")
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        numbers = ray.data.from_items(
            list(range(len(stretches))), override_num_blocks=len(stretches)
        )
        done = numbers.map(partial(_done, work, list(stretches)))
        for row in done.iter_rows():
            if row["refusal"]:
                raise InputError(row["refusal"], expected="room", hint="make some, and begin again")
            yield Outcome(stretches[row["at"]], row["failure"] or None)
    finally:
        if started:
            ray.shutdown()


def _connect(ray: Any, address: str) -> None:
    try:
        ray.init(
            address=address, log_to_driver=False, include_dashboard=False, logging_level="error"
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        told = " ".join(str(error).split())[:100]
        raise InputError(
            f"{address}: no Ray cluster ({told})", expected="the address of one", hint="or local"
        ) from error


def _done(work: Work, stretches: list[Stretch], row: dict[str, Any]) -> dict[str, Any]:
    from cut2next.film import OutputError

    at = int(row["item"])
    try:
        failure = work.do(stretches[at]).failure
    except OutputError as error:
        return {"at": at, "failure": "", "refusal": error.got}
    return {"at": at, "failure": failure or "", "refusal": ""}
