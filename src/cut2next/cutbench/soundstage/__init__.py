"""The film set's benchmark: held-out sets, and a judge that knows every surface of them.

`held_out` draws cases, `judge` finds what is right of a picture, `metrics` lists the figures.
"""
