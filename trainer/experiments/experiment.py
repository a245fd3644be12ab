"""An experiment is one frozen record of what is trained and how, checked once."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from vanishing_gradients.trainer.datasets.catalogue import NAMES as DATASETS
from vanishing_gradients.trainer.datasets.catalogue import is_path
from vanishing_gradients.trainer.datasets.dataset import LABELS
from vanishing_gradients.trainer.datasets.scaling import INPUTS
from vanishing_gradients.trainer.experiments.layers import (
    NORMALIZATIONS,
    OUTPUTS,
    HiddenLayer,
    LayerSpec,
    layer_specs,
    output_of,
)
from vanishing_gradients.trainer.experiments.records import (
    CLIPPING,
    INITIALIZATION,
    OPTIMIZER,
    KindRecord,
    Record,
    limits,
    one_of,
    quoted,
    refuse,
    setting_of,
)
from vanishing_gradients.trainer.network.activations import ACTIVATIONS
from vanishing_gradients.trainer.network.initializers import Initializer, Normal
from vanishing_gradients.trainer.network.output import BINARY, LOSSES
from vanishing_gradients.trainer.network.settings import Setting
from vanishing_gradients.words import counted

NAME = r"[a-z][a-z0-9_]{0,31}"
LAYERS_MAX = 100
WIDEST = 4096
"""Neurons of the widest layer: those of public dense networks for such images are narrower."""
DEFAULT_WIDTH = 128
IMAGES_MAX = 60_000
"""Training images of the largest published data set."""
SMALLEST_SIZE = 1e-30
"""Weights smaller than this are 0 in single precision, and have no direction."""

WIDTH = limits(Setting("neurons of a layer", 1, WIDEST), int)
DEPTH = limits(Setting("hidden layers", 1, LAYERS_MAX), int)
Width = Annotated[int, WIDTH]
Depth = Annotated[int, DEPTH]
Activation = Literal[tuple(ACTIVATIONS)]
Activations = Annotated[tuple[Activation, ...], Field(strict=False, max_length=LAYERS_MAX)]
Block = Annotated[tuple[Depth, Depth], Field(strict=False)]
Blocks = Annotated[tuple[Block, ...], Field(strict=False, max_length=LAYERS_MAX)]
Initializations = Annotated[
    tuple[one_of(INITIALIZATION), ...], Field(strict=False, max_length=LAYERS_MAX + 1)
]
DROPPED = limits(Setting("how many are dropped", 0, 1, open_high=True))
Dropped = Annotated[float, DROPPED]
Strength = Annotated[float, limits(Setting("what is added to the loss", 0, 1e6))]

ALTERNATIVES = (
    {"hidden_widths", "depth"},
    {"hidden_widths", "width"},
    {"normalization", "batch_normalization"},
    {"initialization", "initial_weight_scale"},
    {"decay", "schedule"},
)
"""Keys of one table that say the same in two ways: where one is, the other is left out."""

SHAPES = ("<one>", "<list>")
"""What pydantic puts into an error's location where a value or a list of values is allowed."""


def _one_or_list(one: Any, several: Any) -> Any:
    """Return the type of one value or of a list of values, told apart by their shape."""
    members = Annotated[one, Tag(SHAPES[0])] | Annotated[several, Tag(SHAPES[1])]
    return Annotated[members, Discriminator(lambda value: SHAPES[isinstance(value, list | tuple)])]


class Penalties(Record):
    """L1 and L2 strengths, on the weights and on the biases of every dense layer; 0 is off."""

    weight_l1: Strength = 0.0
    weight_l2: Strength = 0.0
    bias_l1: Strength = 0.0
    bias_l2: Strength = 0.0


