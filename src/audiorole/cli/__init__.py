"""The command line: one file per command; parse, call one public function, print."""
