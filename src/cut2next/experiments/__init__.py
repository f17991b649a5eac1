"""Experiments: what is true of the method, on the film set, where truth is known exactly."""
