"""What is done on the way from a film to cuts: to a stretch of it, then to its shots."""
