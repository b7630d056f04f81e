"""Two verdicts on pairs of states, never one: did both build up, and did each answer the other."""
