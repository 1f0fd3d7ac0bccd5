"""Technical code that both services use: settings, tokens, problems, database, logs. Nothing of care."""
