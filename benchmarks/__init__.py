"""What is measured of the package; not part of the wheel."""
