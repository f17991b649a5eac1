"""The README of a data set: what Hugging Face needs to open it, and what a person wants to know."""

import json
from collections.abc import Mapping

from cut2next.data.schema import FORMAT, MadeBy

_COLUMNS = """\
| column | what it holds |
| --- | --- |
| `film`, `current_name`, `next_name` | where the two shots come from |
| `current_image`, `next_image` | their keyframes, lossless |
| `patterns` | the editing patterns of the cut, one or more |
| `relational_prompt` | what must hold across the cut, and how it goes |
| `current_prompt`, `next_prompt` | what each shot shows: summary, description, attributes |
| `made_by`, `licence`, `source` | which tool made it, how, and from what |
"""
_TRUTH = """\
| `current_truth`, `next_truth` | object ids by pixel, the parts they number, subjects; camera, \
palette and its words as JSON |
"""


def card(
    counts: Mapping[str, int], made_by: MadeBy, licence: str, source: str, *, with_truth: bool
) -> str:
    """The text of README.md; `counts` are cuts by split."""
    files = "".join(f"  - split: {name}\n    path: data/{name}-*.parquet\n" for name in counts)
    told = ", ".join(f"{count} in {name}" for name, count in counts.items())
    return (
        f"---\nlicense: {licence.lower()}\npretty_name: Cuts\ntags:\n- cut2next\n"
        f"configs:\n- config_name: default\n  data_files:\n{files}---\n\n"
        f"# Cuts\n\nNeighbouring film shots, for next shot generation: {told}.\n\n"
        f"Source: {source}. Licence: {licence}. Made by {made_by.tool} {made_by.version} with\n"
        f"`{json.dumps(made_by.parameters, ensure_ascii=False)}`; columns in format {FORMAT}.\n\n"
        f"{_COLUMNS}{_TRUTH if with_truth else ''}\n"
        '```python\ndatasets.load_dataset("this folder")\n```\n'
    )
