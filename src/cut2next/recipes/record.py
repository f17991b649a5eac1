"""The record of a run's folder: what is in it belongs together."""

import json
from collections.abc import Mapping
from pathlib import Path

from cut2next.cuts.dataset import split_files
from cut2next.cuts.opening import refused
from cut2next.film import InputError
from cut2next.film.paths import looked_at, read_json
from cut2next.film.writing import make_folder, whole_file

RECORD = "recipe.json"


def begin_record(folder: Path, facts: Mapping[str, object]) -> None:
    """Writes down what a run begins with; raises InputError where another was begun."""
    make_folder(folder)
    check_record(folder, facts)
    if not (record := folder / RECORD).exists():
        with whole_file(record) as partial:
            partial.write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")


def check_record(folder: Path, facts: Mapping[str, object], *, partly: bool = False) -> None:
    """Raises InputError for the folder of a run that began with something else.

    With `partly` there may be more in its record than the facts that are known by now.
    """
    if not (record := folder / RECORD).exists():
        return
    begun = _read(record)
    # Through JSON, which knows no tuples.
    now = json.loads(json.dumps(facts))
    if partly:
        begun = {name: begun[name] for name in begun.keys() & now.keys()}
    if begun == now:
        return
    other = " and ".join(name for name, fact in now.items() if begun.get(name) != fact)
    raise InputError(
        f"{folder}: begun {f'with other {other}' if begun.keys() == now.keys() else 'otherwise'} "
        f"({record.name})",
        expected="the same recipe all through a run",
        hint="take another folder, or delete this one",
    )


def contents(cuts: Path, split: str | None = None) -> dict[str, int]:
    """Files and bytes, by which other cuts, or the same annotated anew, are told apart.

    Raises InputError for what is no folder of cuts.
    """
    files = split_files(cuts, split)
    return {file.name: looked_at(file, refused).st_size for file in files}


def _read(path: Path) -> dict[str, object]:
    if isinstance(begun := read_json(path, _damaged), dict):
        return begun
    raise _damaged(path, "is damaged")


def _damaged(path: Path, got: str) -> InputError:
    return InputError(
        f"{path}: {got}",
        expected="the record that a run began with",
        hint="take another folder, or delete this one",
    )
