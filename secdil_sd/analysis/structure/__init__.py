"""What drives what: causes and uses, terms of a derivative, differences between runs."""
