-- View:  {experiment}_ratio_{next_layer}_{layer}_avg
-- Needs: norm_avg
-- What:  ratio of the mean row norms of two neighbouring layers, the paper's Figure 9: "Layer {layer}" in its
--        Tables 7, 8, 10 and 11.
-- Grain: one row a (Run, Epoch).
-- ratio: norm of layer {next_layer} over norm of layer {layer}; NULL where the denominator is 0 or either is NULL.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (Run, Epoch, ratio_{next_layer}_{layer}) AS
SELECT
    denominator.Run,
    denominator.Epoch,
    numerator.norm / NULLIF(denominator.norm, 0)
FROM {norm_avg} AS denominator
INNER JOIN {next_norm_avg} AS numerator
    ON numerator.Run = denominator.Run AND numerator.Epoch = denominator.Epoch
