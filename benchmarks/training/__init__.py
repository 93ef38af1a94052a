"""What a training step costs, and where."""
