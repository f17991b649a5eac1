"""Weights on disk: which folder a model's name means, and whether all of it is there.

A folder has the layout of a diffusers pipeline. It is checked before anything large is imported,
so that what is missing or damaged is said at once, by the name of the file. No torch here.
"""

import os
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from math import prod
from pathlib import Path
from reprlib import repr as briefly
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from cut2next.backbones import BACKBONES, DEFAULT, BackboneFacts, backbone_named, mini
from cut2next.backbones.configuration import Configuration, typed
from cut2next.conditioning.ablations import table_named
from cut2next.conditioning.table import Segment, SegmentTable
from cut2next.film import Cut2NextError, InputError, WeightsError
from cut2next.film.errors import one_line
from cut2next.film.installation import explained
from cut2next.film.model_files import check_files, opened, read_settings
from cut2next.generation.folder_index import FolderIndex, Shards
from cut2next.generation.framing import Framing, framing_of
from cut2next.generation.hub import downloaded, is_hub_name

if TYPE_CHECKING:
    from torch.nn import Module

SHIPPED: Mapping[str, Callable[[], Path]] = MappingProxyType({"mini": mini.weights_folder})
"""Models in the package, by name."""
INDEX = "model_index.json"
FORMAT = 2
"""Of folders as they are saved; those of format 1 say neither that nor their backbone."""
NETWORKS = tuple(
    dict.fromkeys(name for backbone in BACKBONES.values() for name in backbone.networks())
)
"""The components that have weights, of any backbone."""


def model_folder(name: str | os.PathLike[str], handed_in: Collection[str] = ()) -> Path:
    """The folder of the model called `name`: in the package, at that path, or fetched from the hub.

    Of components that are handed in, no weights are fetched. Raises InputError, naming the choices,
    for what is none of these, and WeightsError for what cannot be fetched.
    """
    if str(name) in SHIPPED:
        return SHIPPED[str(name)]()
    folder = Path(name)
    if str(name) and os.path.isdir(folder):  # noqa: PTH112  # a path may be too long to ask
        return folder
    if is_hub_name(str(name)):
        return downloaded(str(name), handed_in)
    whole = _with_owner(str(name))
    raise InputError(
        f"unknown model {str(name)!r}",
        expected=f"{', '.join(SHIPPED)}, a folder that save_pretrained wrote, or OWNER/NAME",
        hint=f"did you mean {whole}?" if whole else "check the name",
    )


def _with_owner(name: str) -> str | None:
    """The name on the hub of a released model that is called without its owner."""
    for backbone in BACKBONES.values():
        for whole in backbone.released:
            if whole.partition("/")[2].casefold() == name.casefold():
                return whole
    return None


def check_weights(folder: Path, handed_in: Collection[str] = ()) -> None:
    """Raises WeightsError, naming the file, unless every file of a model is there and whole.

    Of components that are handed in, no weights need be there.
    """
    check_configurations(folder)
    for component in set(backbone_in(folder).networks()).difference(handed_in, absent(folder)):
        stored_names(folder / component)


def check_configurations(folder: Path) -> None:
    """Raises WeightsError, naming the file, unless a model's settings are there, whole and sound.

    Nothing is built by them before.
    """
    index, backbone = read_json(folder / INDEX), backbone_in(folder)
    typed(folder / INDEX, FolderIndex, index)
    sound: dict[str, Configuration] = {}
    for component, classes in backbone.kinds().items():
        if component in absent(folder):
            continue
        kind = classes.get(_class_of(index, component))
        if kind is None:
            raise damaged(folder / INDEX, _names_no(component, index.get(component)))
        check_files(folder / component, damaged)
        path = folder / component / kind.file
        sound[component] = typed(path, kind, read_json(path))
    try:
        backbone.check_together(sound)
    except ValueError as error:
        raise damaged(folder, error) from error


def _class_of(index: Mapping[str, Any], component: str) -> tuple[str, str]:
    """Library and name of the class that an index has for a component; empty for no class."""
    named = index.get(component)
    if isinstance(named, list) and len(named) == 2 and all(isinstance(x, str) for x in named):
        return named[0], named[1]
    return "", ""


