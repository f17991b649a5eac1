"""From folders of cuts to micro-batches by number: checked, sized, read once, dealt out evenly."""
