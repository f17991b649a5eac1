"""Pictures and texts as vectors: the networks that read them, and what was read, kept on disk.

Metrics ask `Features` (features.py) and know no network. Each network is a file (dinov2.py,
clip.py, inception.py) that says which of its vectors is taken and why.
"""
