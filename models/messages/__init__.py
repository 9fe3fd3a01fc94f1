"""Frozen inputs and results of workflows, activities, signals, updates and use cases."""
