-- View:  {experiment}_layer_{layer}_first_cells
-- What:  one layer's gradient table as far as it fits on a screen: the first 8 gradient columns, or all of fewer.
-- Grain: one row a (Run, Epoch, Step, RowIndex).
-- Norm, Mean: of the whole row, all {width} cells of it; NULL where a cell is.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (
    Run, Epoch, Step, RowIndex, {first_columns}, Norm, Mean
) AS
SELECT
    Run,
    Epoch,
    Step,
    RowIndex,
    {first_columns},
    Norm,
    Mean
FROM {table}
