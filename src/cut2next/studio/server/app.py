"""The studio as a web application, and what serves it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.responses import Response

from cut2next import __version__
from cut2next.annotation.annotator import Annotator
from cut2next.makers.named import MakerChoice
from cut2next.pages.access import Refusal
from cut2next.pages.serving import Doorkeeper
from cut2next.studio.continuity import Continuity
from cut2next.studio.jobs.dispatcher import Dispatcher
from cut2next.studio.jobs.engine import Engine
from cut2next.studio.server import (
    board_routes,
    edits_routes,
    exchange_routes,
    film_routes,
    job_routes,
    picture_routes,
    suggest_routes,
    words_routes,
)
from cut2next.studio.server.door import HEADERS, BodyLimit, StudioDoor
from cut2next.studio.server.events import Hub
from cut2next.studio.server.faults import RESPONSES, add_faults, answer
from cut2next.studio.server.files import add_files
from cut2next.studio.server.films import Films
from cut2next.studio.server.services import Services
from cut2next.studio.store import Store

_ROUTERS = (
    board_routes.router,
    job_routes.router,
    picture_routes.router,
    film_routes.router,
    exchange_routes.router,
    suggest_routes.router,
    edits_routes.router,
    words_routes.router,
)
_FAREWELL = 5
"""Seconds that requests have to end in once the server is to stop."""


class StudioServer(uvicorn.Server):
    """A server that lets those who listen or wait go when it is to stop, else none would."""

    def __init__(self, app: FastAPI, closing: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                log_level="error",
                access_log=False,
                server_header=False,
                ws="none",
                timeout_graceful_shutdown=_FAREWELL,
            )
        )
        self._closing = closing
        self.stopped_by: int | None = None
        """The signal that ended it."""

    def stop(self) -> None:
        """Ends `run` soon; to be called on the server's own thread, or by a signal."""
        self.should_exit = True
        self._closing()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Notes a signal, which uvicorn would raise again before the board is closed."""
        self.force_exit = self.stopped_by is not None
        self.stopped_by = sig
        self.stop()


def furnished(
    store: Store,
    engine: Engine,
    makers: Mapping[str, MakerChoice],
    cache: Path,
    *,
    films: Path | None = None,
    annotator: Annotator | None = None,
) -> Services:
    """The services over a store and an engine.

    `films` is a folder to pick frames from; `annotator` is asked for suggestions.
    """
    hub = Hub(store)
    dispatcher = Dispatcher(store, engine, told=hub.job, changed=hub.change)
    return Services(
        store=store,
        dispatcher=dispatcher,
        hub=hub,
        makers=makers,
        cache=cache,
        films=Films(store.folder / "films", films),
        continuity=Continuity(cache),
        annotator=annotator,
    )


def app_of(
    services: Services,
    engine: Engine,
    door: StudioDoor,
    *,
    page: bool = True,
    study: FastAPI | None = None,
    curation: APIRouter | None = None,
) -> FastAPI:
    """The application; `page` is left out where the server stands alone.

    `study` is CutBench's, mounted below /study/; `curation` is of a set of cuts, below /curate/: a
    module of its own, since it loads what reads cuts.
    """
    app = FastAPI(
        title="cut2next studio",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
        lifespan=_living(services, engine),
        responses=RESPONSES,
    )
    app.state.services = services
    for router in _ROUTERS:
        app.include_router(router)
    if study is not None:
        app.mount("/study", study)
    if curation is not None:
        app.include_router(curation, prefix="/curate")
    if page:
        rooms = {"study": study, "curate": curation}
        open_rooms = [name for name, room in rooms.items() if room is not None]
        add_files(app, title=services.store.board.title, rooms=open_rooms)
    add_faults(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(Doorkeeper, door=door, headers=HEADERS, refused=_refused)
    return app


def _living(
    services: Services, engine: Engine
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Jobs are made as long as the application lives, and whatever that began ends with it."""

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        jobs = asyncio.create_task(services.dispatcher.run())
        try:
            yield
        finally:
            services.hub.close()
            jobs.cancel()
            await asyncio.gather(asyncio.wait([jobs]), engine.close())
            await asyncio.to_thread(services.continuity.close)

    return living


def server_of(app: FastAPI, services: Services) -> StudioServer:
    """What serves it; `run(sockets=[...])` goes on until somebody stops the process."""
    return StudioServer(app, services.let_go)


def _refused(refusal: Refusal) -> Response:
    return answer(refusal.status, refusal.words)