def _names_no(component: str, named: object) -> str:
    return f"names no {component}" + (f" that there is: {briefly(named)}" if named else "")


def absent(folder: Path) -> frozenset[str]:
    """The components that a model was saved without: text encoders, once they were released."""
    index, backbone = read_json(folder / INDEX), backbone_in(folder)
    spared = (*backbone.text_encoders, *backbone.tokenizers)
    return frozenset(name for name in spared if index.get(name) == [None, None])


def configurations(folder: Path) -> dict[str, dict[str, Any]]:
    """The configurations of a folder's networks, by component."""
    there = set(backbone_in(folder).networks()) - absent(folder)
    return {name: read_json(folder / name / "config.json") for name in there}


def backbone_in(folder: Path) -> type[BackboneFacts]:
    """The backbone of a model's folder.

    Raises WeightsError for one that this version does not have, and for a newer format.
    """
    index = read_json(folder / INDEX)
    number, name = index.get("format", 1), index.get("backbone", DEFAULT)
    if number not in range(1, FORMAT + 1) or name not in list(BACKBONES):
        raise WeightsError(
            f"{folder / INDEX}: has format {number!r}, of backbone {name!r}",
            expected=f"format 1 to {FORMAT}, of {' or '.join(BACKBONES)}",
            hint="install a newer cut2next",
        )
    return backbone_named(name)


def check_prompt_tokens(table: SegmentTable, counts: Mapping[str, int]) -> None:
    """Raises InputError unless every prompt of a table, and nothing else, has a token count."""
    prompts = {str(segment) for segment in table.segments if segment.is_prompt}
    whole = all(isinstance(count, int) and count > 0 for count in counts.values())
    if set(counts) != prompts or not whole:
        raise InputError(
            f"prompt_tokens={dict(counts)}",
            expected=f"how many tokens each of {', '.join(sorted(prompts))} has",
            hint="give those that the weights were trained with",
        )


def trained_under(folder: Path) -> tuple[SegmentTable, dict[Segment, int]] | None:
    """The table and prompt lengths that a model's folder tells; None where it tells neither.

    Raises WeightsError when it tells what cannot be.
    """
    index = read_json(folder / INDEX)
    if not index.get("table") and not index.get("prompt_tokens"):
        return None
    try:
        table, counts = table_named(index["table"]), index["prompt_tokens"]
        check_prompt_tokens(table, counts)
        return table, {Segment.named(name): int(counts[name]) for name in counts}
    except (Cut2NextError, LookupError, TypeError, ValueError, AttributeError) as error:
        raise damaged(folder / INDEX, f"tells no way of training ({error})") from error


def earlier_shots_in(folder: Path) -> int:
    """How many shots before the current one a model has learnt to read, as its folder tells."""
    return typed(folder / INDEX, FolderIndex, read_json(folder / INDEX)).earlier_shots


def framing_in(folder: Path) -> Framing:
    """The sizes of a model's pictures, as its folder tells.

    Raises WeightsError for a size that its autoencoder does not make.
    """
    index = read_json(folder / INDEX)
    try:
        step = backbone_in(folder).token_pixels(configurations(folder))
        return framing_of(step, index.get("default_size"), knows=index.get("knows"))
    except (InputError, LookupError, TypeError, ValueError) as error:
        raise damaged(folder / INDEX, f"tells no size of pictures ({one_line(error)})") from error


def stored_names(folder: Path) -> set[str]:
    """The names of all tensors in the weights files of one network.

    Raises WeightsError when a file is missing or damaged.
    """
    return set(stored(folder))


class Stored(NamedTuple):
    """What a header says of a tensor."""

    kind: str
    """Of its numbers, as safetensors calls it: "BF16", "I32"."""
    shape: list[int]


