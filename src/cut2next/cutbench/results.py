"""A folder of results: its files appear together when all are written, or not at all."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from cut2next.film import OutputError


@contextmanager
def result_folder(out: Path) -> Iterator[Path]:
    """A folder to write into; when all went well its files move to `out`, replacing older ones.

    Raises OutputError, before anything else is done, when `out` cannot be written: so enter it
    before the work begins.
    """
    with _writing(out):
        if out.exists() and not out.is_dir():
            raise _refused(out, "is a file")
        if not out.parent.is_dir():
            raise _refused(out.parent, "no such folder")
        # Beside its destination, so that moving is renaming.
        partial = Path(mkdtemp(prefix=".cut2next-", dir=out if out.is_dir() else out.parent))
    try:
        with _writing(out):
            yield partial
            out.mkdir(exist_ok=True)
            for path in partial.iterdir():
                path.replace(out / path.name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _refused(out, f"cannot be written ({error.strerror or error})") from error


def _refused(path: Path, got: str) -> OutputError:
    return OutputError(f"{path}: {got}", expected="a folder to write to", hint="name another")
