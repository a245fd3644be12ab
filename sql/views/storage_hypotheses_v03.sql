-- View:    storage_hypotheses
-- What:    ways in which gradients may have been stored before their norms were taken: rounded, and in tables that are
--          as wide for every layer, with one number in the columns that a layer does not use.
-- Grain:   one row per (decimals, filler).
-- Order:   decimals, filler
-- Columns:
--   decimals        INT     decimal places that a stored value keeps
--   filler          DOUBLE  the number in an unused column; 0 adds nothing
--   stored_columns  INT     columns of every table, 128 as in the paper's first layers
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH rounding AS (
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
),

filling AS (
    SELECT CAST(0 AS DOUBLE) AS filler
    UNION ALL
    SELECT CAST(1 AS DOUBLE)
    UNION ALL
    SELECT CAST(1000 AS DOUBLE)
    UNION ALL
    SELECT CAST(100000 AS DOUBLE)
    UNION ALL
    SELECT CAST(1000000 AS DOUBLE)
)

SELECT
    rounding.decimals AS decimals,
    filling.filler AS filler,
    128 AS stored_columns
FROM rounding
CROSS JOIN filling
