"""Films to cuts: data sets of cuts on disk, made, written and read.

Nothing is imported here, so that the command line can tell of thresholds without loading Parquet.
`record.py` says what is known of a cut; `dataset.py` reads folders of them, `writer.py` writes one.
"""
