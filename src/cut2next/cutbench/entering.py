"""Makes an entry: a maker is asked for every case of a benchmark, and what it makes is kept.

A picture is there before the line that names it, and what has a line is not made again; so a kill
loses the picture that was being made and no other.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice, product
from pathlib import Path

from PIL import Image
from pydantic import ValidationError

from cut2next.cutbench.benchmark import Benchmark, FrozenCase
from cut2next.cutbench.entry import MANIFEST, SHOTS, Manifest, ShotLine
from cut2next.cutbench.freezing import png
from cut2next.cutbench.lines import StoredPicture, digest_of, read_facts, text_of, to_line
from cut2next.film import InputError
from cut2next.film.writing import make_folder, one_writer_in, output_errors, whole_file
from cut2next.makers import Brief, Made, MakerError
from cut2next.makers.apart import MakerApart

_AT_ONCE = 64
"""Briefs whose pictures are in memory."""
Key = tuple[str, int]
"""Name of a case, and number of the maker's picture of it."""


@dataclass(frozen=True, kw_only=True)
class Making:
    """One maker's entry, as it grows."""

    benchmark: Benchmark
    folder: Path
    maker: MakerApart
    each: int = 1

    def run(self) -> Iterator[ShotLine]:
        """Every picture that is not there yet, as it is made; those that failed are tried again.

        Raises InputError for a folder of something else, OutputError when it cannot be written or
        another process writes it, and what loading the maker raises.
        """
        with one_writer_in(self.folder):
            manifest = self._manifest()
            done, numbers = self._kept(), range(1, self.each + 1)
            left = [
                (case, number)
                for number, case in product(numbers, self.benchmark.cases)
                if (case.name, number) not in done
            ]
            if left:
                self.maker.load()  # before anything is written that a refusal would leave
            with whole_file(self.folder / MANIFEST) as partial:
                partial.write_text(manifest.model_dump_json(indent=1) + "\n")
            make_folder(self.folder / "shots")
            with whole_file(self.folder / SHOTS) as partial:  # without what is torn or failed
                partial.write_text("".join(map(to_line, done.values())))
            yield from self._made(left)

    @property
    def missing(self) -> int:
        """How many pictures are still to be made."""
        return self.total - len(self._kept())

    @property
    def total(self) -> int:
        """How many pictures there will be."""
        return len(self.benchmark.cases) * self.each

    def _made(self, left: Sequence[tuple[FrozenCase, int]]) -> Iterator[ShotLine]:
        keys = iter(left)
        while together := list(islice(keys, _AT_ONCE)):
            briefs = [case.brief(number) for case, number in together]
            pictures = self.maker.make(briefs)
            for (case, number), brief, made in zip(together, briefs, pictures, strict=True):
                line = self._line((case.name, number), brief, made)
                self._append(line)
                yield line

    def _line(self, key: Key, brief: Brief, made: Made | MakerError) -> ShotLine:
        case, number = key
        if isinstance(made, MakerError):
            return ShotLine(case=case, number=number, fault=made.got)
        if made.picture.size != brief.size:
            fault = "{}: a picture of {}x{}, where {}x{} was asked for"
            told = fault.format(brief.name, *made.picture.size, *brief.size)
            return ShotLine(case=case, number=number, fault=told)
        return ShotLine(
            case=case,
            number=number,
            shot=self._stored(f"shots/{brief.name}.png", made.picture.convert("RGB")),
            asked=made.asked,
            seconds=round(self.maker.seconds, 3),
        )

    def _stored(self, file: str, picture: Image.Image) -> StoredPicture:
        data = png(picture)
        with whole_file(self.folder / file) as partial:
            partial.write_bytes(data)
        return StoredPicture(file=file, sha256=sha256(data).hexdigest())

    def _manifest(self) -> Manifest:
        """What the entry says of itself. Raises InputError where another one is there."""
        choice = self.maker.choice
        typed = {} if choice.told == choice.what else {"typed": _digest_of(choice.what)}
        manifest = Manifest(
            maker=choice.name,
            benchmark=self.benchmark.digest,
            each=self.each,
            about={"what": choice.told, **typed},
        )
        path = self.folder / MANIFEST
        if path.exists() and read_facts(path, Manifest) != manifest:
            raise InputError(
                f"{self.folder}: an entry of another maker, or for other cases",
                expected=f"one of {manifest.maker}",
                hint="name another folder",
            )
        return manifest

    def _kept(self) -> dict[Key, ShotLine]:
        """What is there already: lines that are whole, with pictures that are what they were."""
        lines = {}
        path = self.folder / SHOTS
        for text in text_of(path).split(b"\n") if path.exists() else ():
            with suppress(ValidationError):  # a line that a kill has torn
                line = ShotLine.model_validate_json(text)
                lines[line.case, line.number] = line
        return {key: line for key, line in lines.items() if line.shot and self._is_whole(line.shot)}

    def _is_whole(self, stored: StoredPicture) -> bool:
        path = self.folder / stored.file
        return path.is_file() and digest_of(path) == stored.sha256

    def _append(self, line: ShotLine) -> None:
        with output_errors(self.folder), (self.folder / SHOTS).open("ab") as file:
            file.write(to_line(line).encode())
            file.flush()
            os.fsync(file.fileno())


def _digest_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:32]
