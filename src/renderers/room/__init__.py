"""The room as triangle meshes: floor, walls, doors, windows."""
