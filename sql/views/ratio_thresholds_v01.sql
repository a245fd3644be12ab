-- View:  ratio_thresholds
-- What:  the one place that holds the lines between vanishing, stable and exploding ratios.
-- Grain: one row.
-- vanishing: a ratio at or below it vanishes. exploding: a ratio above it explodes (the line that the paper's figures
--        draw). exploding_table_6: the same line as the paper's Table 6 states it.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW ratio_thresholds (vanishing, exploding, exploding_table_6) AS
SELECT
    1e-3,
    1e3,
    5e0
