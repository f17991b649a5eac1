"""What is judged on: a cut, and as much as is known to be true of it. Knows no benchmark."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from PIL import Image

from cut2next.film import Cut


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """A cut to be made, of which nothing more need be known; what knows more is a subclass."""

    cut: Cut

    def facts(self, picture: Image.Image, values: Mapping[str, float | None]) -> Mapping[str, Any]:
        """What a report says of a next shot, ready for JSON: the values of its metrics."""
        return values


@dataclass(frozen=True, kw_only=True, eq=False)
class CaseWithTruth(Case):
    """A case whose cut has the true next shot."""

    @property
    def true_next(self) -> Image.Image:
        """The next shot as it was filmed."""
        return self.cut.next.keyframe
