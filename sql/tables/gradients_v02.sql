-- Table:     {experiment}_{layer_name}
-- What:      the gradient of the loss in one layer, as computed, for every recorded batch of every run.
-- Grain:     one row per (run_id, Epoch, Step, RowIndex). RowIndex, from 0: in a layer of weights the input that the
--            weights come from, in an activation layer the sample within the batch.
-- Cells:     Gradient1 .. Gradient{width}, one per neuron. NULL: the value was not finite (NaN, infinity, or in double
--            precision beyond 1e150, whose square no server can hold).
-- SmallNorm: L2 norm of a row whose squares are too small to be added up by the server; NULL: they are not.
-- Norm:      L2 norm of the row. Mean: mean of the row. Both are NULL where any cell is NULL.
-- Index:     holds Norm and Mean in the order in which rows arrive, so that loading appends to it and the views
--            answer from it without touching the cells.
CREATE TABLE IF NOT EXISTS {table} (
    run_id INT UNSIGNED NOT NULL,
    Epoch SMALLINT UNSIGNED NOT NULL,
    Step INT UNSIGNED NOT NULL,
    RowIndex INT UNSIGNED NOT NULL,
    -- each neuron
    Gradient{neuron} {column_type} NULL,
    -- end
    SmallNorm DOUBLE NULL,
    Norm DOUBLE GENERATED ALWAYS AS (COALESCE(SmallNorm, SQRT({sum_of_squares}))) VIRTUAL,
    Mean DOUBLE GENERATED ALWAYS AS ({sum} / {width}) VIRTUAL,
    PRIMARY KEY (run_id, Epoch, Step, RowIndex),
    KEY norm_and_mean (run_id, Epoch, Step, RowIndex, Norm, Mean)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC
