"""What every feature stands on: clock, database, errors, geography, outbox. Knows no feature and no HTTP."""
