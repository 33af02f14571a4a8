"""Which counts of people may be published: policies, ties between counts, the attack."""
