"""A LoRA from folders of cuts: the paper's two stages, and one's own film."""
