"""A set of cuts on disk: what is known of a cut, how it is stored, and what is done with a set.

`record.py` says what is known of a cut; `dataset.py` reads folders of them, `writer.py` writes one;
`selection.py` says which are kept. Nothing is imported here, so that the command line can tell of
thresholds without loading Parquet.
"""
