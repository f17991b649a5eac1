"""ComfyUI's own server over HTTP: a picture up, a workflow into the queue, a picture back.

As its `server.py` has it: `POST /upload/image`, `POST /prompt`, then `GET /history/ID` until that
is there, `GET /view`. What nobody waits for any more is taken out of the queue, or interrupted. One
origin, no redirection, bounded answers, by `annotation/one_origin.py`. It knows no brief.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

from cut2next.annotation.address import address_parts
from cut2next.film import Cut2NextError, InputError
from cut2next.film.errors import one_line
from cut2next.film.installation import needed
from cut2next.makers.comfyui_workflow import Graph
from cut2next.makers.exchange import Answer, connection_faults, waited_for
from cut2next.makers.maker import MakerError

if TYPE_CHECKING:
    import httpx2

    Client = httpx2.AsyncClient

LOCAL = "http://127.0.0.1:8188"
"""Where ComfyUI listens unless it is told otherwise."""
FOLDER = "cut2next"
"""Of current shots, within the server's folder of inputs."""
_FIRST_GLANCE = 0.05
_FAREWELL = 2.0
"""Seconds that taking something out of the queue may last."""


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long, and how much."""

    wait: float = 580.0
    """Seconds for one picture, its time in the queue included: a little less than the bench and the
    studio wait, so that what takes too long does not stay in the queue."""
    answer: float = 60.0
    """Seconds for one answer."""
    glance: float = 0.5
    """Seconds between two looks, at most."""
    most_bytes: int = 2**28
    """Of an answer."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """What is asked of the server once."""

    picture: bytes
    """The PNG of the current shot."""
    graph: Callable[[str], Graph]
    """The workflow, by the name under which the server has that picture."""
    chosen: Callable[[Mapping[str, Any]], Mapping[str, str]]
    """Of what its nodes gave, by their ids, the picture that is wanted: `filename`, `subfolder`,
    `type`. Raises MakerError where there is none."""


class _Stopped(Exception):
    """Nobody wants it any more."""


class ComfyServer:
    """One of them."""

    def __init__(self, url: str, patience: Patience) -> None:
        """Nothing is asked yet. Raises InputError for what is no URL, or holds a password."""
        with needed("it, to ask a server"):
            import httpx2  # noqa: F401
        parts = address_parts(url, f"for example {LOCAL}")
        if parts.query or parts.fragment:
            raise InputError(
                "a server's address with ? or # in it",
                expected=f"what its addresses begin with, as {LOCAL}",
                hint="leave that out",
            )
        self.url, self._patience = url.rstrip("/"), patience
        self.origin = f"{parts.scheme}://{parts.netloc}"

    def check(self) -> None:
        """Looks whether it is there. Raises InputError otherwise."""
        try:
            with connection_faults(self._late()):
                waited_for(self._looked())
        except MakerError as error:
            raise InputError(
                f"{self.url}: {error.got}",
                expected="ComfyUI's server",
                hint=f"start it, or name it: ?server={LOCAL}",
            ) from error

    def made(self, job: Job, goes_on: Callable[[], bool]) -> bytes | None:
        """The file of the picture; None once it does not go on. Raises MakerError."""
        with connection_faults(self._late()):
            return waited_for(self._made(job, goes_on))

    async def _looked(self) -> None:
        async with self._client() as client:
            told = await self._json(client, "GET", "/system_stats")
            if not isinstance(told.get("system"), dict):
                raise _unfit("it does not answer as ComfyUI")

    async def _made(self, job: Job, goes_on: Callable[[], bool]) -> bytes | None:
        async with self._client() as client:
            id = await self._queued(client, job.graph(await self._uploaded(client, job.picture)))
            try:
                async with asyncio.timeout(self._patience.wait):
                    outputs = await self._awaited(client, id, goes_on)
            except BaseException as error:
                await self._withdraw(client, id)
                if isinstance(error, _Stopped):
                    return None
                raise
            place = job.chosen(outputs)
            return (await self._asked(client, "GET", "/view", params=dict(place))).body

    async def _uploaded(self, client: "Client", picture: bytes) -> str:
        """The name under which the server has it; the same for the same picture."""
        file = f"{sha256(picture).hexdigest()[:32]}.png"
        told = await self._json(
            client,
            "POST",
            "/upload/image",
            data={"subfolder": FOLDER, "type": "input"},
            files={"image": (file, picture, "image/png")},
        )
        name, folder = told.get("name"), told.get("subfolder")
        if not isinstance(name, str) or not isinstance(folder, str):
            raise _unfit("it does not say where it keeps a picture")
        return f"{folder}/{name}" if folder else name

    async def _queued(self, client: "Client", graph: Graph) -> str:
        """Its number in the queue. Raises MakerError in the server's words where it is refused."""
        body = json.dumps({"prompt": graph, "client_id": uuid4().hex})
        answer = await self._answered(
            client,
            "POST",
            "/prompt",
            content=body,
            headers={"content-type": "application/json"},
        )
        if answer.status == 400:
            raise _refusal(_read(answer))
        told = _read(_successful(answer))
        id = told.get("prompt_id")
        if not isinstance(id, str):
            raise _unfit("it does not say what it calls what it was asked")
        if told.get("node_errors"):
            # It would run what is left of the workflow, and a preview be taken for the picture.
            await self._withdraw(client, id)
            raise _refusal(told)
        return id

    async def _awaited(
        self, client: "Client", id: str, goes_on: Callable[[], bool]
    ) -> Mapping[str, Any]:
        """What its nodes gave, once all is done. Raises MakerError where it failed or is gone."""
        pause = _FIRST_GLANCE
        while (entry := await self._entry(client, id)) is None:
            if not goes_on():
                raise _Stopped
            await asyncio.sleep(pause)
            pause = min(2 * pause, self._patience.glance)
            if not await self._is_queued(client, id):
                # It may have ended between the two looks.
                entry = await self._entry(client, id)
                break
        if entry is None:
            raise MakerError(
                "it was taken out of the queue", expected="a picture", hint="ask again"
            )
        _check(entry)
        outputs = entry.get("outputs")
        return outputs if isinstance(outputs, dict) else {}

    async def _entry(self, client: "Client", id: str) -> Mapping[str, Any] | None:
        """What its history says of it; None while that says nothing."""
        entry = (await self._json(client, "GET", f"/history/{quote(id, safe='')}")).get(id)
        return entry if isinstance(entry, dict) else None

    async def _is_queued(self, client: "Client", id: str) -> bool:
        queue = await self._json(client, "GET", "/queue")
        return any(id in _ids(queue.get(name)) for name in ("queue_running", "queue_pending"))

    async def _withdraw(self, client: "Client", id: str) -> None:
        """Takes it out of the queue, or interrupts it; as far as the server is there."""
        with suppress(Cut2NextError, TimeoutError, *_broken()):
            async with asyncio.timeout(_FAREWELL):
                # Before it is looked for, lest it begin in between.
                await self._asked(client, "POST", "/queue", json={"delete": [id]})
                queue = await self._json(client, "GET", "/queue")
                # An older server interrupts whatever runs, so it is asked only if that is ours.
                if id in _ids(queue.get("queue_running")):
                    await self._asked(client, "POST", "/interrupt", json={"prompt_id": id})

    async def _json(self, client: "Client", method: str, path: str, **more: Any) -> dict[str, Any]:
        return _read(await self._asked(client, method, path, **more))

    async def _asked(self, client: "Client", method: str, path: str, **more: Any) -> Answer:
        return _successful(await self._answered(client, method, path, **more))

    async def _answered(self, client: "Client", method: str, path: str, **more: Any) -> Answer:
        try:
            async with asyncio.timeout(self._patience.answer):
                response = await client.request(method, self.url + path, **more)
        except TimeoutError as error:
            raise MakerError(
                f"no whole answer within {self._patience.answer:g} s at {path}",
                expected="one",
                hint="look what the server does",
            ) from error
        return Answer(response.status_code, response.headers, response.content)

    def _client(self) -> "Client":
        import httpx2

        from cut2next.annotation.one_origin import OneOrigin

        way = OneOrigin(self.url, key=None, most_bytes=self._patience.most_bytes)
        return httpx2.AsyncClient(timeout=None, transport=way)

    def _late(self) -> MakerError:
        return MakerError(
            f"no picture within {self._patience.wait:g} s",
            expected="one",
            hint="?wait=SECONDS waits longer; this one was taken out of the queue",
        )


