"""The page: its files as they lie in the package, read once."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import Response

PAGE = Path(__file__).parent.parent / "page"
_KINDS: Mapping[str, str] = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
_TEMPLATE = ".j2"


def add_files(app: FastAPI, **facts: object) -> None:
    """Every file of the page under its own path; `facts` are what its template is told."""
    for path in sorted(PAGE.rglob("*")):
        name = "/" + path.relative_to(PAGE).as_posix()
        if path.suffix in _KINDS:
            app.get(name, include_in_schema=False)(_sending(path.read_bytes(), _KINDS[path.suffix]))
    if (index := PAGE / f"index.html{_TEMPLATE}").is_file():
        page = _rendered(index, facts)
        app.get("/", include_in_schema=False)(_sending(page, "text/html"))


def _rendered(path: Path, facts: Mapping[str, object]) -> bytes:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined)
    return environment.from_string(path.read_text("utf-8")).render(facts).encode()


def _sending(content: bytes, kind: str) -> Callable[[], Awaitable[Response]]:
    async def send() -> Response:
        return Response(content, media_type=kind)

    return send
