"""ARP-Eval: dataset × speech system → scores with intervals, gates and a signature."""
