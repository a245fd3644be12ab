-- View:    training_curves
-- What:    loss and accuracy of every run, epoch by epoch.
-- Grain:   one row per (run_id, epoch).
-- Order:   epoch
-- Columns:
--   run_id         INT          the run
--   experiment     TEXT         the experiment's name
--   seed           INT NULL     seed of all that is random; NULL, as dataset, where a watched model's was not told
--   dataset        TEXT NULL    the data set's name
--   epoch          INT          the epoch, from 1
--   loss           DOUBLE NULL  over the training images as the epoch met them, weights changing meanwhile; NULL where
--                               it was not finite, or of a watched model was not told, as all that follow
--   accuracy       DOUBLE NULL  fraction of them that were right
--   test_loss      DOUBLE NULL  over the test images, or other data held out, after the epoch; NULL also where it was
--                               not finite
--   test_accuracy  DOUBLE NULL  fraction of the test images that were right
--   learning_rate  DOUBLE NULL  at the epoch's last step
--   seconds        DOUBLE       wall time of the epoch
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    runs.run_id AS run_id,
    runs.experiment AS experiment,
    runs.seed AS seed,
    runs.dataset AS dataset,
    metrics.epoch AS epoch,
    metrics.loss AS loss,
    metrics.accuracy AS accuracy,
    metrics.test_loss AS test_loss,
    metrics.test_accuracy AS test_accuracy,
    metrics.learning_rate AS learning_rate,
    metrics.seconds AS seconds
FROM runs
INNER JOIN epoch_metrics AS metrics ON metrics.run_id = runs.run_id
