"""Clinics, staff, partners and clients: identity, which never enters an event."""
