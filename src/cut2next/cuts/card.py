"""The README of a data set: what Hugging Face needs to open it, and what a person wants to know."""

import re
from collections import Counter
from collections.abc import Collection, Mapping

import yaml  # type: ignore[import-untyped]

from cut2next.cuts.columns import FORMAT, about_columns
from cut2next.cuts.record import CutRecord
from cut2next.cuts.schema import to_json
from cut2next.film.png_prompt import printable

_LONGEST = 1_000
"""Letters of a name."""
_MOST = 20
"""Sources that are named; ten thousand films would bury the rest."""


class Card:
    """Grows with every record; its text is written at the end."""

    def __init__(self) -> None:
        self.splits: Counter[str] = Counter()
        self._licences: Counter[str] = Counter()
        self._sources: Counter[str] = Counter()
        self._makers: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """Cuts so far."""
        return self.splits.total()

    def add(self, record: CutRecord) -> None:
        """Count one more."""
        self.splits[record.placed] += 1
        self._licences[record.licence] += 1
        self._sources[record.source] += 1
        for by in record.made_by:
            self._makers[f"{by.tool} {by.version} with {to_json(by.parameters)}"] += 1

    @property
    def text(self) -> str:
        """The whole page, its header as Hugging Face reads it."""
        counts = ", ".join(f"{count} in {name}" for name, count in self.splits.items())
        return (
            f"---\n{self._header}---\n\n"
            f"# Cuts\n\nNeighbouring film shots, for next shot generation: {counts}.\n\n"
            f"Source, with how many cuts:\n\n{listed(self._sources)}\n"
            f"Licence, with how many cuts:\n\n{listed(self._licences)}\n"
            f"Made by, with how many cuts:\n\n{listed(self._makers)}\n"
            f"The columns, in format {FORMAT}:\n\n{_columns()}\n"
            '```python\ndatasets.load_dataset("this folder")\n```\n'
        )

    @property
    def _header(self) -> str:
        files = [{"split": name, "path": f"data/{name}-*.parquet"} for name in sorted(self.splits)]
        header: str = yaml.safe_dump(
            {
                "license": licence_tag(self._licences),
                "pretty_name": "Cuts",
                "tags": ["cut2next"],
                "configs": [{"config_name": "default", "data_files": files}],
            },
            sort_keys=False,
            allow_unicode=True,
        )
        return header


def _columns() -> str:
    """A table of what each column holds."""
    lines = ["| column | what it holds |", "| --- | --- |"]
    for about, names in about_columns().items():
        lines.append(f"| {', '.join(f'`{name}`' for name in names)} | {about} |")
    return "\n".join(lines) + "\n"


def listed(names: Mapping[str, int]) -> str:
    """A line for each name and its count, the most frequent first; of very many, the first ones."""
    most = Counter(names).most_common(_MOST)
    lines = [f"- {plain(name)} ({count})" for name, count in most]
    if len(names) > _MOST:
        lines.append(f"- and {len(names) - _MOST} more")
    return "\n".join(lines) + "\n"


def licence_tag(names: Collection[str]) -> str:
    """What Hugging Face calls the licence of all that is under some: "other" for several.

    It knows SPDX names.
    """
    licence = next(iter(names)).lower() if len(names) == 1 else "other"
    return licence if re.fullmatch(r"[a-z0-9][a-z0-9.-]*", licence) else "other"


def plain(words: str) -> str:
    """Strangers' words as Markdown shows them unchanged: in one line, without links or markup."""
    line = " ".join(printable(words[:_LONGEST]).split())
    escaped = re.sub(r"([\\`*_{}\[\]<>#|!~&$@])", r"\\\1", line)
    return re.sub(r"^([0-9]*)([-+=.)])(?=[-+=\s]|$)", r"\1\\\2", escaped)  # no list, no rule
