"""The pure domain: state, time and values."""
