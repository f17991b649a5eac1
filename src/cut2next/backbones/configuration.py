"""What a stranger's configuration may say: each setting typed, within bounds, before it is used.

A family of weights says what its own are (`BackboneFacts.kinds`). Settings that are not named are
let through, for libraries write new ones with every version; those that run code are not. No torch
here.
"""

from collections.abc import Mapping
from pathlib import Path
from reprlib import Repr
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from cut2next.film import WeightsError
from cut2next.film.errors import one_line

Width = Annotated[int, Field(ge=1, le=2**16)]
"""Of a layer, or how many parts it is divided into."""
Depth = Annotated[int, Field(ge=1, le=128)]
"""How many layers there are."""
Words = Annotated[int, Field(ge=1, le=2**20)]
"""How many an encoder knows."""
Small = Annotated[float, Field(gt=0, le=1)]
Share = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[float, Field(ge=-1e4, le=1e4)]


def _printable(line: str) -> str:
    if not line.isprintable():
        raise ValueError("one line without control characters")
    return line


Line = Annotated[str, Field(max_length=1000), AfterValidator(_printable)]
"""Words that people are shown."""


class Configuration(BaseModel):
    """The settings of a component, or of a whole pipeline."""

    model_config = ConfigDict(
        extra="allow", strict=True, frozen=True, allow_inf_nan=False, protected_namespaces=()
    )
    file: ClassVar[str] = "config.json"
    """Its name, in the component's folder."""

    auto_map: None = None
    """Where a model brings code of its own."""


class Quantised(Configuration):
    """By what weights were put into fewer bits; the rest is that library's."""

    quant_method: Literal["bitsandbytes", "torchao", "quanto", "modelopt"]


class Network(Configuration):
    """What any network's configuration may say."""

    quantization_config: Quantised | None = None


Kind = TypeVar("Kind", bound=Configuration)

_SHORT = Repr()
_SHORT.maxlevel = 2


def typed(path: Path, kind: type[Kind], settings: Mapping[str, Any]) -> Kind:
    """The settings in a file as a kind of configuration.

    Raises WeightsError, naming the file and the first setting that cannot be.
    """
    try:
        return kind.model_validate(dict(settings))
    except ValidationError as error:
        got, expected = first_fault(error)
        raise WeightsError(
            f"{path}: {got}", expected=expected, hint="install, copy or save the model again"
        ) from error


def first_fault(error: ValidationError) -> tuple[str, str]:
    """What came and what was expected, of the first of the settings that cannot be."""
    fault = error.errors(include_url=False)[0]
    name = ".".join(map(str, fault["loc"][:4]))
    expected = fault["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    if fault["type"] == "missing":
        return f"no {name}", "one"
    given = f"{name}={_SHORT.repr(fault['input'])}" if name else "settings"
    return one_line(given, 80), one_line(expected)
