"""The geometry judge: what can be said of a cut from faces, their sizes and where they look."""
