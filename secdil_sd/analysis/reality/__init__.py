"""What an author expects of a model, tried: propositions and Vensim's Reality Check."""
