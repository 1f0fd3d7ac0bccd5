"""The API process, composed of the endpoints of every slice."""
