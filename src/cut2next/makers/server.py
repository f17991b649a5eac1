"""Any server that speaks OpenAI's `/v1/images/edits`, by its URL: OpenAI, vLLM-Omni, LocalAI.

The picture goes up as multipart, a picture comes back as base64 or by a URL on the same origin. The
key, from OPENAI_API_KEY, goes to the origin that was named and nowhere else. What the server has
worked on is not asked again, since it may be paid for; what it turned away for now is, when it
says.
"""

import re
import time
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from math import log
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from PIL import Image

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.fields import check_fields
from cut2next.generation.framing import Size
from cut2next.makers.exchange import Answer, Exchange, Limits
from cut2next.makers.maker import Asked, Brief, Made, MakerError, brought_to
from cut2next.makers.picture_bytes import picture_of, png_of
from cut2next.makers.settings import read_settings
from cut2next.makers.wording import plain, sentences, technique

SIZES: Mapping[str, Sequence[Size]] = {
    # As OpenAI's documentation lists them for GPT Image models; others make any size.
    "gpt-image": (Size(1024, 1024), Size(1536, 1024), Size(1024, 1536)),
    "chatgpt-image": (Size(1024, 1024), Size(1536, 1024), Size(1024, 1536)),
}
"""What models make, by how their names begin."""
AUTO = "auto"
_SIZE = re.compile(r"[1-9][0-9]{0,4}x[1-9][0-9]{0,4}")
_SERVER = re.compile(r"https?://[^\s,'\"]+", re.IGNORECASE)
_STEP = 16
"""Pixels that sides are multiples of where a server makes any size."""


def words(brief: Brief, *, relation: bool = True) -> str:
    """An instruction in plain sentences: nobody knows what model reads it.

    The prompt of the current shot is left out: the model sees that picture.
    """
    how = technique(brief.patterns)
    return sentences(
        "The picture is a shot of a film. Make the next shot of the same scene"
        f"{f', after {how}' if how else ''}.",
        f"It shows: {plain(brief.prompt.next.text)}",
        plain(brief.prompt.relational.text) if relation else "",
        "Same people, clothes, place, light and style; a photographic film still without text.",
    )


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """What a server is asked for beside the words."""

    model: str = ""
    """Empty where it has one model only."""
    size: str = ""
    """WIDTHxHEIGHT, or "auto" where the server shall choose; else what is likely for the model."""
    relation: bool = True

    def __post_init__(self) -> None:
        check_fields(self)
        if self.size not in ("", AUTO) and not _SIZE.fullmatch(self.size):
            raise InputError(
                f"size {self.size!r}", expected="WIDTHxHEIGHT, or auto", hint="for example 1024x576"
            )


