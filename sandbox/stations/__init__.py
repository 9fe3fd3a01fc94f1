"""Charging stations that speak OCPP 1.6-J, played by one program of its own. It imports nothing of the product."""
