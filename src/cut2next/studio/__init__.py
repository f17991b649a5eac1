"""The studio: a storyboard on a page of one's own machine, whose next shots a maker makes.

A board is an immutable value (`board`), changed by operations that have exact inverses. The server
keeps it, its log and its jobs in one folder; the page shows it and sends operations. Nothing here
imports torch but the process that makes pictures.
"""
