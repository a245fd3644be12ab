-- View:  storage_hypotheses
-- What:  ways in which gradients may have been stored before their norms were taken: rounded, and in tables that are
--        as wide for every layer, with one number in the columns that a layer does not use.
-- Grain: one row a (decimals, filler).
-- decimals: decimal places that a stored value keeps. filler: the number in an unused column; 0 adds nothing.
-- stored_columns: columns of every table, 128 as in the paper's first layers.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW storage_hypotheses (decimals, filler, stored_columns) AS
SELECT
    rounding.decimals,
    filling.filler,
    128
FROM (
    SELECT 4 AS decimals
    UNION ALL
    SELECT 5
    UNION ALL
    SELECT 6
    UNION ALL
    SELECT 7
    UNION ALL
    SELECT 8
    UNION ALL
    SELECT 10
    UNION ALL
    SELECT 12
) AS rounding
CROSS JOIN (
    SELECT 0e0 AS filler
    UNION ALL
    SELECT 1e0
    UNION ALL
    SELECT 1e3
    UNION ALL
    SELECT 1e5
    UNION ALL
    SELECT 1e6
) AS filling
