"""A stand-in for everybody's mail: a real SMTP server that keeps what it gets, to be read over HTTP.

A program of its own that imports nothing of the product; ``README.md`` says how to drive it.
"""
