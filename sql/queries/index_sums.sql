-- What:  Norm and Mean of one epoch of one layer of one run summed up step by step, as their index has them and the
--        views read them.
-- Grain: one row a step.
-- Columns:
--   step        INT          the step
--   row_count   INT          rows in the index
--   norms       INT          rows whose Norm is not NULL
--   norm_sum    DOUBLE NULL  sum of Norm; NULL, as in all sums: no row of the step has one
--   square_sum  DOUBLE NULL  sum of the square of Norm
--   means       INT          rows whose Mean is not NULL
--   mean_sum    DOUBLE NULL  sum of Mean
SELECT
    Step AS step,
    COUNT(*) AS row_count,
    COUNT(Norm) AS norms,
    SUM(Norm) AS norm_sum,
    SUM(Norm * Norm) AS square_sum,
    COUNT(Mean) AS means,
    SUM(Mean) AS mean_sum
FROM {table} FORCE INDEX (norm_and_mean)
WHERE run_id = :run_id AND Epoch = :epoch
GROUP BY Step
ORDER BY Step
