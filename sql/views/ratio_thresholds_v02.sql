-- View:    ratio_thresholds
-- What:    the one place that holds the lines between vanishing, stable and exploding ratios.
-- Grain:   one row.
-- Order:   vanishing
-- Columns:
--   vanishing          DOUBLE  a ratio at or below it vanishes
--   exploding          DOUBLE  a ratio above it explodes (the line that the paper's figures draw)
--   exploding_table_6  DOUBLE  the same line as the paper's Table 6 states it
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    CAST(0.001 AS DOUBLE) AS vanishing,
    CAST(1000 AS DOUBLE) AS exploding,
    CAST(5 AS DOUBLE) AS exploding_table_6
