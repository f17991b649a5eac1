"""The pictures of many runs judged together: a set is rendered once for all of them.

Answers are kept in parts, some sets each, so that a kill costs a part at most, and a run that comes
later is judged alone.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from cut2next.experiments.exam import JUDGED_AT, Bytes, Exam
from cut2next.experiments.tuning import Tuning
from cut2next.film import InputError
from cut2next.film.paths import checked, read_json
from cut2next.film.workers import processors
from cut2next.film.writing import make_folder, whole_file
from cut2next.recipes.progress import Progress

SETS_A_PART = 20

Values = dict[str, dict[str, float]]
"""By measure and case."""


def judge(exam: Exam, tunings: Sequence[Tuning]) -> Iterator[Progress]:
    """Judges what is not judged yet of the pictures of some runs."""
    pictures = {
        tuning.name: np.load(checked(exam.pictures_of(tuning)), mmap_mode="r") for tuning in tunings
    }
    firsts = range(0, exam.count, SETS_A_PART)
    for done, first in enumerate(firsts, start=1):
        missing = [tuning for tuning in tunings if not _part(exam, tuning, first).exists()]
        numbers = range(first, min(first + SETS_A_PART, exam.count))
        found = _judged(exam, numbers, {each.name: pictures[each.name] for each in missing})
        for tuning in missing:
            part = _part(exam, tuning, first)
            make_folder(part.parent)
            with whole_file(part) as partial:
                partial.write_text(json.dumps(found[tuning.name]))
        yield Progress("judging pictures", done, len(firsts))


def values_of(exam: Exam, tuning: Tuning) -> Values:
    """What was said of a run's pictures. Raises InputError where that is damaged."""
    values: Values = defaultdict(dict)
    for first in range(0, exam.count, SETS_A_PART):
        for measure, cases in read_json(_part(exam, tuning, first), _damaged).items():
            values[measure] |= cases
    return values


def _part(exam: Exam, tuning: Tuning, first: int) -> Path:
    return tuning.folder / exam.file("judged") / f"{first:05d}.json"


def _judged(exam: Exam, numbers: range, pictures: Mapping[str, Bytes]) -> dict[str, Values]:
    """By run, what is said of all cases of some sets."""
    if not pictures:
        return {}
    together: dict[str, Values] = {name: defaultdict(dict) for name in pictures}
    # Threads, because nearly all of judging is ray casting, which lets other threads run.
    with ThreadPoolExecutor(processors()) as pool:
        for of_set in pool.map(lambda number: _judged_set(exam, number, pictures), numbers):
            for name, values in of_set.items():
                for measure, cases in values.items():
                    together[name][measure] |= cases
    return together


def _judged_set(exam: Exam, number: int, pictures: Mapping[str, Bytes]) -> dict[str, Values]:
    found: dict[str, Values] = {name: defaultdict(dict) for name in pictures}
    rows = iter(exam.rows_of(number))
    for exercise, cases in exam.asked(number, JUDGED_AT):
        own = list(islice(rows, len(cases)))
        for name, made in pictures.items():
            shown = [Image.fromarray(made[row]) for row in own]
            for measure, case, value in exercise.said(cases, shown):
                if value is not None:
                    found[name][measure][case] = float(value)
    return found


def _damaged(path: Path, got: str) -> InputError:
    return InputError(
        f"{path}: {got}", expected="what was judged", hint="delete it to have it judged again"
    )
