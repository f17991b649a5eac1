"""A stranger's tokenizer, tried in a process of its own before it is loaded into this one.

What reads it is compiled: where its file lies it may end the process, print what went wrong at
length, or take minutes and gigabytes for a sentence. Nothing here imports torch.
"""

import resource
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from cut2next.film import paths
from cut2next.film.errors import one_line

SECONDS, PATIENCE = 20, 120
"""Of a processor, and by the clock."""
_MEMORY = 2**32
"""Bytes."""
_TEXT = "Close up of <Noah> (grey curls, déjà vu), take 12: 桜\n" * 20 + "a" * 200 + "!?"
_FILES = ("tokenizer.json", "vocab.json", "merges.txt")


def check_words(folders: Sequence[Path], refuse: paths.Refuse) -> None:
    """Raises what `refuse` makes of a folder with a tokenizer that does not read a text."""
    held = [str(folder) for folder in folders if _is_held(folder)]
    if not held:
        return
    command = [sys.executable, "-P", "-m", __name__, str(SECONDS), *held]
    try:
        tried = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)
        code, told, said = tried.returncode, tried.stdout, tried.stderr
    except subprocess.TimeoutExpired as error:
        code, told, said = -1, error.stdout or b"", b""
    if code != 0:
        reason = (said.decode(errors="replace").strip().splitlines() or [""])[-1]
        reason = one_line(reason) if code > 0 else "too long, or too large"
        where = (told.decode(errors="replace").splitlines() or held)[-1]
        raise refuse(Path(where), f"has a tokenizer that does not read a sentence ({reason})")


def _is_held(folder: Path) -> bool:
    whole, *parts = (folder / name for name in _FILES)
    return whole.exists() or all(path.exists() for path in parts)


def _try(folder: Path) -> None:
    """Loads it as transformers does, and reads a text with it."""
    from tokenizers import Tokenizer, models

    whole, *parts = (folder / name for name in _FILES)
    if whole.exists():
        words = Tokenizer.from_file(str(whole))
    else:
        words = Tokenizer(models.BPE.from_file(*map(str, parts)))
    words.no_padding()
    words.no_truncation()
    words.encode(_TEXT)


def _limit(what: int, most: int) -> None:
    """Unless this process has less already, which it could not change."""
    hard = resource.getrlimit(what)[1]
    if hard == resource.RLIM_INFINITY or hard > most:
        resource.setrlimit(what, (most, most))


if __name__ == "__main__":
    _limit(resource.RLIMIT_AS, _MEMORY)
    _limit(resource.RLIMIT_CPU, int(sys.argv[1]))
    for _folder in sys.argv[2:]:
        sys.stdout.write(_folder + "\n")
        sys.stdout.flush()
        try:
            _try(Path(_folder))
        except BaseException as fault:  # noqa: BLE001  # a panic is no Exception
            sys.exit(one_line(fault))
