-- View:  {experiment}_layer_{layer}_index_sums
-- What:  Norm and Mean of one layer summed up step by step, as their index has them and the other views read them.
-- Grain: one row a (Run, Epoch, Step).
-- row_count: rows in the index. norms, means: rows whose Norm and Mean are not NULL. norm_sum, square_sum, mean_sum:
--        sums of Norm, of its square, and of Mean; NULL where no row has one.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (
    Run, Epoch, Step, row_count, norms, norm_sum, square_sum, means, mean_sum
) AS
SELECT
    Run,
    Epoch,
    Step,
    COUNT(*),
    COUNT(Norm),
    SUM(Norm),
    SUM(Norm * Norm),
    COUNT(Mean),
    SUM(Mean)
FROM {table} FORCE INDEX (norm_and_mean)
GROUP BY Run, Epoch, Step
