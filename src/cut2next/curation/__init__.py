"""Curation: from many cuts to those that a person chose, as the paper's CuratedCuts were.

`ranking.py` says which to look at first, `decisions.py` holds what was decided, `matching.py` finds
the cuts again in a rebuilt set, `agreement.py` joins curators, `sheet.py` writes the page to decide
on, and `curating.py` puts them together. `report/` shows a whole set.
"""
