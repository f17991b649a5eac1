"""What a next shot is judged by, one measure a file; pictures are bytes [H, W, 3]."""
