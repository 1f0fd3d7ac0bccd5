"""A partner as an outsider would write one. Of our code it uses only the demo's addresses and a token."""
