-- View:    layer_sizes
-- What:    how large every layer's gradient is, and how many of its rows a run has computed and stored.
-- Grain:   one row per (run_id, layer).
-- Order:   layer
-- Columns:
--   run_id         INT          the run
--   experiment     TEXT         the experiment's name
--   layer          INT          the layer, from 1
--   layer_name     TEXT         the layer's name, such as layer_2_sigmoid
--   source_name    TEXT NULL    the name of the parameter or module in the model that was watched; NULL in the trainer's
--   kind           TEXT         what the layer does, such as dense or sigmoid
--   row_meaning    TEXT         what a row of the gradient belongs to: input, one of the inputs of a weight matrix;
--                               sample, one of the images of a batch; or element, where it is a row of any other tensor
--   gain           DOUBLE NULL  the activation's gain, by which initial weights are scaled; NULL where none is known
--   flat           TEXT NULL    where the activation saturates: below, or on both sides; NULL where it does not
--   rows_per_step  INT          rows of the gradient at a full batch
--   width          INT          neurons, which are cells of a row
--   computed_rows  INT          rows that the statistics of the recorded steps were taken from
--   stored_rows    INT          rows in the gradient table; 0 where a run kept statistics alone
--   kept           TEXT         full where every gradient has its row, else statistics
--   parameters     INT NULL     weights of the layer; NULL where it has none
--   frozen         INT          1 where it was not trained when the run began, else 0
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
SELECT
    layers.run_id AS run_id,
    runs.experiment AS experiment,
    layers.layer AS layer,
    layers.layer_name AS layer_name,
    layers.source_name AS source_name,
    layers.kind AS kind,
    layers.row_meaning AS row_meaning,
    layers.gain AS gain,
    layers.flat AS flat,
    layers.row_count AS rows_per_step,
    layers.width AS width,
    (
        SELECT COALESCE(SUM(steps.row_count), 0)
        FROM step_statistics AS steps
        WHERE steps.run_id = layers.run_id AND steps.layer = layers.layer
    ) AS computed_rows,
    (
        SELECT COALESCE(SUM(progress.row_count), 0)
        FROM telemetry_progress AS progress
        WHERE progress.run_id = layers.run_id AND progress.layer = layers.layer
    ) AS stored_rows,
    layers.kept AS kept,
    layers.parameters AS parameters,
    layers.frozen AS frozen
FROM layers
INNER JOIN runs ON runs.run_id = layers.run_id
