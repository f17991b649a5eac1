"""The steps from a film to cuts: each takes the records of the one before, and gives records."""
