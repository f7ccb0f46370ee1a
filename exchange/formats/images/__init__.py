"""Images: in a zip, or in a folder of the server."""
