"""The public door: where Telegram hands over updates, and where a supervisor asks whether the program works."""
