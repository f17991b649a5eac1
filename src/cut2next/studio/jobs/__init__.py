"""Jobs: next shots that are made beside everything else, a worker process for each device."""