class Experiment(Record):
    """What is trained and how; `model_dump(mode="json")` and `model_validate` are inverse.

    The network is, for each hidden width: dense, normalisation if on, activation, dropout if on;
    at the end of a residual block the sum with its input; and last a dense layer as wide as there
    are classes, and what makes outputs of it.

    What can be said in two ways is one record: `depth` and `width` become `hidden_widths`, batch
    normalisation is true in both spellings, an initialisation of kind 'normal' becomes
    `initial_weight_scale`, and the binary cross-entropy, which needs no word on outputs, says that
    they are sigmoid.
    """

    later: ClassVar[frozenset[str]] = frozenset(
        {
            "depth", "width", "initialization", "initial_bias", "input_dropout", "residual",
            "clipping", "output", "loss", "dataset", "inputs", "labels",
        }
    )  # fmt: skip

    name: Annotated[
        str,
        Field(
            pattern=rf"\A{NAME}\z",
            description="a lower-case letter, then at most 31 lower-case letters, digits and "
            "underscores, since tables are named after it",
        ),
    ]
    description: Annotated[
        str, Field(max_length=1000, description="a text of at most 1,000 characters")
    ] = ""
    hidden_widths: Annotated[
        tuple[Width, ...],
        Field(
            strict=False,
            max_length=LAYERS_MAX,
            description=f"a list of at most {LAYERS_MAX} whole numbers from 1 to {WIDEST:,}",
        ),
    ] = (128, 128, 64, 32, 16)
    depth: Annotated[int | None, DEPTH] = None
    width: Annotated[int | None, WIDTH] = None
    activation: Annotated[
        _one_or_list(Activation, Activations),
        Field(
            description=f"one of {quoted(ACTIVATIONS, ', ')}, or a list with one for each hidden "
            "layer"
        ),
    ]
    optimizer: one_of(OPTIMIZER)
    penalties: Annotated[Penalties, Field(description="a table")] = Penalties()
    dropout: Annotated[
        _one_or_list(Dropped, Annotated[tuple[Dropped, ...], Field(strict=False)]),
        Field(description=f"{DROPPED.description}, or a list with one for each hidden layer"),
    ] = 0.0
    input_dropout: Dropped = 0.0
    batch_normalization: Annotated[bool, Field(description="true or false")] = False
    normalization: Annotated[
        Literal[tuple(NORMALIZATIONS)], Field(description=quoted(NORMALIZATIONS))
    ] = "none"
    initial_weight_scale: Annotated[float, limits(setting_of(Normal, "scale"))] = Normal.scale
    initialization: Annotated[
        _one_or_list(one_of(INITIALIZATION), Initializations) | None,
        Field(
            description=f"a table whose kind is {quoted(INITIALIZATION)}, or a list with one for "
            "each hidden layer and one for the last"
        ),
    ] = None
    initial_bias: Annotated[
        float | None, limits(Setting("every bias before the first step", -1000, 1000))
    ] = None
    residual: Annotated[
        _one_or_list(Depth, Blocks) | None,
        Field(
            description="a whole number of hidden layers that each skip spans, or a list with the "
            "first and the last hidden layer of each block, such as [[1, 2], [3, 5]]"
        ),
    ] = None
    clipping: one_of(CLIPPING, None) = None
    output: Annotated[Literal[tuple(OUTPUTS)], Field(description=quoted(OUTPUTS))] = "softmax"
    loss: Annotated[Literal[(*LOSSES, BINARY)], Field(description=quoted((*LOSSES, BINARY)))] = (
        LOSSES[0]
    )
    dataset: Annotated[
        str | None,
        Field(
            pattern=rf"\A(?:{'|'.join(DATASETS)})\z|[./]",
            max_length=4096,
            description=f"{quoted(DATASETS, ', ')} or the path of your own data, which has a slash "
            "or an ending",
        ),
    ] = None
    inputs: Annotated[Literal[tuple(INPUTS)], Field(description=quoted(INPUTS))] = next(
        iter(INPUTS)
    )
    labels: Annotated[Literal[LABELS], Field(description=quoted(LABELS))] = LABELS[0]
    batch_size: Annotated[int, limits(Setting("images in a step", 1, IMAGES_MAX), int)] = 128
    epochs: Annotated[int, limits(Setting("passes over all images", 1, 10_000), int)] = 10

    @model_validator(mode="after")
    def _settle(self) -> Self:
        _check_combinations(self)
        values = self.__dict__
        if self.depth is not None:
            values["hidden_widths"] = (self.width or DEFAULT_WIDTH,) * self.depth
            values["depth"] = values["width"] = None
        if self.batch_normalization or self.normalization == "batch":
            values["batch_normalization"], values["normalization"] = True, "batch"
        if self.loss == BINARY:
            values["output"] = "sigmoid"
        given = self.initialization
        if given and not isinstance(given, tuple) and given.made is Normal:
            values["initial_weight_scale"], values["initialization"] = given.scale, None
        return self

    def left_out(self) -> set[str]:
        """Return the keys that a dump leaves out: besides defaults, what another key says."""
        keys = super().left_out()
        if self.normalization in ("none", "batch"):
            keys.add("normalization")
        if self.initialization:
            keys.add("initial_weight_scale")
        return keys

    @property
    def activations(self) -> tuple[str, ...]:
        """The activation of each hidden layer."""
        one = isinstance(self.activation, str)
        return (self.activation,) * len(self.hidden_widths) if one else self.activation

    @property
    def dropouts(self) -> tuple[float, ...]:
        """The fraction of neurons that are dropped of each hidden layer."""
        one = isinstance(self.dropout, float)
        return (self.dropout,) * len(self.hidden_widths) if one else self.dropout

    @property
    def initializers(self) -> tuple[Initializer, ...]:
        """What the weights of each hidden layer are drawn by, and those of the last."""
        given = self.initialization
        if isinstance(given, tuple):
            return tuple(each.build() for each in given)
        one = given.build() if given else Normal(self.initial_weight_scale)
        return (one,) * (len(self.hidden_widths) + 1)

    @property
    def blocks(self) -> tuple[tuple[int, int], ...]:
        """The first and last hidden layer of each residual block, counted from 1."""
        if self.residual is None:
            return ()
        if isinstance(self.residual, int):
            span, layers = self.residual, len(self.hidden_widths)
            return tuple((end - span + 1, end) for end in range(span, layers + 1, span))
        return self.residual

    def steps(self, images: int) -> int:
        """Return how many steps a run takes that trains on so many images."""
        return self.epochs * -(-images // self.batch_size)

    def layer_specs(self, features: int = 784, classes: int = 10) -> list[LayerSpec]:
        """Return the layers of the network, first to last, without building it."""
        hidden = [
            HiddenLayer(width, ACTIVATIONS[kind], rate)
            for width, kind, rate in zip(
                self.hidden_widths, self.activations, self.dropouts, strict=True
            )
        ]
        output = output_of(self.output, self.loss)
        return layer_specs(hidden, self.normalization, self.blocks, output, features, classes)


def _check_combinations(experiment: Experiment) -> None:
    """Raise pydantic's error about the first pair of values that do not go together."""
    given = experiment.model_fields_set
    if experiment.width is not None and experiment.depth is None:
        refuse("width", "it is the width of so many equal layers as depth says: give depth too")
    if experiment.depth is not None and "hidden_widths" in given:
        refuse("depth", "hidden_widths says how many layers there are: leave one of them out")
    layers = experiment.depth or len(experiment.hidden_widths)
    _check_lists(experiment, layers)
    both_given = {"batch_normalization", "normalization"} <= given
    if both_given and experiment.batch_normalization != (experiment.normalization == "batch"):
        refuse(
            "batch_normalization",
            f"it is the older spelling of normalization, which is {experiment.normalization!r}: "
            "leave one of them out",
        )
    if experiment.initialization and "initial_weight_scale" in given:
        refuse(
            "initial_weight_scale",
            "it is what initialization of kind 'normal' calls scale: leave one of them out",
        )
    if experiment.loss == BINARY and "output" in given and experiment.output != "sigmoid":
        refuse("output", f"the loss {BINARY!r} is of one sigmoid: leave output out")
    if experiment.normalization == "weight":
        _check_sizes(experiment)
    _check_residual(experiment.residual, layers)
    schedule, longest = experiment.optimizer.schedule, experiment.steps(IMAGES_MAX)
    published = not is_path(experiment.dataset or "")
    if schedule and published and schedule.warm_up > longest:
        refuse(
            ("optimizer", "schedule", "warm_up"),
            f"a run of {counted(experiment.epochs, 'epoch')} with batches of "
            f"{experiment.batch_size:,} has no more than {counted(longest, 'step')}",
        )


def _check_lists(experiment: Experiment, layers: int) -> None:
    """Refuse a list that has not one value for each layer; `layers` are hidden."""
    each, there_are = "as a list it must have one for each hidden layer", f"there are {layers}"
    for key, wanted, rest in (
        ("activation", layers, f", and {there_are}"),
        ("dropout", layers, f", and {there_are}"),
        ("initialization", layers + 1, f" and one for the last, {layers + 1} in all"),
    ):
        given = getattr(experiment, key)
        if isinstance(given, tuple) and len(given) != wanted:
            refuse(key, f"{each}{rest}, not {len(given)}")


def _check_sizes(experiment: Experiment) -> None:
    """Refuse weights that have no direction, of which weight normalisation would need one."""
    given = experiment.initialization
    if not given:
        sizes = [(("initial_weight_scale",), experiment.initial_weight_scale)]
    elif isinstance(given, tuple):  # the last layer is not normalised
        sizes = [_size(each, place) for place, each in enumerate(given[:-1])]
    else:
        sizes = [_size(given)]
    for key, size in sizes:
        if abs(size) < SMALLEST_SIZE:
            why = "weight normalisation needs weights whose size is at least"
            refuse(key, f"{why} {SMALLEST_SIZE:g}")


def _size(initialization: KindRecord, *place: int) -> tuple[tuple[str | int, ...], float]:
    """Return the key that says how large weights are, and the size; 1 if no key says so."""
    name = "value" if initialization.kind == "constant" else "scale"
    return ("initialization", *place, name), getattr(initialization, name, 1.0)


def _check_residual(residual: int | Sequence[tuple[int, int]] | None, layers: int) -> None:
    too_few = f"the network has only {counted(layers, 'hidden layer')}"
    if isinstance(residual, int):
        if residual > layers:
            refuse("residual", too_few)
        return
    end = 0
    for index, (first, last) in enumerate(residual or ()):
        key = ("residual", index)
        if last > layers:
            refuse(key, too_few)
        if first > last:
            refuse(key, "a block goes from its first hidden layer to its last")
        if first <= end:
            why = "it must begin after the block before it, which ends with hidden layer"
            refuse(key, f"{why} {end}")
        end = last
