-- View:    {experiment}_layer_{layer}_noise_scale
-- Rows:    input
-- What:    how much the gradients of one layer's weights differ from batch to batch of an epoch, beside what they have
--          in common.
-- Grain:   one row per (run_id, Epoch). Ask for one run_id and one Epoch: each costs a reading of every cell.
-- Order:   Epoch
-- Columns:
--   run_id          INT          the run
--   Epoch           INT          the epoch, from 1
--   steps           INT          recorded steps with a finite row, n
--   mean_square     DOUBLE NULL  mean over the steps of |g|^2, the square of the L2 norm of the layer's whole gradient;
--                                a row without a Norm is left out of this and the next column, its step alone; NULL
--                                where no row has one, and where |g| is so small that no double holds its square
--   square_of_mean  DOUBLE NULL  |mean of g|^2, of the mean gradient of all these steps; NULL likewise
--   noise_scale     DOUBLE NULL  the simple noise scale tr(Sigma) / |G|^2, in samples: the batch size at which noise
--                                and gradient are of one size; NULL for a single step, and where |G|^2 is not above 0
--                                by more than rounding, so that no common gradient can be told from noise
-- How:     with batches of b samples, |G|^2 is estimated as (n square_of_mean - mean_square) / (n - 1) and tr(Sigma) as
--          b n (mean_square - square_of_mean) / (n - 1), both without bias.
-- Source:  McCandlish, Kaplan, Amodei and the OpenAI Dota Team (2018), An Empirical Model of Large-Batch Training,
--          https://arxiv.org/abs/1812.06162, appendix A.1, with a batch and an epoch as small and big batch. Weights
--          move between the steps, and a last batch may be smaller: both count as noise.
-- Why:     a gradient below 1e-140 has a square that a double does not hold, or holds with few digits. Where an input
--          has no larger one, squares are of gradients 1e200 times as large; where no input has, the noise scale is
--          of these.
CREATE OR REPLACE /*!80000 SQL SECURITY INVOKER */ /*M!100000 SQL SECURITY INVOKER */ VIEW {view} AS
WITH inputs AS (
    SELECT
        run_id,
        Epoch,
        RowIndex,
        COUNT(*) AS steps,
        -- each neuron
        AVG(Gradient{neuron}) AS mean{neuron},
        -- end
        SUM(Norm * Norm) AS square_sum,
        SUM(
            LEAST(Norm, CAST('1e-140' AS DOUBLE)) * CAST('1e200' AS DOUBLE)
            * (LEAST(Norm, CAST('1e-140' AS DOUBLE)) * CAST('1e200' AS DOUBLE))
        ) AS small_square_sum,
        CASE
            WHEN MAX(Norm) < CAST('1e-140' AS DOUBLE) THEN CAST('1e200' AS DOUBLE)
            ELSE CAST('1' AS DOUBLE)
        END AS scale
    FROM {table} FORCE INDEX (PRIMARY)
    WHERE Norm IS NOT NULL
    GROUP BY run_id, Epoch, RowIndex
),

parts AS (
    SELECT
        run_id,
        Epoch,
        steps,
        scale,
        CASE WHEN scale > 1 THEN small_square_sum ELSE square_sum END / NULLIF(steps, 0) AS mean_square,
        {squares_of_scaled_means} AS square_of_mean
    FROM inputs
    UNION ALL
    SELECT
        run_id,
        Epoch,
        0,
        NULL,
        NULL,
        NULL
    FROM {table} FORCE INDEX (norm_and_mean)
    WHERE Norm IS NULL
    GROUP BY run_id, Epoch
),

epochs AS (
    SELECT
        run_id,
        Epoch,
        MAX(steps) AS steps,
        MIN(scale) AS scale,
        CASE
            WHEN MIN(scale) > 1 THEN SUM(mean_square)
            ELSE SUM(mean_square / NULLIF(scale, 0) / NULLIF(scale, 0))
        END AS mean_square,
        CASE
            WHEN MIN(scale) > 1 THEN SUM(square_of_mean)
            ELSE SUM(square_of_mean / NULLIF(scale, 0) / NULLIF(scale, 0))
        END AS square_of_mean
    FROM parts
    GROUP BY run_id, Epoch
)

SELECT
    epochs.run_id AS run_id,
    epochs.Epoch AS Epoch,
    epochs.steps AS steps,
    CASE
        WHEN epochs.scale > 1
            THEN NULLIF(epochs.mean_square / NULLIF(epochs.scale, 0) / NULLIF(epochs.scale, 0), 0)
        ELSE epochs.mean_square
    END AS mean_square,
    CASE
        WHEN epochs.scale > 1
            THEN NULLIF(epochs.square_of_mean / NULLIF(epochs.scale, 0) / NULLIF(epochs.scale, 0), 0)
        ELSE epochs.square_of_mean
    END AS square_of_mean,
    CASE
        WHEN
            epochs.steps > 1
            AND epochs.square_of_mean
            > CAST(1.000000000001 AS DOUBLE) * epochs.mean_square / NULLIF(epochs.steps, 0)
            THEN
                LEAST(
                    CAST(JSON_UNQUOTE(JSON_EXTRACT(runs.config, '$.batch_size')) AS SIGNED), runs.training_images
                )
                * (
                    (epochs.mean_square - epochs.square_of_mean)
                    / NULLIF(epochs.square_of_mean - epochs.mean_square / NULLIF(epochs.steps, 0), 0)
                )
    END AS noise_scale
FROM epochs
INNER JOIN runs ON runs.run_id = epochs.run_id
