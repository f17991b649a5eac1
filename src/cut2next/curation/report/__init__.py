"""A page that shows a folder of cuts: counts, reasons, scores, patterns, and films in time.

`survey.py` gathers in one pass without pictures, `histograms.py` and `timeline.py` lay out what is
drawn, `page.py` writes it.
"""
