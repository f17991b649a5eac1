"""Where stretches of films are worked on: processes of this machine, or a Ray cluster.

An engine is a function from stretches to outcomes in whatever order they are done. What it does to
each is the same (`work.py`), and results go to disk, so engines cannot differ in what comes out.
"""
