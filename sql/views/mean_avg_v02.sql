-- View:    {experiment}_layer_{layer}_mean_avg
-- What:    mean gradient of one layer.
-- Grain:   one row per (run_id, Epoch).
-- Order:   Epoch
-- Columns:
--   run_id  INT          the run
--   Epoch   INT          the epoch, from 1
--   mean    DOUBLE NULL  mean over the epoch's rows of Mean, the mean of the row; rows without one are left out; NULL
--                        where no row has one
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    run_id,
    Epoch,
    AVG(Mean) AS mean
FROM {table} FORCE INDEX (norm_and_mean)
GROUP BY run_id, Epoch
