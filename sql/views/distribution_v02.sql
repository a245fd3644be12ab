-- View:    {experiment}_layer_{layer}_distribution
-- Needs:   numbers
-- What:    one layer's gradients by order of magnitude, as a histogram in decades.
-- Grain:   one row per (run_id, Epoch, Step, decade), for every decade. Ask for one run_id and one Epoch: each costs a
--          reading of every cell.
-- Order:   Epoch, Step, decade
-- Columns:
--   run_id  INT       the run
--   Epoch   INT       the epoch, from 1
--   Step    INT       the step, from 1
--   decade  INT NULL  those cells whose magnitude is at least 10 ^ decade and below 10 ^ (decade + 1); the lowest, -18,
--                     takes whatever is smaller, and the highest, 2, what is larger; NULL: those that are 0
--   cells   INT       how many they are, 0 where none is; cells that are NULL are in no decade, those beside them in a
--                     row are
-- How:     INTERVAL finds the place of a cell among the powers of ten. A row counts its cells in whole numbers, several
--          decades to each, one above the other in bits, so that a cell is looked at once a number and not once a
--          decade. What is below a number's decades gathers in its lowest place, which is not read; what is above them
--          is shifted out of its 64 bits.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH packed AS (
    SELECT
        run_id,
        Epoch,
        Step,
        RowIndex,
        {cells_in_decades}
    FROM {table} FORCE INDEX (PRIMARY)
    GROUP BY run_id, Epoch, Step, RowIndex
),

counts AS (
    SELECT
        run_id,
        Epoch,
        Step,
        {sums_of_decades}
    FROM packed
    GROUP BY run_id, Epoch, Step
)

SELECT
    counts.run_id AS run_id,
    counts.Epoch AS Epoch,
    counts.Step AS Step,
    NULLIF(numbers.number, 1) - 20 AS decade,
    CASE numbers.number {cases_of_decades} END AS cells
FROM counts
INNER JOIN numbers ON numbers.number <= {decades}
