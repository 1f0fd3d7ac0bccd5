"""What every service needs and none is about: settings, tokens, problems, database, logs. Mechanism only."""
