"""Pages that open from disk, small pictures for them, and contact sheets.

What they show is given by who asks: nothing here knows what a cut is.
"""
