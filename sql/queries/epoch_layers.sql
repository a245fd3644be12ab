-- What:  what one layer came to in one epoch of one run, as summed up when the epoch closed.
-- Grain: one row; none where it was not summed up.
-- Columns:
--   norm               DOUBLE NULL  mean row norm; NULL, as in what follows but counts: no row is finite
--   gradient_norm      DOUBLE NULL  mean over the steps of the norm of the whole gradient
--   mean               DOUBLE NULL  mean value
--   median             DOUBLE NULL  median over the steps of their medians
--   mean_abs           DOUBLE NULL  mean magnitude
--   zeros              DOUBLE NULL  fraction of values that are 0
--   below_1em3         DOUBLE NULL  fraction of magnitudes below 1e-3
--   below_1em5         DOUBLE NULL  fraction of magnitudes below 1e-5
--   non_finite         DOUBLE       values that are not finite
--   steps              DOUBLE       steps that have a gradient_norm
--   mean_norm          DOUBLE NULL  gradient_norm again, beside its deviation
--   std                DOUBLE NULL  sample standard deviation of the steps' gradient_norm; NULL for less than two
--   min                DOUBLE NULL  smallest of them
--   max                DOUBLE NULL  largest of them
--   weight_norm        DOUBLE NULL  mean norm of the weights; NULL, as the four that follow, in a layer without weights
--   update_norm        DOUBLE NULL  mean norm of their changes
--   ratio              DOUBLE NULL  mean over the steps of the one over the other
--   clipped_norm       DOUBLE NULL  mean norm after clipping
--   clipped            DOUBLE NULL  fraction of clipped steps
--   width              DOUBLE NULL  neurons that have statistics; NULL, as dead and fraction: none has
--   dead               DOUBLE NULL  how many are dead
--   fraction           DOUBLE NULL  dead over width
--   saturated          DOUBLE NULL  fraction of values that are saturated; NULL where the layer cannot be
--   saturated_neurons  DOUBLE NULL  neurons that are so for every sample; NULL likewise
--   mean_square        DOUBLE NULL  mean over the steps of |g|^2; NULL, as the two that follow, where it was not summed up
--   square_of_mean     DOUBLE NULL  |mean of g|^2
--   noise_scale        DOUBLE NULL  what they come to, in samples
--   norm_1             DOUBLE NULL  mean over the steps of the L1 norm of the whole gradient
--   norm_max           DOUBLE NULL  mean over the steps of its largest magnitude
SELECT
    norm,
    gradient_norm,
    mean,
    median,
    mean_abs,
    zeros,
    below_1em3,
    below_1em5,
    non_finite,
    steps,
    mean_norm,
    std,
    min,
    max,
    weight_norm,
    update_norm,
    ratio,
    clipped_norm,
    clipped,
    width,
    dead,
    fraction,
    saturated,
    saturated_neurons,
    mean_square,
    square_of_mean,
    noise_scale,
    norm_1,
    norm_max
FROM epoch_layers
WHERE run_id = :run_id AND layer = :layer AND epoch = :epoch
