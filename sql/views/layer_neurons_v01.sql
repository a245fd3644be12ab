-- View:  {experiment}_layer_{layer}_neurons
-- Needs: numbers
-- What:  every neuron of one layer over an epoch, counted again from the cells: what the view over all experiments has
--        from the trainer.
-- Grain: one row a (Run, Epoch, neuron). Ask for one Run and one Epoch: each costs a reading of every cell.
-- neuron: from 1 to {width}; its cells are the column Gradient{neuron}. cells: those in rows without a NULL cell.
--        zeros: how many of them are 0. mean_abs: mean magnitude; NULL where there are none. non_finite: cells of the
--        neuron that are NULL.
-- How:   every column is summed up at once, in one reading of the table, and the row of sums becomes a row a neuron.
--        Rows with a NULL cell, few if any, are found in the index, since they have no Norm.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (Run, Epoch, neuron, cells, zeros, mean_abs, non_finite) AS
SELECT
    sums.Run,
    sums.Epoch,
    numbers.number,
    sums.finite_rows,
    sums.finite_rows - CASE numbers.number
        -- each neuron
        WHEN {neuron} THEN sums.other{neuron}
        -- end
    END,
    CASE numbers.number
        -- each neuron
        WHEN {neuron} THEN sums.magnitude{neuron}
        -- end
    END / NULLIF(sums.finite_rows, 0),
    CASE numbers.number
        -- each neuron
        WHEN {neuron} THEN sums.null{neuron}
        -- end
    END
FROM (
    SELECT
        Run,
        Epoch,
        -- each neuron
        SUM(magnitude{neuron}) AS magnitude{neuron},
        SUM(other{neuron}) AS other{neuron},
        SUM(null{neuron}) AS null{neuron},
        -- end
        SUM(finite_rows) AS finite_rows
    FROM (
        SELECT
            cells.Run,
            cells.Epoch,
            -- each neuron
            SUM(ABS(cells.Gradient{neuron})) AS magnitude{neuron},
            COUNT(NULLIF(cells.Gradient{neuron}, 0)) AS other{neuron},
            0 AS null{neuron},
            -- end
            COUNT(*) AS finite_rows
        FROM {table} AS cells FORCE INDEX (PRIMARY)
        WHERE LEAST({cells}) IS NOT NULL
        GROUP BY cells.Run, cells.Epoch
        UNION ALL
        SELECT
            indexed.Run,
            indexed.Epoch,
            -- each neuron
            0,
            0,
            SUM(cells.Gradient{neuron} IS NULL),
            -- end
            0
        FROM {table} AS indexed FORCE INDEX (norm_and_mean)
        STRAIGHT_JOIN {table} AS cells
            ON
                cells.Run = indexed.Run
                AND cells.Epoch = indexed.Epoch
                AND cells.Step = indexed.Step
                AND cells.RowIndex = indexed.RowIndex
        WHERE indexed.Norm IS NULL
        GROUP BY indexed.Run, indexed.Epoch
    ) AS parts
    GROUP BY Run, Epoch
) AS sums
INNER JOIN numbers ON numbers.number <= {width}
