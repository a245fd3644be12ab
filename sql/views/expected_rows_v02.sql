-- View:  expected_rows
-- What:  what every epoch of a run holds of each layer, worked out from the catalogue alone.
-- Grain: one row a (run_id, layer).
-- layer_rows: rows of a whole batch as `layers` lists them. width: neurons, which are cells of a row. batch_size: from
--        the run's configuration; NULL where that names none. steps: batches of an epoch, of which 1, 1 + record_every,
--        1 + 2 * record_every and so on are recorded. step_rows: rows of each of them but for the last batch; last_rows:
--        rows of the last, which in a layer without weights (dense ones and projections have them) are as many as images
--        are left for it.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW expected_rows (
    run_id, experiment, layer, layer_name, kind, layer_rows, width, batch_size, record_every, steps, step_rows, last_rows
) AS
SELECT
    layers.run_id,
    plans.experiment,
    layers.layer,
    layers.layer_name,
    layers.kind,
    layers.`rows`,
    layers.width,
    plans.batch_size,
    plans.record_every,
    plans.steps,
    CASE
        WHEN layers.kind IN ('dense', 'projection') THEN layers.`rows`
        ELSE LEAST(plans.batch_size, plans.training_images)
    END,
    CASE
        WHEN layers.kind IN ('dense', 'projection') THEN layers.`rows`
        ELSE plans.training_images - (plans.steps - 1) * plans.batch_size
    END
FROM layers
INNER JOIN (
    SELECT
        sizes.run_id,
        sizes.experiment,
        sizes.record_every,
        sizes.training_images,
        sizes.batch_size,
        (sizes.training_images + sizes.batch_size - 1) DIV NULLIF(sizes.batch_size, 0) AS steps
    FROM (
        SELECT
            run_id,
            experiment,
            record_every,
            training_images,
            CAST(JSON_UNQUOTE(JSON_EXTRACT(config, '$.batch_size')) AS SIGNED) AS batch_size
        FROM runs
    ) AS sizes
) AS plans ON plans.run_id = layers.run_id
