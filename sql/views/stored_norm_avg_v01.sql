-- View:  {experiment}_layer_{layer}_stored_norm_avg
-- Needs: storage_hypotheses
-- What:  mean row norm of one layer, had its gradients been stored as a row of storage_hypotheses says. Beside
--        {experiment}_layer_{layer}_norm_avg it shows what such a storage hides.
-- Grain: one row a (Run, Epoch, Decimals, Filler). Ask for one Decimals and one Filler: each costs a reading of
--        every cell.
-- norm:  mean over the epoch's rows of the L2 norm of the row, every cell rounded to Decimals places and every column
--        from {width} up to stored_columns holding Filler; rows without a norm are left out.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (Run, Epoch, Decimals, Filler, norm) AS
SELECT
    cells.Run,
    cells.Epoch,
    storage.decimals,
    storage.filler,
    AVG(
        SQRT(
            {sum_of_rounded_squares}
            + GREATEST(storage.stored_columns - {width}, 0) * storage.filler * storage.filler
        )
    )
FROM {table} AS cells
CROSS JOIN storage_hypotheses AS storage
GROUP BY cells.Run, cells.Epoch, storage.decimals, storage.filler
