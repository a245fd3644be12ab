-- What:  norm of each dense layer (numerator) over norm of the dense layer before it (denominator), in one run.
-- Grain: one row an (epoch, layer), for every dense layer but the last.
-- NULL:  ratio, gradient_ratio: the denominator is 0, or a norm is NULL; numerator, denominator: no row of that layer
--        was finite.
SELECT
    run_id,
    experiment,
    epoch,
    layer,
    next_layer,
    ratio,
    gradient_ratio,
    class,
    numerator,
    denominator
FROM dense_norm_ratios
WHERE run_id = :run_id
ORDER BY epoch, layer
