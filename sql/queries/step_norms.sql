-- What:  how much the norms of the gradients of one run vary from step to step.
-- Grain: one row an (epoch, layer).
-- NULL:  std: less than two steps have a norm; the others but for steps: none has.
SELECT
    run_id,
    experiment,
    epoch,
    layer,
    layer_name,
    steps,
    mean_norm,
    std,
    min,
    max
FROM step_norms
WHERE run_id = :run_id
ORDER BY epoch, layer
