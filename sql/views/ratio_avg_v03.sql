-- View:    {experiment}_ratio_{next_layer}_{layer}_avg
-- Needs:   norm_avg
-- What:    ratio of the mean row norms of two neighbouring layers, the paper's Figure 9: "Layer {layer}" in its Tables
--          7, 8, 10 and 11.
-- Grain:   one row per (run_id, Epoch).
-- Order:   Epoch
-- Columns:
--   run_id                      INT          the run
--   Epoch                       INT          the epoch, from 1
--   ratio_{next_layer}_{layer}  DOUBLE NULL  norm of layer {next_layer} over norm of layer {layer}; NULL where the
--                                            denominator is 0 or either is NULL; 1e300 stands for all that is larger
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    denominator.run_id AS run_id,
    denominator.Epoch AS Epoch,
    CASE
        WHEN denominator.norm > 0
            THEN numerator.norm / GREATEST(denominator.norm, numerator.norm / CAST('1e300' AS DOUBLE))
    END AS ratio_{next_layer}_{layer}
FROM {norm_avg} AS denominator
INNER JOIN {next_norm_avg} AS numerator
    ON numerator.run_id = denominator.run_id AND numerator.Epoch = denominator.Epoch
