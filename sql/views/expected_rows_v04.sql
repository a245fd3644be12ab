-- View:    expected_rows
-- What:    what every epoch of a run holds of each layer, worked out from the catalogue alone.
-- Grain:   one row per (run_id, layer).
-- Order:   layer
-- Columns:
--   run_id        INT       the run
--   experiment    TEXT      the experiment's name
--   layer         INT       the layer, from 1
--   layer_name    TEXT      the layer's name, such as layer_2_sigmoid
--   kind          TEXT      what the layer does, such as dense or sigmoid
--   row_meaning   TEXT      what a row of the gradient belongs to: input, one of the inputs of a weight matrix; sample,
--                           one of the images of a batch; or element, where it is a row of any other tensor
--   layer_rows    INT       rows of a whole batch as `layers` lists them
--   width         INT       neurons, which are cells of a row
--   batch_size    INT NULL  images of a batch, from the run's configuration; NULL where that names none, and of a model
--                           that was watched: its recorded steps, and their samples, are in recorded_steps
--   record_every  INT       steps from one recorded step to the next, of which the first is 1
--   steps         INT NULL  batches of an epoch; NULL where batch_size is
--   step_rows     INT NULL  rows of every recorded batch but the last; NULL where batch_size is, and a row is no input
--   last_rows     INT NULL  rows of the last batch, which in a layer whose rows are no inputs of its weights are as
--                           many as images are left for it; NULL where step_rows is
--   kept          TEXT      full where every gradient has its row, else statistics
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH sizes AS (
    SELECT
        run_id,
        experiment,
        record_every,
        training_images,
        CASE source
            WHEN 'trainer' THEN CAST(JSON_UNQUOTE(JSON_EXTRACT(config, '$.batch_size')) AS SIGNED)
        END AS batch_size
    FROM runs
),

plans AS (
    SELECT
        sizes.run_id,
        sizes.experiment,
        sizes.record_every,
        sizes.training_images,
        sizes.batch_size,
        (sizes.training_images + sizes.batch_size - 1) DIV NULLIF(sizes.batch_size, 0) AS steps
    FROM sizes
)

SELECT
    layers.run_id AS run_id,
    plans.experiment AS experiment,
    layers.layer AS layer,
    layers.layer_name AS layer_name,
    layers.kind AS kind,
    layers.row_meaning AS row_meaning,
    layers.row_count AS layer_rows,
    layers.width AS width,
    plans.batch_size AS batch_size,
    plans.record_every AS record_every,
    plans.steps AS steps,
    CASE layers.row_meaning
        WHEN 'input' THEN layers.row_count
        ELSE LEAST(plans.batch_size, plans.training_images)
    END AS step_rows,
    CASE layers.row_meaning
        WHEN 'input' THEN layers.row_count
        ELSE plans.training_images - (plans.steps - 1) * plans.batch_size
    END AS last_rows,
    layers.kept AS kept
FROM layers
INNER JOIN plans ON plans.run_id = layers.run_id
