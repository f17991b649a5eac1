"""Generation: from a current shot and three prompts to the next shot.

`Cut2NextPipeline` is the door. It is imported when it is asked for, because it brings torch: what
is written into pictures, and whether weights are whole, is known without it. What other libraries
log meanwhile is kept back, and one that does not load is named.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cut2next.generation.pipeline import Cut2NextPipeline

__all__ = ["Cut2NextPipeline"]


def __getattr__(name: str) -> "type[Cut2NextPipeline]":
    if name != "Cut2NextPipeline":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from cut2next.film.installation import needed, quiet_libraries

    with needed("it, to make next shots"), quiet_libraries():
        from cut2next.generation.pipeline import Cut2NextPipeline
    return Cut2NextPipeline
