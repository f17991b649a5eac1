"""Curation: from many cuts to those that a person chose, as the paper's CuratedCuts were."""
