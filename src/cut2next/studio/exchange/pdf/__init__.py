"""A board on paper: a grid of panels, or the columns of a Japanese storyboard."""
