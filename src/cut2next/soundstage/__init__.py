"""A film set in code: places, people and props, cameras, light; pictures whose truth is known.

A seed makes a frozen moment (`film_set`); `camera` finds its setups and says which editing patterns
join them; `render` and `raycaster` take the pictures (`on_card` on a CUDA card), `wording` writes
the prompts, `truth` says what is where, `shooting` makes a cut of it. Nothing here is learnt, and
nothing knows of models.
"""

PICTURE_SIZE = (384, 160)
"""Width and height in pixels, unless others are asked for: the mini model's."""
SHORTEST, LONGEST = 4, 16
"""Shots of a sequence."""
