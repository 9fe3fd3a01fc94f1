"""The demo: the main road with its bends, played and checked through what outside parties and people have in hand.

Player and checker know the API, OCPP, webhooks, mail and the Temporal UI; no product code is imported here.
"""
