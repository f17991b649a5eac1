"""Judging: any contender on any cases by any metrics.

A `Case` is a cut and what is known to be true of it, a contender makes the next shot, a `Metric`
gives a number; `runner` brings them together, `report` sums up. `soundstage` is the film set's
benchmark. Nothing here trains, and nothing prints.
"""