class ServerMaker:
    """One model behind a server's `images/edits`."""

    def __init__(
        self,
        url: str,
        settings: ServerSettings | None = None,
        *,
        key: str | None = None,
        limits: Limits | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Nothing is asked yet. Raises InputError for what is no such URL.

        `url` is the whole one, or ends in /v1.
        """
        self.settings = settings or ServerSettings()
        self._exchange = Exchange(url, key=key, limits=limits or Limits(), sleep=sleep)
        self._optional = ["seed", "response_format"]
        if _sizes(self.settings.model):
            self._optional = []  # OpenAI's own know neither

    def check(self) -> None:
        """Looks whether there is such a server, for no money. Raises InputError otherwise."""
        self._exchange.check()

    def make(self, briefs: Sequence[Brief]) -> Iterator[Made]:
        """See `Maker`."""
        return map(self._made, briefs)

    def _made(self, brief: Brief) -> Made:
        asked, said = self._size(brief.size), words(brief, relation=self.settings.relation)
        form = {"prompt": said, "size": str(asked), "n": "1", "model": self.settings.model}
        form |= {"seed": str(brief.seed), "response_format": "b64_json"}
        try:
            answer = self._answer({k: v for k, v in form.items() if v}, png_of(brief.current))
            first = _first(answer)
            picture = _checked(picture_of(self._bytes(first), _unfit), asked)
        except MakerError as error:
            told = error.got.removeprefix(f"{self._exchange.origin}: ")
            got = f"{self._exchange.origin} at {brief.name}: {told}"
            raise MakerError(got, expected=error.expected, hint=error.hint) from error
        return Made(
            picture=brought_to(picture, brief.size),
            asked=self._asked(brief, said, picture, first),
        )

    def _answer(self, fields: Mapping[str, str], image: bytes) -> Answer:
        """The server's; what it turned down by name is not sent again."""
        while True:
            turned_down = {"seed", "response_format"}.difference(self._optional)
            sent = {name: text for name, text in fields.items() if name not in turned_down}
            answer = self._exchange.post(sent, {"image": ("current.png", image, "image/png")})
            left = [name for name in self._optional if not answer.turns_down(name)]
            if left == self._optional:
                return answer.checked(self.settings.model or "the server's model")
            self._optional = left

    def _size(self, wanted: tuple[int, int]) -> Size | str:
        """What is asked for: of the sizes that a model makes, the one of the nearest shape."""
        if self.settings.size == AUTO:
            return AUTO
        if self.settings.size:
            return Size(*map(int, self.settings.size.split("x")))
        shape = wanted[0] / wanted[1]
        if sizes := _sizes(self.settings.model):
            return min(sizes, key=lambda size: abs(log(size.width / size.height / shape)))
        return Size(*(max(_STEP, round(side / _STEP) * _STEP) for side in wanted))

    def _bytes(self, first: Mapping[str, Any]) -> bytes:
        encoded, url = first.get("b64_json"), first.get("url")
        if isinstance(encoded, str):
            try:
                return b64decode(encoded, validate=True)
            except (NoBase64, ValueError) as error:
                raise _unfit("base64 that is damaged") from error
        if isinstance(url, str):
            return self._exchange.fetch(url)
        raise _unfit("an answer with neither b64_json nor a url")

    def _asked(
        self, brief: Brief, said: str, picture: Image.Image, first: Mapping[str, Any]
    ) -> Asked:
        settings: dict[str, Any] = {
            "url": self._exchange.address,
            "model": self.settings.model,
            "relational prompt": self.settings.relation,
        }
        if isinstance(rewritten := first.get("revised_prompt"), str) and rewritten:
            settings["rewritten"] = rewritten
        seed = brief.seed if "seed" in self._optional else None
        return Asked(words=said, size=picture.size, seed=seed, settings=settings)


def server_named(text: str) -> ServerMaker:
    """The maker at a URL, whose query may hold settings of ours beside what is the server's.

    For example `https://host/v1/images/edits?model=klein&size=1024x576`. Raises InputError for what
    is no such URL or setting.
    """
    parts = urlsplit(text)
    query = parse_qsl(parts.query, keep_blank_values=True)
    ours = {field.name for field in fields(ServerSettings)}
    told = {name: value for name, value in query if name in ours}
    theirs = urlencode([pair for pair in query if pair[0] not in ours])
    url = parts._replace(query=theirs).geturl()
    return ServerMaker(url, read_settings(ServerSettings, told))


def told_of(text: str) -> str:
    """A text with URLs of servers, as others may read it.

    Of a query only what is ours is told: the rest, a key perhaps, is nobody's business.
    """
    return _SERVER.sub(lambda found: _told_of_url(found[0]), text)


def _told_of_url(url: str) -> str:
    address, question, query = url.partition("?")
    ours = {field.name for field in fields(ServerSettings)}
    pairs = (pair.partition("=") for pair in query.split("&"))
    told = (f"{name}{equals}{value if name in ours else '…'}" for name, equals, value in pairs)
    return address + question + ("&".join(told) if query else "")


def _sizes(model: str) -> Sequence[Size]:
    return next((sizes for begin, sizes in SIZES.items() if model.startswith(begin)), ())


def _first(answer: Answer) -> Mapping[str, Any]:
    """What is told of the first picture."""
    data = answer.json().get("data")
    first = data[0] if isinstance(data, list) and data else None
    if not isinstance(first, dict):
        raise _unfit("an answer without a picture")
    return first


def _checked(picture: Image.Image, size: Size | str) -> Image.Image:
    """Itself, unless it is of another size than was asked for."""
    if size not in (AUTO, picture.size):
        raise MakerError(
            f"a picture of {picture.width}x{picture.height}",
            expected=f"{size}, as was asked",
            hint="name a size that it makes (size=1024x1024), or size=auto for any",
        )
    return picture


def _unfit(got: str) -> MakerError:
    return MakerError(
        one_line(got),
        expected="a picture as b64_json, or its url on the same server",
        hint="check the URL, and that the server speaks OpenAI's images/edits",
    )
