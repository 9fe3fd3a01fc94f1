"""Charging stations that speak OCPP 1.6-J, 2.0.1 and 2.1, played by one program of its own.

It imports nothing of the product.
"""
