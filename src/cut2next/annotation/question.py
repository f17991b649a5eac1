"""A question to a vision-language model: stills, words and the schema of the answer."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from io import BytesIO
from typing import Any, Generic, TypeVar

from cut2next.annotation.faults import Unanswered
from cut2next.annotation.instructions import VERSION, again, cut_instruction, shot_instruction
from cut2next.annotation.reading import Missing
from cut2next.annotation.schema import AnswerFields, CutAnswer, ShotAnswer, as_line, asked_schema
from cut2next.film import InputError
from cut2next.film.keyframe import check_picture, picture_kind, read_picture

# A guess for estimates only, as Qwen2-VL counts: a token for each 28 x 28 pixels. Others take more
# or less; English runs at about four letters a token.
_PIXELS_A_TOKEN = 28 * 28
LETTERS_A_TOKEN = 4
_ANSWER_TOKENS = 400
_QUALITY = 95

Answer = TypeVar("Answer", bound=AnswerFields)


@dataclass(frozen=True, kw_only=True)
class CutImages:
    """Two neighbouring stills to ask about, each the bytes of a PNG or JPEG file."""

    id: str
    """What the caller calls the cut; comes back with the outcome."""
    current: bytes
    next: bytes


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A still as it is sent."""

    data: bytes
    mime: str


@dataclass(frozen=True, kw_only=True)
class Question(Generic[Answer]):
    """One question, whoever is asked."""

    stills: tuple[bytes, ...]
    """As they lie in the data set."""
    text: str
    schema: type[Answer]
    largest_side: int | None = None
    """Pixels; a larger still is sent smaller. None sends it as it is."""
    fields: tuple[str, ...] | None = None
    """Of the schema, those to answer; None for all."""
    room: int | None = None
    """Tokens that the answer may take; None leaves it to whoever is asked."""

    def key(self, model: str) -> str:
        """What an answer is kept under: the same for the same question to the same model."""
        schema = as_line(asked_schema(self.schema))
        parts = (model, str(VERSION), schema, self.text, str(self.largest_side))
        # Each part by its own digest, so that no two lists of parts run together to the same.
        digests = [hashlib.sha256(part.encode()).digest() for part in parts]
        digests += [hashlib.sha256(still).digest() for still in self.stills]
        return hashlib.sha256(b"".join(digests)).hexdigest()

    def again(self, missing: Missing, room: int | None) -> "Question[Answer]":
        """This question after answers that lacked something: about what is missing alone."""
        fault = f"{missing}; it was cut off, so be brief" if room else str(missing)
        fields = tuple(missing.faults)
        text = again(self.text, fault, missing.known, fields)
        return replace(self, text=text, fields=fields, room=room)

    @property
    def asked_schema(self) -> dict[str, Any]:
        """What a server is asked to hold its answer to."""
        return asked_schema(self.schema, self.fields)

    @property
    def text_with_schema(self) -> str:
        """The words for a model that nothing else holds to the schema."""
        return f"{self.text}\n\nIts JSON schema: {as_line(self.asked_schema)}"

    @cached_property
    def pictures(self) -> tuple[Picture, ...]:
        """The stills as they are sent. Raises Unanswered for what is no PNG or JPEG."""
        return tuple(_picture(still, self.largest_side) for still in self.stills)

    @property
    def tokens_in(self) -> int:
        """Roughly what the question takes; see the constants for how rough."""
        pixels = sum(width * height for width, height in map(_size, self.pictures))
        return pixels // _PIXELS_A_TOKEN + len(self.text) // LETTERS_A_TOKEN

    @property
    def tokens_out(self) -> int:
        """Roughly what the answer takes, without any thinking aloud."""
        return self.room or _ANSWER_TOKENS


def cut_question(images: CutImages, largest_side: int | None) -> Question[CutAnswer]:
    """About both stills: who, where, what stays the same, how the cut goes."""
    return Question(
        stills=(images.current, images.next),
        text=cut_instruction(),
        schema=CutAnswer,
        largest_side=largest_side,
    )


def shot_questions(
    images: CutImages, cut: CutAnswer, largest_side: int | None
) -> tuple[Question[ShotAnswer], Question[ShotAnswer]]:
    """About each still alone, with the people whom the answer about the cut has named."""
    current, following = (
        Question(
            stills=(still,),
            text=shot_instruction(cut.characters),
            schema=ShotAnswer,
            largest_side=largest_side,
        )
        for still in (images.current, images.next)
    )
    return current, following


def _picture(still: bytes, largest_side: int | None) -> Picture:
    if (kind := picture_kind(still)) is None:
        raise Unanswered("a still is neither PNG nor JPEG")
    picture = Picture(data=still, mime=f"image/{kind}")
    try:
        side = max(_size(picture))
        if largest_side is None or side <= largest_side:
            return picture
        return _smaller(still, largest_side)
    except InputError as error:
        raise Unanswered(error.got) from error


def _smaller(still: bytes, largest_side: int) -> Picture:
    small = read_picture(still, "a still")
    small.thumbnail((largest_side, largest_side))
    packed = BytesIO()
    small.save(packed, format="JPEG", quality=_QUALITY)
    return Picture(data=packed.getvalue(), mime="image/jpeg")


def _size(picture: Picture) -> tuple[int, int]:
    """Width and height by the header."""
    return check_picture(picture.data, "a still")
