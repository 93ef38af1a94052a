"""What people can do in a furnished room: walk through it, reach things, use them."""
