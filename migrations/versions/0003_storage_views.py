"""Views of what a lossy storage makes of the norms and their ratios."""

from vanishing_gradients.migrations.steps import views

revision, down_revision = "0003", "0002"

upgrade, downgrade = views(storage_hypotheses=1, stored_norm_avg=1, stored_ratio_avg=1)
