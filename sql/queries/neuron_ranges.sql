-- What:  how alike, how dead and how saturated the neurons of each layer of one run are.
-- Grain: one row an (epoch, layer).
-- Columns:
--   run_id             INT          the run
--   experiment         TEXT         its experiment
--   epoch              INT          the epoch
--   layer              INT          the layer
--   layer_name         TEXT         its name
--   width              INT          its neurons
--   least              DOUBLE NULL  smallest of their mean magnitudes; NULL: no row of the gradient was finite
--   largest            DOUBLE NULL  largest of them; NULL likewise
--   mean               DOUBLE NULL  their mean; NULL likewise
--   dead               INT          neurons that were dead for every sample
--   saturated          DOUBLE NULL  fraction of saturated values; NULL: the layer cannot saturate
--   saturated_neurons  DOUBLE NULL  neurons that were saturated for every sample; NULL likewise
SELECT
    run_id,
    experiment,
    epoch,
    layer,
    layer_name,
    COUNT(*) AS width,
    MIN(mean_abs) AS least,
    MAX(mean_abs) AS largest,
    AVG(mean_abs) AS mean,
    SUM(dead) AS dead,
    AVG(saturated) AS saturated,
    SUM(saturated = 1) AS saturated_neurons
FROM neurons
WHERE run_id = :run_id
GROUP BY run_id, experiment, epoch, layer, layer_name
ORDER BY epoch, layer
