"""Scores over HTTP: a server for trainers that run elsewhere, and its client."""
