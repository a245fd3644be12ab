-- View:  {experiment}_ratio_{next_layer}_{layer}_stored_avg
-- Needs: stored_norm_avg
-- What:  ratio of the stored mean row norms of two neighbouring layers, to be held against "Layer {layer}" in the
--        paper's Tables 7, 8, 10 and 11; {experiment}_ratio_{next_layer}_{layer}_avg is what was there before storage.
-- Grain: one row a (Run, Epoch, Decimals, Filler). Ask for one Decimals and one Filler: each costs a reading of
--        every cell of both layers.
-- ratio: stored norm of layer {next_layer} over that of layer {layer}; NULL where the denominator is 0, which the
--        paper prints as Infinity. numerator, denominator: the two norms.
-- Why a union and not a join: both servers carry conditions into it, and a join leaves one layer without them.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (
    Run, Epoch, Decimals, Filler, ratio_{next_layer}_{layer}, numerator, denominator
) AS
SELECT
    Run,
    Epoch,
    Decimals,
    Filler,
    MAX(next_norm) / NULLIF(MAX(own_norm), 0),
    MAX(next_norm),
    MAX(own_norm)
FROM (
    SELECT
        Run,
        Epoch,
        Decimals,
        Filler,
        norm AS own_norm,
        NULL AS next_norm
    FROM {stored_norm_avg}
    UNION ALL
    SELECT
        Run,
        Epoch,
        Decimals,
        Filler,
        NULL,
        norm
    FROM {next_stored_norm_avg}
) AS norms
GROUP BY Run, Epoch, Decimals, Filler
