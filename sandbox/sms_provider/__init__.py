"""A stand-in for the SMS provider: Twilio's REST API, its signed webhooks, and everybody's phones.

A program of its own that imports nothing of the product; ``README.md`` says how to drive it.
"""
