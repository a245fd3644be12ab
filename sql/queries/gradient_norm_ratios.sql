-- What:  norm of layer + 1 (numerator) over norm of layer (denominator), in one run.
-- Grain: one row an (epoch, layer), for every layer but the last.
-- NULL:  ratio: the denominator is 0, or a norm is NULL; numerator, denominator: no row of that layer was finite.
SELECT
    run_id,
    experiment,
    epoch,
    layer,
    ratio,
    class,
    class_table_6,
    numerator,
    denominator
FROM gradient_norm_ratios
WHERE run_id = :run_id
ORDER BY epoch, layer
