"""Asks any server that speaks OpenAI's chat completions: OpenAI's own, vLLM, Ollama and others."""

import os
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cut2next.annotation.address import base_address, fit_key
from cut2next.annotation.annotator import Reply
from cut2next.annotation.faults import TryLater
from cut2next.annotation.http_faults import (
    MISSHAPEN,
    UNFIT,
    damaged,
    fault_of,
    turns_down,
    unreadable,
)
from cut2next.annotation.question import Question
from cut2next.film.installation import needed

if TYPE_CHECKING:
    from httpx2 import AsyncClient as HttpClient
    from openai import APIStatusError, AsyncOpenAI
    from openai.types.chat import ChatCompletion

KEY = "OPENAI_API_KEY"
_NO_KEY = "none"
"""Sent where no key is set: a server at home wants none, any other says 401."""

_FORMATS = ("json_schema", "json_object", "text")
"""How a server is asked to hold an answer to the schema, the best first; the last is not at all."""
_ROOMS = ("max_tokens", "max_completion_tokens")
"""What servers call the room for an answer; OpenAI's own thinking models know the second only."""
_CUT_OFF = ("length", "model_length", "max_tokens")


class OpenAICompatibleAnnotator:
    """One model behind a server's `chat/completions`."""

    most_at_once: int | None = None

    def __init__(self, model: str, *, base_url: str, api_key: str | None = None) -> None:
        """`base_url` mostly ends in /v1; the key comes from the environment unless given.

        Raises InputError without the openai library, or for what is no such URL.
        """
        with needed("it, to ask a server"):
            import openai  # noqa: F401
        self.model = model
        self._base_url = base_address(base_url, KEY)
        self._key = fit_key(api_key or os.environ.get(KEY) or _NO_KEY, KEY)
        self._http: HttpClient | None = None
        self._client: AsyncOpenAI | None = None
        self._formats: Sequence[str] = _FORMATS
        self._rooms: Sequence[str] = _ROOMS

    async def ask(self, question: Question[Any]) -> Reply:
        """One request, and others where the server lacks what it asks for; see `Annotator`."""
        from openai import APIConnectionError, APIResponseValidationError, APIStatusError

        try:
            return _reply(await self._completion(question))
        except APIStatusError as error:
            if error.code == "content_filter":
                return Reply(raw="", tokens_in=0, tokens_out=0, refusal=error.message)
            headers = error.response.headers
            raise fault_of(error.status_code, error.body, headers, self.model, KEY) from error
        except APIConnectionError as error:
            raise damaged(error) from error
        except (APIResponseValidationError, *MISSHAPEN) as error:
            raise unreadable(error) from error

    async def check(self) -> None:
        """See `Annotator`."""
        from cut2next.annotation.probing import probe

        self._connected()
        assert self._http is not None
        await probe(
            self._http,
            listing=f"{self._base_url}/models",
            asked=f"{self._base_url}/chat/completions",
            headers={"Authorization": f"Bearer {self._key}"},
            key_name=KEY,
        )

    async def _completion(self, question: Question[Any]) -> "ChatCompletion":
        """The server's answer; what it turned down before it answered is not asked of it again.

        Not every server says what it will not have, so a form is given up at any such refusal.
        """
        from openai import APIStatusError

        formats, rooms, first = self._formats, self._rooms, None
        while True:
            try:
                completion: ChatCompletion = await self._connected().chat.completions.create(
                    model=self.model, **_request(question, formats[0], rooms[0])
                )
            except APIStatusError as error:
                first = first or error
                if len(rooms) > 1 and turns_down(error.status_code, error.body, rooms[:1]):
                    rooms = rooms[1:]
                elif len(formats) > 1 and _is_unfit(error):
                    formats = formats[1:]
                else:
                    raise first from None
            else:
                self._formats, self._rooms = formats, rooms
                return completion

    async def close(self) -> None:
        """Closes the connections."""
        if self._http is not None:
            await self._http.aclose()
        self._http = self._client = None

    def _connected(self) -> "AsyncOpenAI":
        """The SDK's client, without time-outs and retries of its own: `asking` has them."""
        if self._client is None:
            import httpx2
            from openai import AsyncOpenAI

            from cut2next.annotation.one_origin import OneOrigin

            way = OneOrigin(self._base_url, key=self._key)
            self._http = httpx2.AsyncClient(timeout=None, transport=way)
            self._client = AsyncOpenAI(
                api_key=self._key,
                base_url=self._base_url,
                max_retries=0,
                timeout=None,
                http_client=self._http,
            )
        return self._client


def _is_unfit(error: "APIStatusError") -> bool:
    """Whether the form of a request may be why it was turned down."""
    return error.status_code in UNFIT and error.code != "content_filter"


def _request(question: Question[Any], form: str, room: str) -> dict[str, Any]:
    """Stills, words, the form of the answer, and the room for it under the name it goes by."""
    stills = [
        {
            "type": "image_url",
            "image_url": {"url": f"data:{picture.mime};base64,{b64encode(picture.data).decode()}"},
        }
        for picture in question.pictures
    ]
    words = question.text if form == "json_schema" else question.text_with_schema
    message = {"role": "user", "content": [*stills, {"type": "text", "text": words}]}
    request: dict[str, Any] = {"messages": [message]}
    if form != "text":
        request["response_format"] = {"type": form}
    if form == "json_schema":
        schema = {"name": question.schema.__name__, "schema": question.asked_schema, "strict": True}
        request["response_format"][form] = schema
    return request if question.room is None else {**request, room: question.room}


def _reply(completion: "ChatCompletion") -> Reply:
    from openai.types.chat import ChatCompletion

    if not isinstance(completion, ChatCompletion) or not completion.choices:
        raise TryLater("an answer without choices", perhaps_paid=True)
    choice, usage = completion.choices[0], completion.usage
    refusal = choice.message.refusal
    end: str = choice.finish_reason  # servers have words of their own
    if end == "content_filter":
        refusal = refusal or "the answer was blocked: content_filter"
    return Reply(
        raw=choice.message.content or "",
        tokens_in=usage.prompt_tokens if usage else 0,
        tokens_out=usage.completion_tokens if usage else 0,
        refusal=refusal,
        cut_off=end in _CUT_OFF,
    )
