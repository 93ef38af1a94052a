"""What runs inside Blender: the standard library, numpy and bpy are all that it needs."""
