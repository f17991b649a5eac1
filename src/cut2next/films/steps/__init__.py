"""The steps from a film to cuts: each takes what the one before found, and adds to it."""
