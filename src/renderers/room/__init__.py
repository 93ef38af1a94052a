"""The room as triangle meshes: floor, walls, doors, windows."""

from spatialenv.renderers.room.mesh import room_mesh, room_shell
from spatialenv.renderers.room.style import RoomStyle, make_room_style, room_style_for

__all__ = ["RoomStyle", "make_room_style", "room_mesh", "room_shell", "room_style_for"]
