"""Which lines one person says, before anybody is named."""
