"""Answers that may be long: made in a thread, since an event loop has everybody to serve."""

import asyncio
from collections.abc import Callable
from typing import Any

from fastapi.responses import JSONResponse


async def written(tell: Callable[[], Any]) -> JSONResponse:
    """What is told, as JSON; both in a thread, so `tell` may read and reckon too."""
    return await asyncio.to_thread(lambda: JSONResponse(tell()))