def stored(folder: Path) -> dict[str, Stored]:
    """What the headers of the weights files of one network say of each tensor, by name.

    Raises WeightsError when a file is missing or damaged.
    """
    files = {*folder.glob("[!.]*.safetensors"), *_shards(folder)}
    if not files:
        raise damaged(folder / "*.safetensors", "missing")
    found: dict[str, Stored] = {}
    for path in sorted(files):
        with opened(path, damaged) as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118  # no dict
            found |= {name: Stored(x.get_dtype(), x.get_shape()) for name, x in slices.items()}
    return found


def check_whole(folder: Path, network: "Module") -> None:
    """Raises WeightsError, naming a tensor, when a folder's files do not fill a network.

    The libraries that load them give what a file lacks random values, or none.
    """
    if getattr(network, "hf_quantizer", None) is not None:
        return  # quantised, its tensors have other names
    held, stored = network.state_dict(), stored_names(folder)
    # transformers has moved whole networks in and out of a prefix; a part of a name will do.
    endings = {name.split(".", 1)[-1] for name in stored} | stored | {*map(_bare, stored)}
    lacking = [
        name
        for name in held
        if name.split(".", 1)[-1] not in stored and endings.isdisjoint({name, _bare(name)})
    ]
    # Tied weights are stored once.
    filled = {x.data_ptr() for name, x in held.items() if name not in lacking and not x.is_meta}
    for name in lacking:
        if held[name].is_meta or held[name].data_ptr() not in filled:
            raise damaged(folder, f"lacks {name}")


def check_shapes(folder: Path, network: "Module") -> None:
    """Raises WeightsError unless a folder's files hold about what a network, yet empty, takes.

    So nothing large is made for weights that are not there. Names may differ, see `check_whole`.
    """
    there = stored(folder)
    for name, tensor in network.state_dict().items():
        kind, shape = there.get(name, Stored("F32", list(tensor.shape)))
        if shape != list(tensor.shape):
            wanted = f"its configuration asks for {list(tensor.shape)}"
            raise damaged(folder, f"{name} is {shape}, {wanted}")
        if tensor.is_floating_point() and "F" not in kind:
            raise damaged(folder, f"{name} is in {kind}")
    held = sum(prod(each.shape) for each in there.values())
    asked = sum(x.numel() for x in network.parameters())
    if asked > 2 * held:  # tied weights are stored once
        raise damaged(folder, f"holds {held:,} numbers, its configuration asks for {asked:,}")


def comes_quantised(folder: Path) -> bool:
    """Whether a network comes in fewer bits, as its configuration says."""
    return "quantization_config" in read_json(folder / "config.json")


@contextmanager
def loading(folder: Path) -> Iterator[None]:
    """What the libraries that load a folder say when they cannot, as WeightsError."""
    try:
        yield
    except (Cut2NextError, MemoryError):
        raise
    except Exception as error:  # a library's on a stranger's file, and these raise anything
        raise explained(error) or damaged(folder, f"does not load ({error})") from error


def _bare(name: str) -> str:
    """A tensor's name without what vision-language models were wrapped in, version by version."""
    return re.sub(r"^(model\.|language_model\.)+", "", name)


def check_nothing_left(folder: Path, network: "Module") -> None:
    """Raises WeightsError, naming a tensor, when a folder's files hold what a network has not."""
    if extra := stored_names(folder) - network.state_dict().keys():
        raise damaged(folder, f"has {min(extra)} and {len(extra) - 1} more that do not belong")


def read_json(path: Path) -> dict[str, Any]:
    """Settings in a file of JSON. Raises WeightsError, naming it, for what is none."""
    return read_settings(path, damaged)


def damaged(path: Path, reason: object) -> WeightsError:
    """The error for a file of a model that cannot be used."""
    return WeightsError(
        f"{path}: {one_line(reason)}",
        expected="the whole model as it was saved",
        hint="install, copy or save the model again",
    )


def _shards(folder: Path) -> set[Path]:
    """The files that an index says the weights are spread over."""
    found = set[Path]()
    for path in folder.glob("[!.]*.safetensors.index.json"):
        found |= {
            folder / name for name in typed(path, Shards, read_json(path)).weight_map.values()
        }
    return found
