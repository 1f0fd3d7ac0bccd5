"""What every endpoint uses: requests read strictly, problems, the OpenAPI document."""
