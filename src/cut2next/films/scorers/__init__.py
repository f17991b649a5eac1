"""What gives a keyframe a number, from weights that are not ours to ship.

`scorer.py` says what a scorer is, and which there are; another package adds one by an entry point.
"""
