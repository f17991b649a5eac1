"""The user study: people choose between two next shots, not knowing who made them.

The paper's protocol: side by side, two questions, no ties, order and side at random, all of it
several times over. `design` says what is asked of whom, `votes` keeps the answers, `desk` is where
a rater and the answers meet, `server` puts that on a local page, `results` sums up.
"""
