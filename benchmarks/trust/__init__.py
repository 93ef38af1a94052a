"""Whether the rewards can be trusted: tricks, damage and near misses on many rooms."""
