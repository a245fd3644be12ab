-- View:  {experiment}_layer_{layer}_mean_avg
-- What:  mean gradient of one layer.
-- Grain: one row a (Run, Epoch).
-- mean:  mean over the epoch's rows of Mean, the mean of the row; rows without one are left out; NULL where no row
--        has one.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (Run, Epoch, mean) AS
SELECT
    Run,
    Epoch,
    AVG(Mean)
FROM {table} FORCE INDEX (norm_and_mean)
GROUP BY Run, Epoch
