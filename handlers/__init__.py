"""The conversation: what each command, button and message does. A role is a file; `routes` is the map."""
