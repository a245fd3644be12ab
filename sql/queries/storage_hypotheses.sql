-- What:  ways in which gradients may have been stored before their norms were taken.
-- Grain: one row a (decimals, filler).
SELECT
    decimals,
    filler,
    stored_columns
FROM storage_hypotheses
ORDER BY decimals, filler
