"""What the house costs and how fast it is, each figure beside its floor in the same run (``make bench``)."""
