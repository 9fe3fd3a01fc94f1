"""Runs the whole house on one machine: the embedded servers, our own processes and the sandbox."""
