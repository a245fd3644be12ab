-- View:    numbers
-- What:    whole numbers to join with, so that a row of many columns becomes many rows: as many as a table can have
--          columns, and a few more.
-- Grain:   one row per number, from 1 to 1024.
-- Order:   number
-- Columns:
--   number  INT  a whole number
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH digits AS (
    SELECT 0 AS digit
    UNION ALL
    SELECT 1
    UNION ALL
    SELECT 2
    UNION ALL
    SELECT 3
)

SELECT 1 + ones.digit + 4 * fours.digit + 16 * sixteens.digit + 64 * more.digit + 256 * most.digit AS number
FROM digits AS ones
CROSS JOIN digits AS fours
CROSS JOIN digits AS sixteens
CROSS JOIN digits AS more
CROSS JOIN digits AS most
