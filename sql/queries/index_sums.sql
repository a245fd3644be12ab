-- What:  Norm and Mean of one epoch of one layer of one run summed up step by step, as their index has them and the
--        views read them.
-- Grain: one row a step.
-- row_count: rows in the index. norms, means: rows whose Norm and Mean are not NULL. norm_sum, square_sum, mean_sum:
--        sums of Norm, of its square, and of Mean.
-- NULL:  no row of the step has one.
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
