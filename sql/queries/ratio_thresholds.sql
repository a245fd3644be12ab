-- What:  the lines between vanishing, stable and exploding ratios.
-- Grain: one row.
-- NULL:  never.
SELECT
    vanishing,
    exploding,
    exploding_table_6
FROM ratio_thresholds
