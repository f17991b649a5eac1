"""A board's ways in and out: files of scripts, pictures, storyboards and editing rooms.

Pure functions from values to files and back: neither the server nor the store is known here, and
what a stranger's file names is looked for beside it, never where it says.
"""
