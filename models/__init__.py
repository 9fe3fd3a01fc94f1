"""What the business is and does. Knows nothing of Temporal, HTTP or OCPP."""
