"""Learning: the loss, the loop, the optimizer, and checkpoints that survive a kill."""
