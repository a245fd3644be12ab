-- What:  how large every layer's gradient is in one run, and how many of its rows were computed and stored.
-- Grain: one row a layer.
-- NULL:  never.
SELECT
    run_id,
    experiment,
    layer,
    layer_name,
    kind,
    rows_per_step,
    width,
    computed_rows,
    stored_rows
FROM layer_sizes
WHERE run_id = :run_id
ORDER BY layer
