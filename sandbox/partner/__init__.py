"""A stand-in for partners that take our webhooks: checks each signature and keeps each call.

A program of its own that imports nothing of the product; ``README.md`` says how to drive it.
"""