def _broken() -> tuple[type[Exception], ...]:
    """What a connection that fails raises."""
    import httpx2

    return httpx2.HTTPError, httpx2.InvalidURL


def _successful(answer: Answer) -> Answer:
    if answer.status == 200:
        return answer
    said = one_line(answer.text, 80)
    raise _unfit(f"it says {answer.status}" + (f" ({said})" if said else ""))


def _read(answer: Answer) -> dict[str, Any]:
    try:
        told = json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise _unfit(f"an answer that is no JSON ({one_line(answer.text, 60)})") from error
    return told if isinstance(told, dict) else {}


def _ids(items: Any) -> list[Any]:
    """Of what is in a queue: each is a list, whose second is its id."""
    listed = items if isinstance(items, list) else []
    return [item[1] for item in listed if isinstance(item, list) and len(item) > 1]


def _refusal(told: Mapping[str, Any]) -> MakerError:
    """Why a workflow is not taken: of its first faulty node, else of the whole."""
    nodes = told.get("node_errors")
    for id, node in (nodes if isinstance(nodes, dict) else {}).items():
        faults = node.get("errors") if isinstance(node, dict) else None
        for fault in faults if isinstance(faults, list) else ():
            return _faulty(f"{_node(id, node.get('class_type'))}: {_words(fault)}")
    return _faulty(f"the workflow is refused ({_words(told.get('error'))})")


def _check(entry: Mapping[str, Any]) -> None:
    """Raises MakerError for what failed or was interrupted."""
    status = entry.get("status")
    if not isinstance(status, dict) or status.get("status_str") != "error":
        return
    messages = status.get("messages")
    for message in messages if isinstance(messages, list) else ():
        match message:
            case ["execution_error", {"node_id": id, "node_type": kind, **fault}]:
                said = one_line(fault.get("exception_message") or "it does not say why")
                raise _faulty(f"{_node(id, kind)}: {said}")
            case ["execution_interrupted", {"node_id": id, "node_type": kind}]:
                raise MakerError(
                    f"interrupted at {_node(id, kind)}", expected="a picture", hint="ask again"
                )
    raise _faulty("it failed, and does not say why")


def _words(fault: Any) -> str:
    """A fault's message and details."""
    if not isinstance(fault, dict):
        return one_line(fault or "it does not say why")
    said = (str(fault.get(name) or "").strip().rstrip(".") for name in ("message", "details"))
    return one_line(": ".join(text for text in said if text))


def _node(id: Any, kind: Any) -> str:
    return f"node {one_line(id, 20)} ({one_line(kind, 60)})"


def _faulty(got: str) -> MakerError:
    return MakerError(
        got, expected="a workflow that runs there", hint="run it in ComfyUI, and export it again"
    )


def _unfit(got: str) -> MakerError:
    return MakerError(got, expected="ComfyUI's own protocol", hint="check the server's address")
