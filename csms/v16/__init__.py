"""OCPP 1.6-J: its messages to our events, our commands to its calls. No business rule stands here."""
