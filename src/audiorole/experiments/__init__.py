"""What no user needs yet or nobody has proven. The rest of the package never imports it; see README.md."""
