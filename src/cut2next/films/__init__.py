"""Films to cuts: shots and their keyframes found, scored and paired, by many processes.

`steps/` go from a film to its cuts, `engines/` run them on stretches of film, `rawcuts.py` is the
whole way; `movienet.py` takes what others have found. Nothing is imported here.
"""
