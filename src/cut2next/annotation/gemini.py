"""Asks Google's Gemini, or whatever speaks its protocol, through google-genai."""

import os
from typing import TYPE_CHECKING, Any

from cut2next.annotation.address import base_address, fit_key
from cut2next.annotation.annotator import Reply
from cut2next.annotation.http_faults import MISSHAPEN, damaged, fault_of, turns_down, unreadable
from cut2next.annotation.question import Question
from cut2next.film import InputError
from cut2next.film.installation import needed

if TYPE_CHECKING:
    from google.genai import types
    from google.genai.client import AsyncClient
    from httpx2 import AsyncClient as HttpClient

GOOGLE = "https://generativelanguage.googleapis.com"
_VERSION = "v1"
KEYS = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
"""Variables of the environment, the first that is set counts."""
_NAMES = " or ".join(KEYS)
_REFUSED = frozenset(
    {
        *("SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"),
        *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION"),
        *("ESCALATION", "MODEL_ARMOR"),
    }
)
"""Ends of an answer that the same question will meet again."""
_CUT_OFF = frozenset({"MAX_TOKENS", "CONTINUATION"})
_NO_ACCOUNT = "PUP_LIMITED_DISABLED"
_SCHEMA_NAMES = ("JSON mode", "response_schema", "response_mime_type")
"""What is spoken of where a model, Gemma for one, cannot be held to a schema."""


class GeminiAnnotator:
    """One model behind Gemini's `generateContent`."""

    most_at_once: int | None = None

    def __init__(
        self, model: str, *, base_url: str | None = None, api_key: str | None = None
    ) -> None:
        """`base_url` is Google's unless given; the key comes from the environment unless given.

        Raises InputError without a key or without google-genai, or for what is no such URL.
        """
        with needed("it, to ask Gemini"):
            import google.genai  # noqa: F401
        self.model = model
        self._base_url = base_address(base_url or GOOGLE, _NAMES)
        key = api_key or next(filter(None, map(os.environ.get, KEYS)), None)
        if not key:
            raise InputError(
                f"{_NAMES} is not set", expected="a key for the server", hint=f"set {_NAMES}"
            )
        self._key = fit_key(key, _NAMES)
        self._http: HttpClient | None = None
        self._client: AsyncClient | None = None
        self._by_schema = True

    async def ask(self, question: Question[Any]) -> Reply:
        """One request; two where the model cannot be held to a schema. See `Annotator`."""
        import httpx2
        from google.genai.errors import APIError

        try:
            return _reply(await self._response(question), self.model)
        except APIError as error:
            headers = getattr(error.response, "headers", {})
            raise fault_of(error.code, error.details, headers, self.model, _NAMES) from error
        except httpx2.HTTPError as error:
            raise damaged(error) from error
        except MISSHAPEN as error:
            raise unreadable(error) from error

    async def check(self) -> None:
        """See `Annotator`."""
        from cut2next.annotation.probing import probe

        self._connected()
        assert self._http is not None
        models = f"{self._base_url}/{_VERSION}/models"
        await probe(
            self._http,
            listing=f"{models}?pageSize=1",
            asked=f"{models}/{self.model.removeprefix('models/')}:generateContent",
            headers={"x-goog-api-key": self._key},
            key_name=_NAMES,
        )

    async def _response(self, question: Question[Any]) -> "types.GenerateContentResponse":
        """The model's answer, not held to the schema where the model cannot be."""
        from google.genai.errors import APIError

        by_schema = self._by_schema
        while True:
            try:
                response = await self._connected().models.generate_content(
                    model=self.model,
                    contents=_contents(question, by_schema),
                    config=_config(question, by_schema),
                )
            except APIError as error:
                if not (by_schema and turns_down(error.code, error.details, _SCHEMA_NAMES)):
                    raise
                by_schema = False
            else:
                self._by_schema = by_schema
                return response

    async def close(self) -> None:
        """Closes the connections."""
        if self._http is not None:
            await self._http.aclose()
        self._http = self._client = None

    def _connected(self) -> "AsyncClient":
        """The SDK's client, without time-outs and retries of its own: `asking` has them."""
        if self._client is None:
            import httpx2
            from google.genai import Client, types

            from cut2next.annotation.one_origin import OneOrigin

            way = OneOrigin(self._base_url, key=self._key)
            self._http = httpx2.AsyncClient(timeout=None, transport=way)
            options = types.HttpOptions(
                base_url=self._base_url,
                api_version=_VERSION,
                httpx_async_client=self._http,
                retry_options=types.HttpRetryOptions(attempts=1),
            )
            self._client = Client(api_key=self._key, vertexai=False, http_options=options).aio
        return self._client


def _contents(question: Question[Any], by_schema: bool) -> "list[types.PartUnion]":
    from google.genai.types import Part

    stills = [
        Part.from_bytes(data=picture.data, mime_type=picture.mime) for picture in question.pictures
    ]
    return [*stills, Part.from_text(text=question.text if by_schema else question.text_with_schema)]


def _config(question: Question[Any], by_schema: bool) -> "types.GenerateContentConfig":
    from google.genai.types import GenerateContentConfig

    if not by_schema:
        return GenerateContentConfig(max_output_tokens=question.room)
    return GenerateContentConfig(
        max_output_tokens=question.room,
        response_mime_type="application/json",
        response_schema=_without_extras(question.asked_schema),
    )


def _without_extras(node: Any) -> Any:
    """A schema without `additionalProperties`, which Gemini's form of schema has no word for."""
    if isinstance(node, list):
        return [_without_extras(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_extras(item) for key, item in node.items() if key != "additionalProperties"
    }


def _reply(response: "types.GenerateContentResponse", model: str) -> Reply:
    usage, end = response.usage_metadata, _end(response)
    if end == _NO_ACCOUNT:
        raise InputError(
            f"{model}: the account is limited or disabled ({end})",
            expected="an account that may ask",
            hint="see what Google has written to its owner",
        )
    thought = (usage.thoughts_token_count or 0) if usage else 0
    return Reply(
        raw=_words(response),
        tokens_in=(usage.prompt_token_count or 0) if usage else 0,
        tokens_out=((usage.candidates_token_count or 0) if usage else 0) + thought,
        refusal=_blocked(response)
        or (f"the answer was blocked: {end}" if end in _REFUSED else None),
        cut_off=end in _CUT_OFF,
    )


def _words(response: "types.GenerateContentResponse") -> str:
    """What the first candidate says, without what it thought."""
    for candidate in response.candidates or []:
        parts = (candidate.content.parts or []) if candidate.content else []
        return "".join(part.text or "" for part in parts if not part.thought)
    return ""


def _end(response: "types.GenerateContentResponse") -> str:
    """Why the first candidate ends."""
    reasons = (candidate.finish_reason for candidate in response.candidates or [])
    return next((reason.value for reason in reasons if reason), "")


def _blocked(response: "types.GenerateContentResponse") -> str | None:
    feedback = response.prompt_feedback
    if feedback and feedback.block_reason:
        return f"the question was blocked: {feedback.block_reason.value}"
    return None
