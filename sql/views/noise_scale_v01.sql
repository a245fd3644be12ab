-- View:  {experiment}_layer_{layer}_noise_scale
-- Layers: input, hidden, projection
-- What:  how much the gradients of one layer's weights differ from batch to batch of an epoch, beside what they have in
--        common.
-- Grain: one row a (Run, Epoch). Ask for one Run and one Epoch: each costs a reading of every cell.
-- steps: recorded steps, n. mean_square: mean over the steps of |g|^2, the square of the L2 norm of the layer's whole
--        gradient. square_of_mean: |mean of g|^2, of the mean gradient of all these steps. A row without a Norm is left
--        out of both, its step alone.
-- noise_scale: the simple noise scale tr(Sigma) / |G|^2, in samples: the batch size at which noise and gradient are of
--        one size. With batches of b samples, |G|^2 is estimated as (n square_of_mean - mean_square) / (n - 1) and
--        tr(Sigma) as b n (mean_square - square_of_mean) / (n - 1), both without bias; NULL where the former is not
--        above 0 by more than rounding, so that no common gradient can be told from noise, and for a single step.
-- Source: McCandlish, Kaplan, Amodei and the OpenAI Dota Team (2018), An Empirical Model of Large-Batch Training,
--        https://arxiv.org/abs/1812.06162, appendix A.1, with a batch and an epoch as small and big batch. Weights move
--        between the steps, and a last batch may be smaller: both count as noise.
CREATE OR REPLACE SQL SECURITY INVOKER VIEW {view} (
    Run, Epoch, steps, mean_square, square_of_mean, noise_scale
) AS
SELECT
    epochs.Run,
    epochs.Epoch,
    epochs.steps,
    epochs.mean_square,
    epochs.square_of_mean,
    CASE
        WHEN
            epochs.steps > 1
            AND epochs.square_of_mean > (1 + 1e-12) * epochs.mean_square / NULLIF(epochs.steps, 0)
            THEN
                LEAST(
                    CAST(JSON_UNQUOTE(JSON_EXTRACT(runs.config, '$.batch_size')) AS SIGNED), runs.training_images
                )
                * (
                    (epochs.mean_square - epochs.square_of_mean)
                    / NULLIF(epochs.square_of_mean - epochs.mean_square / NULLIF(epochs.steps, 0), 0)
                )
    END
FROM (
    SELECT
        Run,
        Epoch,
        MAX(steps) AS steps,
        SUM(mean_square) AS mean_square,
        SUM(square_of_mean) AS square_of_mean
    FROM (
        SELECT
            Run,
            Epoch,
            steps,
            square_sum / NULLIF(steps, 0) AS mean_square,
            {squares_of_means} AS square_of_mean
        FROM (
            SELECT
                cells.Run,
                cells.Epoch,
                cells.RowIndex,
                COUNT(*) AS steps,
                -- each neuron
                AVG(cells.Gradient{neuron}) AS mean{neuron},
                -- end
                SUM(cells.Norm * cells.Norm) AS square_sum
            FROM {table} AS cells FORCE INDEX (PRIMARY)
            WHERE cells.Norm IS NOT NULL
            GROUP BY cells.Run, cells.Epoch, cells.RowIndex
        ) AS inputs
        UNION ALL
        SELECT
            Run,
            Epoch,
            0,
            NULL,
            NULL
        FROM {table} FORCE INDEX (norm_and_mean)
        WHERE Norm IS NULL
        GROUP BY Run, Epoch
    ) AS parts
    GROUP BY Run, Epoch
) AS epochs
INNER JOIN runs ON runs.run_id = epochs.Run
