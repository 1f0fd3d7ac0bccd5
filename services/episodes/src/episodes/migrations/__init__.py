"""The tables of the service, the event library's included, in order of their making."""
