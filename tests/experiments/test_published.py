"""Values that were measured elsewhere come back as they were, or not at all."""

from pathlib import Path

import pytest

from cut2next.experiments.published import Published, read_published
from cut2next.film import InputError

FACTS = {"steps": 100, "size": [96, 40]}
KNOWN = Published(
    values={
        "paper-1": {"loss": {"0": 0.1, "1": 1 / 3}, "swapped": {"4": 0.0}},
        "closed-1": {"loss": {"0": 0.3}},
    },
    seconds={"learning": 12.5},
    bases={"base": "abc"},
)


def test_values_come_back_to_the_last_digit(tmp_path: Path) -> None:
    KNOWN.write(tmp_path / "values.parquet", FACTS)
    assert read_published(tmp_path / "values.parquet", FACTS) == KNOWN


def test_none_at_all_are_a_file_too(tmp_path: Path) -> None:
    Published().write(tmp_path / "values.parquet", FACTS)
    assert read_published(tmp_path / "values.parquet", FACTS) == Published()


def test_values_of_another_base_or_other_numbers_are_refused(tmp_path: Path) -> None:
    KNOWN.write(tmp_path / "values.parquet", FACTS)
    here = {"base": "other", "unet-base": "def"}  # of which these values know nothing
    with pytest.raises(InputError, match="measured with other base and steps; expected values"):
        read_published(tmp_path / "values.parquet", {**FACTS, "steps": 7}, here)
    assert read_published(tmp_path / "values.parquet", FACTS, {"unet-base": "def"}) == KNOWN


@pytest.mark.parametrize("content", [b"", b"no Parquet", b"PAR1" + bytes(20) + b"PAR1"])
def test_what_is_no_such_file_is_refused_in_a_line(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "values.parquet"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no values of experiments"):
        read_published(path, FACTS)
