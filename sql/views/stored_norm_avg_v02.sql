-- View:    {experiment}_layer_{layer}_stored_norm_avg
-- Needs:   storage_hypotheses
-- What:    mean row norm of one layer, had its gradients been stored as a row of storage_hypotheses says. Beside
--          {experiment}_layer_{layer}_norm_avg it shows what such a storage hides.
-- Grain:   one row per (run_id, Epoch, Decimals, Filler). Ask for one Decimals and one Filler: each costs a reading of
--          every cell.
-- Order:   Epoch, Decimals, Filler
-- Columns:
--   run_id    INT          the run
--   Epoch     INT          the epoch, from 1
--   Decimals  INT          decimal places to which every cell is rounded
--   Filler    DOUBLE       what every column from {width} up to stored_columns holds
--   norm      DOUBLE NULL  mean over the epoch's rows of the L2 norm of the row so stored; rows without a norm are left
--                          out; NULL where no row has one
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    cells.run_id AS run_id,
    cells.Epoch AS Epoch,
    storage.decimals AS Decimals,
    storage.filler AS Filler,
    AVG(
        SQRT(
            {sum_of_rounded_squares}
            + GREATEST(storage.stored_columns - {width}, 0) * storage.filler * storage.filler
        )
    ) AS norm
FROM {table} AS cells
CROSS JOIN storage_hypotheses AS storage
GROUP BY cells.run_id, cells.Epoch, storage.decimals, storage.filler
