"""What a metric is, and metrics that need no benchmark of their own."""
