-- What:  what every epoch of one run is to hold of each layer.
-- Grain: one row a layer.
-- NULL:  batch_size and what follows from it, where the configuration names none.
SELECT
    run_id,
    experiment,
    layer,
    layer_name,
    kind,
    row_meaning,
    layer_rows,
    width,
    batch_size,
    record_every,
    steps,
    step_rows,
    last_rows
FROM expected_rows
WHERE run_id = :run_id
ORDER BY layer
