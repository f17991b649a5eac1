"""Judging: any callable from a cut to a picture, against what is true of the cut.

`cases` draws held-out cuts, `contenders` are what is judged, `metrics` are what it is judged by,
`runner` brings them together, `report` sums up. Nothing here trains, and nothing prints.
"""
