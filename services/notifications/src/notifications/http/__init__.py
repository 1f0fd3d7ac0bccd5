"""What every endpoint uses: who calls, bodies read strictly, problems, examples."""
