"""Metrics that need no benchmark of their own, one a file, and what a metric is."""
