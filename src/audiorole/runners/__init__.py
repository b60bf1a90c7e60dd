"""Where work runs: in this process, in a pool of processes, or on Ray. One method, `map`; equal bytes from all."""
