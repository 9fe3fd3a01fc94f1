"""Pure rules: frozen values in and out; no clock, no session, no await, no table."""
