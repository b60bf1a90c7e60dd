"""Which episode a media file is: by its own name and folders, by the files beside it, and each id once."""
