"""A stand-in for a grid operator: takes connection requests, works them, reports by signed webhooks.

A program of its own that imports nothing of the product; ``README.md`` says how to drive it.
"""
