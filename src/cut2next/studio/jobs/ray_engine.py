"""The engine of several machines: a Ray Serve deployment, each replica with a process of its own.

What a replica runs is the engine of its machine, so that makers load, tell, stop and end there as
they do here. A maker's folders and files must be on every machine of the cluster.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from cut2next.film import Cut2NextError, InputError
from cut2next.film.errors import one_line
from cut2next.film.installation import needed
from cut2next.makers.maker import MakerError
from cut2next.makers.named import MakerChoice
from cut2next.studio.jobs.engine import MakerEnded, StepTold
from cut2next.studio.jobs.local import LocalEngine
from cut2next.studio.store.job import Job

_NAME = "cut2next-studio"


class Replica:
    """One device, wherever in the cluster that is."""

    def __init__(self, makers: Mapping[str, MakerChoice], patience: float) -> None:
        self._engine = LocalEngine(makers, patience=patience)

    async def make(
        self, job: Job, pictures: Sequence[bytes]
    ) -> AsyncIterator[tuple[int, int] | bytes | Cut2NextError]:
        """How far it is, as it goes, and last the PNG, or why there is none."""
        told: asyncio.Queue[tuple[int, int] | None] = asyncio.Queue()
        making = asyncio.create_task(
            self._engine.run(job, pictures, lambda *far: told.put_nowait(far))
        )
        making.add_done_callback(lambda _: told.put_nowait(None))
        try:
            while (far := await told.get()) is not None:
                yield far
            try:
                yield making.result()
            except Cut2NextError as error:
                yield error
        finally:  # whoever asked may have gone
            making.cancel()
            await asyncio.wait([making])


class RayEngine:
    """Runs jobs on a cluster, as many at a time as it has replicas; begun with the first."""

    def __init__(
        self,
        makers: Mapping[str, MakerChoice],
        *,
        devices: int = 1,
        patience: float = 600.0,
        address: str | None = None,
    ) -> None:
        """`devices` are replicas; an address of None begins a cluster here.

        Raises InputError where Ray is not installed.
        """
        with needed("it, for --engine ray", "ray"):
            import ray
            import ray.serve  # noqa: F401
        self.devices = devices
        self._makers, self._patience = dict(makers), patience
        self._address = address or "local"
        self._handle: Any = None
        self._beginning = asyncio.Lock()

    async def run(self, job: Job, pictures: Sequence[bytes], step: StepTold) -> bytes:
        """See `Engine`."""
        async with self._beginning:
            if self._handle is None:
                self._handle = await asyncio.to_thread(self._begun)
        answers = self._handle.options(stream=True).make.remote(job, pictures)
        try:
            async for answer in answers:
                if isinstance(answer, bytes):
                    return answer
                if isinstance(answer, Cut2NextError):
                    raise answer
                step(*answer)
        except asyncio.CancelledError:
            answers.cancel()
            raise
        except Cut2NextError:
            raise
        except Exception as error:  # a replica, or its machine, has gone
            raise MakerEnded(
                f"a replica ended ({one_line(error, 100)})",
                expected="a picture",
                hint="look at the cluster",
            ) from error
        raise MakerError("a replica made nothing", expected="a picture", hint="look at the cluster")

    async def close(self) -> None:
        """Ends what it began."""
        if self._handle is not None:
            await asyncio.to_thread(_ended)
            self._handle = None

    def _begun(self) -> Any:
        """The deployment. Raises InputError where no cluster answers."""
        import ray
        from ray import serve

        try:
            ray.init(
                address=self._address,
                log_to_driver=False,
                include_dashboard=False,
                logging_level=logging.ERROR,
                ignore_reinit_error=True,
            )
        except (OSError, RuntimeError, ValueError) as error:
            raise InputError(
                f"{self._address}: no Ray cluster ({one_line(error, 100)})",
                expected="the address of one",
                hint="leave it out to begin one here",
            ) from error
        resources = ray.cluster_resources()  # type: ignore[no-untyped-call]
        deployed = serve.deployment(
            num_replicas=self.devices,
            max_ongoing_requests=1,
            ray_actor_options={"num_cpus": 0.5, "num_gpus": cards_each(resources, self.devices)},
        )(Replica)
        # Jobs come from here alone: no port is opened for them.
        serve.start(http_options={"location": "NoServer"})
        return serve.run(deployed.bind(self._makers, self._patience), name=_NAME, route_prefix=None)


def cards_each(resources: Mapping[str, float], replicas: int) -> float:
    """How many cards of a cluster a replica asks for: Ray hides all but those from it.

    One; a share where there are fewer cards than replicas, and none where there are none.
    """
    return min(1.0, resources.get("GPU", 0.0) / replicas)


def _ended() -> None:
    import ray
    from ray import serve

    with suppress(Exception):  # a cluster that has gone has nothing left to end
        serve.delete(_NAME)
        serve.shutdown()  # type: ignore[no-untyped-call]
    ray.shutdown()
