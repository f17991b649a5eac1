"""Pages that open from disk, and contact sheets.

What they show is given by who asks: nothing here knows what a cut is.
"""
