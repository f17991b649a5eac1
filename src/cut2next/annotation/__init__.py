"""Cuts to prompts: a vision-language model is asked the two questions of the paper about each."""
