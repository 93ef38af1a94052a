"""The renderer `gl`: what `fast` draws, drawn by OpenGL without a display."""
