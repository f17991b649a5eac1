"""Another architecture under the same tables: a U-Net, to see whether their effect carries over."""
