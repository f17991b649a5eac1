"""A stranger's files of a model, looked into before a library is let at them.

Folders hold regular files, whose JSON is JSON and asks for nothing enormous, tokenizers that read a
text, and weights as safetensors: what their headers say of offsets and sizes is checked by that
library, against the file. What else a configuration may say, whoever knows the model tells.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from reprlib import Repr
from typing import Any

from safetensors import SafetensorError, safe_open

from cut2next.film import paths
from cut2next.film.errors import one_line
from cut2next.film.word_trial import check_words

_SETTINGS, _WORDS, _HEADER = 2**22, 2**26, 2**24
"""Bytes: the most of a file of settings, which may name 21,843 classes; of one of words, or of
names: Gemma 2's has 34 MB; and of a header of safetensors: FLUX.1's has 0.2 MB, a LoRA's may hold
its captions."""
_OF_WORDS = ("tokenizer.json", "vocab.json", "tekken.json", ".index.json")
_MOST, _LONGEST_NAME = 2**15, 1000
"""Tensors, and letters of the name of one."""
_LAYERS, _LARGEST, _LONGEST = 2**10, 2**31, 2**12
"""Of any network that there is: how many layers, any number, and the length of any list."""
_SHORT = Repr()
_SHORT.maxlevel = 2


def check_folder(folder: Path, refuse: paths.Refuse = paths.refused) -> None:
    """Raises what `refuse` makes unless a folder of transformers or diffusers can be let at.

    It looks at names, sizes and shapes; no weights are read.
    """
    check_files(folder, refuse)
    config = folder / "config.json"
    if config.exists():
        check_modest(config, read_settings(config, refuse), refuse)
    for path in paths.listed(folder, "[!.]*.safetensors", refuse):
        with opened(path, refuse):
            pass
    check_words([folder], refuse)


def check_files(folder: Path, refuse: paths.Refuse) -> None:
    """Raises what `refuse` makes unless what lies in a folder can be opened, and JSON read.

    What is hidden may be no JSON: file managers put notes of their own beside each file.
    """
    for path in paths.listed(folder, refuse=refuse):
        if path.suffix == ".json" and not path.name.startswith("."):
            _check_shards(path, paths.read_json(path, refuse, most=_most(path)), refuse)
        elif not path.is_dir():
            paths.checked(path, refuse)


def _check_shards(path: Path, told: Any, refuse: paths.Refuse) -> None:
    """Files that an index names lie beside it, where each of them is looked at."""
    named = told.get("weight_map") if isinstance(told, dict) else None
    if path.name.endswith(".index.json") and isinstance(named, dict):
        for name in {*map(str, named.values())}:
            if Path(name).name != name:
                raise refuse(path, f"names {one_line(name, 80)}, which is elsewhere")


def read_settings(path: Path, refuse: paths.Refuse) -> dict[str, Any]:
    """Settings in a file of JSON. Raises what `refuse` makes for what is none."""
    settings = paths.read_json(path, refuse, most=_most(path))
    if not isinstance(settings, dict):
        raise refuse(path, "damaged (no settings in it)")
    return settings


def check_modest(path: Path, settings: Mapping[str, Any], refuse: paths.Refuse) -> None:
    """Raises what `refuse` makes for settings by which no network could be built soon."""
    left: list[tuple[str, Any]] = [*settings.items()]
    while left:
        name, value = left.pop()
        several = value if isinstance(value, list) else ()
        left += value.items() if isinstance(value, dict) else [(name, each) for each in several]
        most = _LAYERS if any(word in name for word in ("layers", "depth")) else _LARGEST
        if len(several) > _LONGEST or (isinstance(value, int) and abs(value) > most):
            raise refuse(path, f"has {name}={_SHORT.repr(value)}, of which no network is built")


@contextmanager
def opened(path: Path, refuse: paths.Refuse, framework: str = "np") -> Iterator[Any]:
    """Such a file, open as safetensors' `safe_open` does it.

    Raises what `refuse` makes for one that is missing or damaged, on opening and within.
    """
    with paths.opened(path, refuse) as file:
        size = int.from_bytes(file.read(8), "little")
    if size > _HEADER:
        raise refuse(path, f"damaged, or no safetensors file (a header of {size:,} bytes)")
    try:
        with safe_open(path, framework=framework) as held:
            names = held.keys()
            if len(names) > _MOST or any(len(name) > _LONGEST_NAME for name in names):
                most = f"over {_MOST:,} tensors, or {_LONGEST_NAME:,} letters in the name of one"
                raise refuse(path, f"has {most}")
            yield held
    except MemoryError as error:
        raise refuse(path, "takes more memory than there is") from error
    except (SafetensorError, OSError) as error:
        reason = f"damaged, or no safetensors file ({one_line(error)})"
        raise refuse(path, reason) from error


def _most(path: Path) -> int:
    return _WORDS if path.name.endswith(_OF_WORDS) else _SETTINGS
