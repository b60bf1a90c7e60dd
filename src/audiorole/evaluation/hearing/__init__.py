"""What can be heard in a reply, each fact found once however many metrics ask for it."""
