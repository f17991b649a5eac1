"""The studio's server: everything the page does is a call that anybody's program can make.

FastAPI's routes over a store, a dispatcher of jobs and what keeps both; `app.app_of` puts them
together. What is decoded, written or computed is done in threads, so that no client waits for
another.
"""
