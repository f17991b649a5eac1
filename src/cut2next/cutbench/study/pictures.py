"""The pictures of a study as raters are sent them: nothing in the file tells who made it."""

import io
from collections.abc import Sequence
from functools import lru_cache

from PIL import Image

from cut2next.cutbench.benchmark import Benchmark
from cut2next.cutbench.entry import Entry
from cut2next.cutbench.study.design import Shown, StudyFacts
from cut2next.film import InputError

_KEPT = 128
"""Files in memory: some megabytes each at most."""


class Pictures:
    """What a study shows, by what it is."""

    def __init__(self, benchmark: Benchmark, entries: Sequence[Entry]) -> None:
        self._benchmark = benchmark
        self._entries = {entry.maker: entry for entry in entries}
        self.file = lru_cache(_KEPT)(self._file)

    def check(self, study: StudyFacts) -> None:
        """Raises InputError when any picture is missing, altered, or of a wrong size."""
        for shown in {shown for item in study.items for shown in (item.first, item.second)}:
            self._picture(shown)
        for case in {item.case for item in study.items}:
            self._picture(Shown(case=case, of="current"))

    def _file(self, shown: Shown) -> bytes:
        """A PNG of the pixels alone, as they are read: no text, no profile, one encoder for all."""
        file = io.BytesIO()
        self._picture(shown).save(file, "PNG", compress_level=1)
        return file.getvalue()

    def _picture(self, shown: Shown) -> Image.Image:
        case = self._benchmark.by_name[shown.case]
        if shown.of == "current":
            return case.brief(1).current
        if shown.of == "next":
            return case.case().true_next
        entry = self._entries[shown.maker]
        picture = entry.picture(entry.shots[shown.case, shown.number], case)
        if picture is None:
            raise InputError(
                f"{entry.folder}: no picture of {shown.case}",
                expected="the one that there was",
                hint="begin another study, with other --votes",
            )
        return picture
