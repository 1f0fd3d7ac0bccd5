"""The HTTP interface: an endpoint is parse, call, answer."""
