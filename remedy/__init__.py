"""`make remedy`: the remedies of a run's diagnosis, trained for a few epochs and compared.

candidates   the remedies as experiments, and their files
trials       their training, on the run's data and seed, stopped early where it fails
table        before and after, best first

The only package above both trainer and analysis: it trains what the diagnosis names.
"""
