"""The mini model from nothing, or on from a finished one: what is private to it."""

from cut2next.recipes.mini.recipe import (
    LEARNT,
    MiniRecipe,
    film_set_tokenizer,
    publish,
    train_mini,
)

__all__ = ["LEARNT", "MiniRecipe", "film_set_tokenizer", "publish", "train_mini"]
