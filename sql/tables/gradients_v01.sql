-- Table: {experiment}_{layer_name}
-- What:  the gradient of the loss in one layer, as computed, for every recorded batch of every run.
-- Grain: one row a (Run, Epoch, Step, RowIndex). RowIndex, from 0: in a dense layer the input that the weights
--        come from, in an activation layer the sample within the batch.
-- Cells: Gradient1 .. Gradient{width}, one a neuron. NULL: the value was not finite (NaN, infinity, or in double
--        precision beyond 1e150, whose square no server can hold).
-- Norm:  L2 norm of the row. Mean: mean of the row. Both are NULL where any cell is NULL.
-- Index: holds Norm and Mean in the order in which rows arrive, so that loading appends to it and the views
--        answer from it without touching the cells.
CREATE TABLE IF NOT EXISTS {table} (
    Run INT UNSIGNED NOT NULL,
    Epoch SMALLINT UNSIGNED NOT NULL,
    Step INT UNSIGNED NOT NULL,
    RowIndex INT UNSIGNED NOT NULL,
    {gradient_columns},
    Norm DOUBLE GENERATED ALWAYS AS (SQRT({sum_of_squares})) VIRTUAL,
    Mean DOUBLE GENERATED ALWAYS AS ({sum} / {width}) VIRTUAL,
    PRIMARY KEY (Run, Epoch, Step, RowIndex),
    KEY norm_and_mean (Run, Epoch, Step, RowIndex, Norm, Mean)
) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci ROW_FORMAT = DYNAMIC
