"""What the processor spends on each stage of an experiment, kept beside what was made."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cut2next.film import InputError
from cut2next.film.paths import read_json
from cut2next.film.writing import make_folder, whole_file

_COST = "cost.json"


@contextmanager
def counted(stage: str, folder: Path) -> Iterator[None]:
    """Adds what is spent meanwhile, other processes that were waited for included.

    What a kill has cut short is not counted.
    """
    begun = _spent()
    try:
        yield
    finally:
        costs = dict(costs_of(folder))
        costs[stage] = round(costs.get(stage, 0.0) + _spent() - begun, 1)
        make_folder(folder)
        with whole_file(folder / _COST) as partial:
            partial.write_text(json.dumps(costs))


def costs_of(folder: Path) -> Mapping[str, float]:
    """Seconds of one processor by stage; empty where nothing was counted."""
    path = folder / _COST
    return read_json(path, _damaged) if path.exists() else {}


def _spent() -> float:
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _damaged(path: Path, got: str) -> InputError:
    return InputError(f"{path}: {got}", expected="seconds by stage", hint="delete it")
