"""Asks a vision-language model on this machine, from a folder, through transformers.

One question at a time. Nothing is fetched, unpickled or run from the folder. Models that also read
video need torchvision for that part of their processor; those are better served by vLLM or Ollama.
"""

import asyncio
import hashlib
import threading
from pathlib import Path
from typing import Any

from cut2next.annotation.annotator import Reply
from cut2next.annotation.faults import NotAccepted, Unanswered
from cut2next.annotation.question import Question
from cut2next.film import InputError, WeightsError
from cut2next.film.errors import one_line
from cut2next.film.keyframe import read_picture
from cut2next.film.model_files import check_folder
from cut2next.film.paths import opened

_MOST_ANSWER_TOKENS = 2048
"""Several times a long answer: where a model that cannot stop is stopped."""


class LocalAnnotator:
    """One model of transformers' image-text-to-text kind."""

    most_at_once: int | None = 1

    def __init__(
        self, folder: Path, *, device: str = "cpu", most_tokens: int = _MOST_ANSWER_TOKENS
    ) -> None:
        """Loads the model onto `device`; answers are cut off after `most_tokens`, then given more.

        Raises InputError for what is no such folder, WeightsError for weights that do not fit.
        """
        self.model = f"{folder.resolve().name}@{_digest(folder)}"
        self._network, self._processor = _load(folder, device)
        self._most_tokens = most_tokens
        self._busy = threading.Lock()

    async def check(self) -> None:
        """Nothing to look at: it is loaded."""

    async def ask(self, question: Question[Any]) -> Reply:
        """One answer, in a thread; given up on, it stops at the next token. See `Annotator`."""
        given_up = threading.Event()
        try:
            return await asyncio.to_thread(self._answer, question, given_up)
        finally:
            given_up.set()

    async def close(self) -> None:
        """Nothing to let go of: the model stays for the next run."""

    def _answer(self, question: Question[Any], given_up: threading.Event) -> Reply:
        """The model's most likely words."""
        import torch
        from transformers import StoppingCriteriaList

        def is_over(tokens: torch.Tensor, scores: object, **_: object) -> torch.Tensor:
            return torch.full((len(tokens),), given_up.is_set(), device=tokens.device)

        with self._busy, torch.inference_mode():
            inputs = self._inputs(question).to(self._network.device, self._network.dtype)
            length = inputs["input_ids"].shape[1]
            room = question.room or self._most_tokens
            try:
                tokens = self._network.generate(
                    **inputs,
                    do_sample=False,
                    max_new_tokens=room,
                    stopping_criteria=StoppingCriteriaList([is_over]),
                )[0, length:]
            except torch.OutOfMemoryError as error:
                raise NotAccepted("the question takes more memory than there is") from error
        raw = self._processor.decode(tokens, skip_special_tokens=True)
        return Reply(raw=raw, tokens_in=length, tokens_out=len(tokens), cut_off=len(tokens) >= room)

    def _inputs(self, question: Question[Any]) -> Any:
        """Stills and words as the model reads them; the words tell the schema as well."""
        try:
            pictures = [read_picture(picture.data, "a still") for picture in question.pictures]
        except InputError as error:
            raise Unanswered(error.got) from error
        stills = [{"type": "image", "image": picture} for picture in pictures]
        words = {"type": "text", "text": question.text_with_schema}
        talk = [{"role": "user", "content": [*stills, words]}]
        return self._processor.apply_chat_template(
            talk, tokenize=True, return_dict=True, return_tensors="pt", add_generation_prompt=True
        )


class LateAnnotator:
    """A local model that is loaded when it is first asked, which may be never."""

    most_at_once: int | None = 1

    def __init__(self, folder: Path) -> None:
        """Raises InputError for what is no such folder, WeightsError for one with other files."""
        _files(folder)
        self.model = folder.resolve().name
        self._folder = folder
        self._loaded: LocalAnnotator | None = None
        self._loading = threading.Lock()

    async def check(self) -> None:
        """Loads it. Raises WeightsError for weights that do not fit."""
        await asyncio.to_thread(self._annotator)

    async def ask(self, question: Question[Any]) -> Reply:
        """One answer, as `LocalAnnotator` gives it."""
        annotator = await asyncio.to_thread(self._annotator)
        return await annotator.ask(question)

    async def close(self) -> None:
        """Nothing to let go of: the model stays for the next question."""

    def _annotator(self) -> LocalAnnotator:
        with self._loading:
            if self._loaded is None:
                self._loaded = LocalAnnotator(self._folder)
            return self._loaded


def _files(folder: Path) -> list[Path]:
    """Those of a model. Raises InputError where there is none, WeightsError for others."""
    files = sorted([*folder.glob("*.json"), *folder.glob("*.jinja"), *folder.glob("*.safetensors")])
    if not any(file.suffix == ".safetensors" for file in files):
        raise InputError(
            f"{folder}: holds no safetensors",
            expected="the folder of a vision-language model",
            hint="download one, or name a server instead",
        )
    check_folder(folder, _refused)
    return files


def _digest(folder: Path) -> str:
    """What the folder holds: models of one name and size may still be two."""
    whole = hashlib.sha256()
    for path in _files(folder):
        with opened(path) as file:
            whole.update(path.name.encode() + hashlib.file_digest(file, "sha256").digest())
    return whole.hexdigest()[:12]


def _load(folder: Path, device: str) -> tuple[Any, Any]:
    """The network, whole, and its processor."""
    from transformers import AutoModelForImageTextToText, AutoProcessor

    safely: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
    try:
        processor = AutoProcessor.from_pretrained(folder, **safely)
        loaded: Any = AutoModelForImageTextToText.from_pretrained(
            folder, **safely, use_safetensors=True, dtype="auto", output_loading_info=True
        )
    except ImportError as error:
        raise InputError(
            f"{folder}: its processor needs more than is installed ({one_line(error, 160)})",
            expected="a model that reads stills with Pillow alone",
            hint="serve it with vLLM or Ollama, and ask that server",
        ) from error
    except Exception as error:
        raise _refused(folder, f"cannot be loaded ({one_line(error, 160)})") from error
    network, report = loaded
    if missing := sorted(report["missing_keys"]):
        raise WeightsError(
            f"{folder}: lacks {len(missing)} weights, {missing[0]} for one",
            expected="all weights of the model",
            hint="download it again",
        )
    return network.eval().to(device), processor


def _refused(path: Path, got: str) -> WeightsError:
    return WeightsError(
        f"{path}: {got}",
        expected="a vision-language model that transformers knows",
        hint="download it again, or take another",
    )
