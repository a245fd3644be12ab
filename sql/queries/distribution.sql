-- What:  the gradients of one layer in one epoch of one run by order of magnitude.
-- Grain: one row a (step, decade).
-- NULL:  decade: cells that are 0.
SELECT
    run_id,
    Epoch AS epoch,
    Step AS step,
    decade,
    cells
FROM {view}
WHERE run_id = :run_id AND Epoch = :epoch
ORDER BY Step, decade
