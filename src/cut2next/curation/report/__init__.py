"""A page that shows a folder of cuts: counts, reasons, scores, patterns, and films in time."""
