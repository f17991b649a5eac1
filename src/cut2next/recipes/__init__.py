"""Whole runs as Python functions: the mini model from nothing, and the demonstration."""
