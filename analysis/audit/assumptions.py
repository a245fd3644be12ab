"""What the paper does not say, and what was assumed: none of it is attributed to the paper."""

ASSUMED = (
    (
        "the initial weights",
        "Table 5 says “Random”",
        "0.01 times a standard normal number, with which Table 9 comes out; biases of 0",
    ),
    (
        "the scale of the pixels",
        "nothing",
        "from -1 to 1, (pixel - 127.5) / 127.5",
    ),
    ("the order of the images", "nothing", "shuffled once, before training, by the seed"),
    (
        "which accuracy and loss are printed",
        "nothing",
        "both are judged, of training and of test images, and the fitting ones are named",
    ),
    (
        "the decay of Adam's rate",
        "Table 5 has one decay, and Figure 7 passes it to SGD",
        "rate / (1 + decay x step) for both",
    ),
    (
        "how gradients were stored",
        "nothing; Figure 8's COALESCE(..., 0) suggests NULL in unused columns",
        "in full; where that does not give the printed number, one storage is tried for all "
        "tables: six decimals kept, and 1e5 in the columns up to 128 that a layer does not use. It "
        "gives Table 11 and most of Table 10; against it speaks Table 8, whose layers 5 to 11 show "
        "no such constant",
    ),
    ("the paper's seeds", "“different random seeds”", "ours are others; see how they are judged"),
)
"""Each matter, what the paper says of it, and what was assumed."""

CREDIT = (
    "What is found here could be found because the author printed what others leave out: tables of "
    "ten digits, the SQL of the views, the code of the network, the hyper-parameters, under a "
    "licence (CC BY 4.0) that lets everybody try. Much of it holds: ReLU with SGD dies at once, "
    "the first layers of sigmoid with SGD stay frozen, and ReLU with Adam is the most accurate."
)
"""Said before any verdict."""
