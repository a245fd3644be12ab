-- What:  one layer's cells by order of magnitude in one epoch of one run, as counted when it was recorded.
-- Grain: one row a (step, exponent); none where they were not counted.
-- Columns:
--   step      INT  the step
--   exponent  INT  power of two that magnitudes are at least; -1075: cells that are 0
--   cells     INT  how many they are
SELECT
    step,
    exponent,
    cells
FROM layer_histograms
WHERE run_id = :run_id AND layer = :layer AND epoch = :epoch
ORDER BY step, exponent
