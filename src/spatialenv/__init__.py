"""Gymnasium environments, rewards and trainers that teach vision-language models to furnish rooms."""
