"""Access, the way of a request, and any request the document allows."""
