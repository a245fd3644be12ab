-- What:  the gradients of one run at the newest recorded step of the epoch under way.
-- Grain: one row a layer; none between epochs.
-- Columns:
--   layer          INT          the layer
--   epoch          INT          the epoch
--   step           INT          the step
--   norm           DOUBLE NULL  mean row norm; NULL: no row is finite
--   gradient_norm  DOUBLE NULL  L2 norm of the whole gradient; NULL likewise
--   zeros          DOUBLE NULL  fraction of values that are 0; NULL likewise
--   below_1em5     DOUBLE NULL  fraction of magnitudes below 1e-5; NULL likewise
--   update_ratio   DOUBLE NULL  norm of the change of the weights over that of the weights; NULL: it has none
--   non_finite     INT NULL     values that are not finite
--   recent_median  DOUBLE NULL  median of gradient_norm over the last 50 recorded steps; NULL: there are fewer than two
SELECT
    layer,
    epoch,
    step,
    norm,
    gradient_norm,
    zeros,
    below_1em5,
    update_ratio,
    non_finite,
    recent_median
FROM pulse_layers
WHERE run_id = :run_id
ORDER BY layer
