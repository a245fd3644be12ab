-- View:  numbers
-- What:  whole numbers to join with, so that a row of many columns becomes many rows: as many as a table can have
--        columns, and a few more.
-- Grain: one row a number, from 1 to 1024.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW numbers (number) AS
SELECT 1 + ones.digit + 4 * fours.digit + 16 * sixteens.digit + 64 * more.digit + 256 * most.digit
FROM (
    SELECT 0 AS digit
    UNION ALL
    SELECT 1
    UNION ALL
    SELECT 2
    UNION ALL
    SELECT 3
) AS ones
CROSS JOIN (
    SELECT 0 AS digit
    UNION ALL
    SELECT 1
    UNION ALL
    SELECT 2
    UNION ALL
    SELECT 3
) AS fours
CROSS JOIN (
    SELECT 0 AS digit
    UNION ALL
    SELECT 1
    UNION ALL
    SELECT 2
    UNION ALL
    SELECT 3
) AS sixteens
CROSS JOIN (
    SELECT 0 AS digit
    UNION ALL
    SELECT 1
    UNION ALL
    SELECT 2
    UNION ALL
    SELECT 3
) AS more
CROSS JOIN (
    SELECT 0 AS digit
    UNION ALL
    SELECT 1
    UNION ALL
    SELECT 2
    UNION ALL
    SELECT 3
) AS most
