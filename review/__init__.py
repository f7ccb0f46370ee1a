"""What people say: claims, decisions, measurement, export. May import `labeling`, never the reverse."""
