"""Learning: the loss, the loops, the optimizer, and checkpoints that survive a kill."""
