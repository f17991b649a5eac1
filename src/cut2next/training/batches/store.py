"""Tensors on disk by what they were made from: one safetensors file each, whole or not there.

Several processes and runs may fill one store; what two of them make is the same.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor

from cut2next.film import InputError
from cut2next.film.errors import one_line
from cut2next.film.paths import checked
from cut2next.film.writing import make_folder, whole_file


@dataclass(frozen=True, kw_only=True)
class TensorStore:
    """A folder of tensors, each under a digest."""

    folder: Path

    def path(self, digest: str) -> Path:
        """Where tensors lie; few files are in one folder."""
        return self.folder / digest[:2] / f"{digest}.safetensors"

    def has(self, digest: str) -> bool:
        """Whether they are there, and the file is whole."""
        try:
            with safe_open(checked(self.path(digest)), "pt"):
                return True
        except (OSError, SafetensorError, InputError):
            return False

    def write(self, digest: str, tensors: Mapping[str, Tensor]) -> None:
        """Writes them, whole or not at all. Raises OutputError when they cannot be written."""
        path = self.path(digest)
        make_folder(path.parent)
        with whole_file(path, fault=SafetensorError) as partial:
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, partial)

    def read(self, digest: str) -> dict[str, Tensor]:
        """What was written. Raises InputError when it is gone or damaged."""
        path = self.path(digest)
        try:
            return load_file(checked(path, _gone))
        except (OSError, SafetensorError) as error:
            raise _gone(path, f"cannot be read ({one_line(error, 80)})") from error


def _gone(path: Path, got: str) -> InputError:
    return InputError(
        f"{path}: {got}",
        expected="what was kept there before the first step",
        hint="start again: what is missing or damaged is made anew",
    )


def digest_of(parts: Iterable[object]) -> str:
    """A name for what parts say, in their order."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(blake2b(str(part).encode()).digest())
    return digest.hexdigest()


def share_of(count: int, process: int, processes: int) -> range:
    """Which of `count` things one of several processes does: neighbours, which lie together."""
    return range(count * process // processes, count * (process + 1) // processes)
