"""Load on `spatialenv serve`: nothing lost, memory flat, what is wrong refused."""
