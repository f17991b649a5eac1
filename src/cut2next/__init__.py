"""cut2next: given a film shot and a way to cut, make the next shot (Cut2Next, arXiv 2508.08244)."""

__version__ = "0.1.0"
