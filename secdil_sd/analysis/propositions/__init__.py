"""The essay's claims, each simulated: where they hold, what decides it, what they hang on."""
