"""What every endpoint uses: the caller, strict reading of bodies, problems, examples."""
