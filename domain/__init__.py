"""The rules: plain values and tables. No Telegram, no database, no clock; times are passed in."""
