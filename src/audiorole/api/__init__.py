"""The Python face: what `import audiorole` offers and what each command calls. One module a step of the line."""
