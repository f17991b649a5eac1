"""The README of a data set: what Hugging Face needs to open it, and what a person wants to know."""

from collections import Counter

from cut2next.cuts.columns import FORMAT, about_columns
from cut2next.cuts.record import CutRecord
from cut2next.cuts.schema import to_json

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
            self._makers[f"{by.tool} {by.version} with `{to_json(by.parameters)}`"] += 1

    @property
    def text(self) -> str:
        """The whole page, its header as Hugging Face reads it."""
        files = "".join(
            f"  - split: {name}\n    path: data/{name}-*.parquet\n" for name in sorted(self.splits)
        )
        counts = ", ".join(f"{count} in {name}" for name, count in self.splits.items())
        # Hugging Face knows SPDX names; it takes "other" for what differs or has none.
        licence = next(iter(self._licences)).lower() if len(self._licences) == 1 else "other"
        licence = licence if licence.replace("-", "").replace(".", "").isalnum() else "other"
        return (
            f"---\nlicense: {licence}\npretty_name: Cuts\ntags:\n- cut2next\n"
            f"configs:\n- config_name: default\n  data_files:\n{files}---\n\n"
            f"# Cuts\n\nNeighbouring film shots, for next shot generation: {counts}.\n\n"
            f"{_listed('Source', self._sources)}{_listed('Licence', self._licences)}"
            f"{_listed('Made by', self._makers)}"
            f"The columns, in format {FORMAT}:\n\n{_columns()}\n"
            '```python\ndatasets.load_dataset("this folder")\n```\n'
        )


def _columns() -> str:
    """A table of what each column holds."""
    lines = ["| column | what it holds |", "| --- | --- |"]
    for about, names in about_columns().items():
        lines.append(f"| {', '.join(f'`{name}`' for name in names)} | {about} |")
    return "\n".join(lines) + "\n"


def _listed(title: str, names: Counter[str]) -> str:
    lines = [f"- {name} ({count})" for name, count in names.most_common(_MOST)]
    if len(names) > _MOST:
        lines.append(f"- and {len(names) - _MOST} more")
    return f"{title}, with how many cuts:\n\n" + "\n".join(lines) + "\n\n"
