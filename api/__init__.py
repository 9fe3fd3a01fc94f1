"""The HTTP front: JSON for partners and people's own tools under ``v1``, who may do what under ``auth``."""
