"""Rewards in the form that other trainers call."""
