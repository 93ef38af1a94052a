"""The nouns: rooms, objects, scenes, layouts, and what is said of them. Imports nothing heavy."""
