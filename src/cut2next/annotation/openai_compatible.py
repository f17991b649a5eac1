"""Asks any server that speaks OpenAI's chat completions: OpenAI's own, vLLM, Ollama and others."""

import json
import os
from base64 import b64encode
from typing import TYPE_CHECKING, Any

from cut2next.annotation.annotator import Reply
from cut2next.annotation.faults import TryLater
from cut2next.annotation.http_faults import damaged, fault_of, unreadable
from cut2next.annotation.question import Question
from cut2next.annotation.schema import asked_schema
from cut2next.film.installation import needed

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from openai.types.chat import (
        ChatCompletion,
        ChatCompletionContentPartImageParam,
        ChatCompletionContentPartTextParam,
        ChatCompletionUserMessageParam,
    )
    from openai.types.shared_params import ResponseFormatJSONSchema

KEY = "OPENAI_API_KEY"
_NO_KEY = "none"
"""Sent where no key is set: a server at home wants none, any other says 401."""


class OpenAICompatibleAnnotator:
    """One model behind a server's `chat/completions`."""

    most_at_once: int | None = None

    def __init__(self, model: str, *, base_url: str, api_key: str | None = None) -> None:
        """`base_url` mostly ends in /v1; the key comes from the environment unless given.

        Raises InputError without the openai library.
        """
        with needed("it, to ask a server"):
            import openai  # noqa: F401
        self.model = model
        self._base_url = base_url
        self._key = api_key or os.environ.get(KEY) or _NO_KEY
        self._client: AsyncOpenAI | None = None

    async def ask(self, question: Question[Any], fault: str | None) -> Reply:
        """One request; see `Annotator`."""
        from openai import APIConnectionError, APIResponseValidationError, APIStatusError

        try:
            completion = await self._connected().chat.completions.create(
                model=self.model,
                messages=[_message(question, fault)],
                response_format=_format(question),
            )
        except APIStatusError as error:
            if error.code == "content_filter":
                return Reply(raw="", tokens_in=0, tokens_out=0, refusal=error.message)
            headers = error.response.headers
            raise fault_of(error.status_code, error.body, headers, self.model, KEY) from error
        except APIConnectionError as error:
            raise damaged(error) from error
        except (APIResponseValidationError, json.JSONDecodeError) as error:
            raise unreadable(error) from error
        return _reply(completion)

    async def close(self) -> None:
        """Closes the connections."""
        if self._client is not None:
            await self._client.close()
        self._client = None

    def _connected(self) -> "AsyncOpenAI":
        """The SDK's client, without time-outs and retries of its own: `asking` has them."""
        if self._client is None:
            from openai import AsyncOpenAI

            self._client = AsyncOpenAI(
                api_key=self._key, base_url=self._base_url, max_retries=0, timeout=None
            )
        return self._client


def _message(question: Question[Any], fault: str | None) -> "ChatCompletionUserMessageParam":
    stills: list[ChatCompletionContentPartImageParam] = [
        {
            "type": "image_url",
            "image_url": {"url": f"data:{picture.mime};base64,{b64encode(picture.data).decode()}"},
        }
        for picture in question.pictures
    ]
    words: ChatCompletionContentPartTextParam = {"type": "text", "text": question.words(fault)}
    return {"role": "user", "content": [*stills, words]}


def _format(question: Question[Any]) -> "ResponseFormatJSONSchema":
    schema = asked_schema(question.schema)
    return {
        "type": "json_schema",
        "json_schema": {"name": question.schema.__name__, "schema": schema, "strict": True},
    }


def _reply(completion: "ChatCompletion") -> Reply:
    from openai.types.chat import ChatCompletion

    if not isinstance(completion, ChatCompletion) or not completion.choices:
        raise TryLater("an answer without choices", perhaps_paid=True)
    choice, usage = completion.choices[0], completion.usage
    refusal = choice.message.refusal
    if choice.finish_reason == "content_filter":
        refusal = refusal or "the answer was blocked: content_filter"
    return Reply(
        raw=choice.message.content or "",
        tokens_in=usage.prompt_tokens if usage else 0,
        tokens_out=usage.completion_tokens if usage else 0,
        refusal=refusal,
    )
