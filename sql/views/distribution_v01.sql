-- View:    {experiment}_layer_{layer}_distribution
-- Needs:   numbers
-- What:    one layer's gradients by order of magnitude, as a histogram in decades.
-- Grain:   one row a (Run, Epoch, Step, decade), for every decade. Ask for one Run and one Epoch: each costs a reading
--          of every cell.
-- How:     INTERVAL finds the place of a cell among the powers of ten. A row counts its cells in whole numbers, several
--          decades to each, one above the other in bits, so that a cell is looked at once a number and not once a
--          decade. What is below a number's decades gathers in its lowest place, which is not read; what is above them
--          is shifted out of its 64 bits.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (Run, Epoch, Step, decade, cells) AS
SELECT
    counts.Run,
    counts.Epoch,
    counts.Step,
    NULLIF(numbers.number, 1) - 20,
    CASE numbers.number {cases_of_decades} END
FROM (
    SELECT
        Run,
        Epoch,
        Step,
        {sums_of_decades}
    FROM (
        SELECT
            cells.Run,
            cells.Epoch,
            cells.Step,
            cells.RowIndex,
            {cells_in_decades}
        FROM {table} AS cells FORCE INDEX (PRIMARY)
        GROUP BY cells.Run, cells.Epoch, cells.Step, cells.RowIndex
    ) AS packed
    GROUP BY Run, Epoch, Step
) AS counts
INNER JOIN numbers ON numbers.number <= {decades}
