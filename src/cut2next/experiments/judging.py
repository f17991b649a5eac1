"""The pictures of many runs judged together: a set is rendered once for all of them.

Answers are kept in parts, some sets each, so that a kill costs a part at most, and a run that comes
later is judged alone. What several cases of a set say is one figure: they say much the same.
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from cut2next.experiments.exam import JUDGED_AT, Bytes, Exam, Sitting
from cut2next.experiments.exercises import at_strength
from cut2next.film import InputError
from cut2next.film.paths import checked, read_json
from cut2next.film.workers import processors
from cut2next.film.writing import make_folder, whole_file
from cut2next.recipes.progress import Progress

Values = dict[str, dict[str, float]]
"""By measure and set."""


def judge(exam: Exam, sitting: Sequence[Sitting]) -> Iterator[Progress]:
    """Judges what is not judged yet of their pictures."""
    pictures = {
        each.name: np.load(checked(exam.pictures_of(each)), mmap_mode="r") for each in sitting
    }
    for done, sets in enumerate(exam.parts, start=1):
        missing = [each for each in sitting if not _part(exam, each, sets).exists()]
        found = _judged(exam, sets, {each.name: pictures[each.name] for each in missing})
        for each in missing:
            part = _part(exam, each, sets)
            make_folder(part.parent)
            with whole_file(part) as partial:
                partial.write_text(json.dumps(found[each.name]))
        yield Progress("judging pictures", done, len(exam.parts))


def values_of(exam: Exam, sitting: Sitting) -> Values:
    """What was said of somebody's pictures. Raises InputError where that is damaged."""
    values: Values = defaultdict(dict)
    for sets in exam.parts:
        for measure, said in read_json(_part(exam, sitting, sets), _damaged).items():
            values[measure] |= said
    return values


def is_judged(exam: Exam, sitting: Sitting) -> bool:
    """Whether all of somebody's pictures are."""
    return all(_part(exam, sitting, sets).exists() for sets in exam.parts)


def _part(exam: Exam, sitting: Sitting, sets: range) -> Path:
    return sitting.folder / exam.file("judged") / f"{sets.start:05d}.json"


def _judged(exam: Exam, sets: range, pictures: Mapping[str, Bytes]) -> dict[str, Values]:
    """By whose they are, what is said of all cases of some sets."""
    if not pictures:
        return {}
    together: dict[str, Values] = {name: defaultdict(dict) for name in pictures}
    # Threads, because nearly all of judging is ray casting, which lets other threads run.
    with ThreadPoolExecutor(processors()) as pool:
        of_sets = pool.map(lambda number: _judged_set(exam, number, pictures), sets)
        for number, of_set in zip(sets, of_sets, strict=True):
            for name, said in of_set.items():
                for measure, values in said.items():
                    together[name][measure][str(number)] = float(np.mean(values))
    return together


def _judged_set(
    exam: Exam, number: int, pictures: Mapping[str, Bytes]
) -> dict[str, dict[str, list[float]]]:
    """By whose they are and measure, what each case of a set says."""
    found: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in pictures}
    rows = iter(exam.rows_of(number))
    for exercise, cases in exam.asked(number, JUDGED_AT):
        for strength in exercise.strengths:
            own = list(islice(rows, len(cases)))
            for name, made in pictures.items():
                shown = [Image.fromarray(made[row]) for row in own]
                for measure, value in exercise.said(cases, shown):
                    if value is not None:
                        found[name][at_strength(measure, strength)].append(float(value))
    return found


def _damaged(path: Path, got: str) -> InputError:
    return InputError(
        f"{path}: {got}", expected="what was judged", hint="delete it to have it judged again"
    )
