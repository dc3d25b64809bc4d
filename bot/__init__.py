"""The running program: settings, intake, delivery, jobs, and the commands that put them together."""
