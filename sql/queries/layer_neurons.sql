-- What:  every neuron of one layer in one epoch of one run, counted again from the cells: what the view `neurons`
--        has from the trainer.
-- Grain: one row a neuron, from 1 to {width}; its cells are the column Gradient{neuron}.
-- How:   every column is summed up at once, in one reading of the table, and the row of sums becomes a row a neuron.
--        Rows with a NULL cell, few if any, are found in the index, since they have no Norm.
-- Columns:
--   run_id      INT          the run
--   epoch       INT          the epoch
--   neuron      INT          the neuron, from 1
--   cells       INT          its cells in rows without a NULL cell
--   zeros       INT          how many of them are 0
--   mean_abs    DOUBLE NULL  mean magnitude; NULL: no row of the layer's gradient is finite
--   non_finite  INT          cells of the neuron that are NULL
SELECT
    CAST(:run_id AS SIGNED) AS run_id,
    CAST(:epoch AS SIGNED) AS epoch,
    numbers.number AS neuron,
    sums.finite_rows AS cells,
    sums.finite_rows - CASE numbers.number
        -- each neuron
        WHEN {neuron} THEN sums.other{neuron}
        -- end
    END AS zeros,
    CASE numbers.number
        -- each neuron
        WHEN {neuron} THEN sums.magnitude{neuron}
        -- end
    END / NULLIF(sums.finite_rows, 0) AS mean_abs,
    CASE numbers.number
        -- each neuron
        WHEN {neuron} THEN sums.null{neuron}
        -- end
    END AS non_finite
FROM (
    SELECT
        -- each neuron
        SUM(magnitude{neuron}) AS magnitude{neuron},
        SUM(other{neuron}) AS other{neuron},
        SUM(null{neuron}) AS null{neuron},
        -- end
        SUM(finite_rows) AS finite_rows
    FROM (
        SELECT
            -- each neuron
            SUM(ABS(Gradient{neuron})) AS magnitude{neuron},
            COUNT(NULLIF(Gradient{neuron}, 0)) AS other{neuron},
            0 AS null{neuron},
            -- end
            COUNT(*) AS finite_rows
        FROM {table} FORCE INDEX (PRIMARY)
        WHERE run_id = :run_id AND Epoch = :epoch AND LEAST({cells}) IS NOT NULL
        GROUP BY run_id, Epoch
        UNION ALL
        SELECT
            -- each neuron
            0,
            0,
            SUM(cells.Gradient{neuron} IS NULL),
            -- end
            0
        FROM {table} AS indexed FORCE INDEX (norm_and_mean)
        STRAIGHT_JOIN {table} AS cells
            ON
                cells.run_id = indexed.run_id
                AND cells.Epoch = indexed.Epoch
                AND cells.Step = indexed.Step
                AND cells.RowIndex = indexed.RowIndex
        WHERE indexed.run_id = :run_id AND indexed.Epoch = :epoch AND indexed.Norm IS NULL
        GROUP BY indexed.run_id, indexed.Epoch
    ) AS parts
    HAVING SUM(finite_rows) IS NOT NULL
) AS sums
INNER JOIN numbers ON numbers.number <= {width}
ORDER BY neuron
