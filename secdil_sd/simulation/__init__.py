"""Labels on: values in, datasets out."""
