-- View:    {experiment}_ratio_{next_layer}_{layer}_stored_avg
-- Needs:   stored_norm_avg
-- What:    ratio of the stored mean row norms of two neighbouring layers, to be held against "Layer {layer}" in the
--          paper's Tables 7, 8, 10 and 11; {experiment}_ratio_{next_layer}_{layer}_avg is what was there before
--          storage.
-- Grain:   one row per (run_id, Epoch, Decimals, Filler). Ask for one Decimals and one Filler: each costs a reading of
--          every cell of both layers.
-- Order:   Epoch, Decimals, Filler
-- Columns:
--   run_id                      INT          the run
--   Epoch                       INT          the epoch, from 1
--   Decimals                    INT          decimal places to which every cell is rounded
--   Filler                      DOUBLE       what every column that a layer does not use holds
--   ratio_{next_layer}_{layer}  DOUBLE NULL  stored norm of layer {next_layer} over that of layer {layer}; NULL where
--                                            the denominator is 0, which the paper prints as Infinity, or a norm NULL
--   numerator                   DOUBLE NULL  stored norm of layer {next_layer}; NULL where no row has one
--   denominator                 DOUBLE NULL  stored norm of layer {layer}; NULL where no row has one
-- Why:     a union and not a join, since servers carry conditions into a union, and a join leaves one layer without
--          them.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH norms AS (
    SELECT
        run_id,
        Epoch,
        Decimals,
        Filler,
        norm AS own_norm,
        NULL AS next_norm
    FROM {stored_norm_avg}
    UNION ALL
    SELECT
        run_id,
        Epoch,
        Decimals,
        Filler,
        NULL,
        norm
    FROM {next_stored_norm_avg}
)

SELECT
    run_id,
    Epoch,
    Decimals,
    Filler,
    MAX(next_norm) / NULLIF(MAX(own_norm), 0) AS ratio_{next_layer}_{layer},
    MAX(next_norm) AS numerator,
    MAX(own_norm) AS denominator
FROM norms
GROUP BY run_id, Epoch, Decimals, Filler
