"""The HTTP application, composed of the endpoints of every slice."""
