"""Foreign JSON read by a schema, one fault told in one line; digests of the files it names."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import PICTURE, read_bytes
from cut2next.film.png_prompt import printable


class Facts(BaseModel):
    """What a line or a file of ours says: no more and no less."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


FactsT = TypeVar("FactsT", bound=Facts)


def _inside(name: str) -> str:
    """A stranger's line must not name files from elsewhere."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.name or not name.isprintable():
        raise ValueError("should be a file in this folder")
    return name


def _on_a_line(text: str) -> str:
    """A stranger's name must not steer a terminal, nor break a table."""
    if not text.isprintable():
        raise ValueError("should be letters that can be printed, on one line")
    return text


Line = Annotated[str, AfterValidator(_on_a_line)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, in hexadecimal."""
FileName = Annotated[str, AfterValidator(_inside)]
"""Of a file, from the folder of whoever names it; never outside."""


class StoredPicture(Facts):
    """A picture by name, and what its file holds."""

    file: FileName
    sha256: Digest


def digest_of(path: Path) -> str:
    """Of a file's bytes. Raises InputError when it cannot be read."""
    return sha256(read_bytes(path, _unread, most=PICTURE)).hexdigest()


def read_facts(path: Path, facts: type[FactsT]) -> FactsT:
    """What a file of JSON says. Raises InputError, naming it, for anything else."""
    return _checked(text_of(path), facts, str(path))


def read_lines(path: Path, facts: type[FactsT]) -> Iterator[FactsT]:
    """What each line of a file says. Raises InputError, naming file and line, for anything else."""
    for number, line in enumerate(text_of(path).split(b"\n"), 1):
        if line.strip():
            yield _checked(line, facts, f"{path}, line {number}")


def to_line(facts: Facts) -> str:
    """What `read_lines` reads, without what is None, and its newline."""
    return facts.model_dump_json(exclude_none=True) + "\n"


def text_of(path: Path) -> bytes:
    """What a file holds. Raises InputError when it cannot be read."""
    return read_bytes(path, _unread)


def _checked(text: bytes, facts: type[FactsT], where: str) -> FactsT:
    try:
        return facts.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        fault = one_line(first["msg"].removeprefix("Value error, "))
        raise InputError(
            printable(f"{where}: {place}: {fault}" if place else f"{where}: {fault}"),
            expected="it as docs/cutbench.md says",
            hint="correct it",
        ) from error


def _unread(path: Path, got: str) -> InputError:
    hint = "copy the folder whole; docs/cutbench.md says what it holds"
    return InputError(f"{path}: {got}", expected="a file", hint=hint)
