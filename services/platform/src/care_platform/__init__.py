"""What every service needs and none is about: tokens, problems, database and logs. Mechanism only."""
