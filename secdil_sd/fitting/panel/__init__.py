"""Many dyads at once: each fitted as a member of one ensemble, pooled as far as they are alike."""
