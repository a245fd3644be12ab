"""The moment after a backward pass of PyTorch, of which a training library may tell nobody."""

from collections.abc import Callable
from typing import Any

from vanishing_gradients.telemetry.torch_tensors import first_tensor


def after_backward(model: Any, action: Callable[[], None], wanted: Callable[[], bool]) -> Any:
    """Have `action` called when all gradients of a backward pass through `model` are there.

    `wanted` is asked after each forward pass whether its backward pass is to be met. Returns the
    handle that ends this; nothing is attached to the model.
    """
    from torch.autograd import Variable
    from torch.nn.modules.module import register_module_forward_hook

    queue = Variable._execution_engine.queue_callback

    def leaves(module: Any, inputs: Any, outputs: Any) -> None:
        tensor = first_tensor(outputs, with_gradient=True) if module is model else None
        if tensor is not None and wanted():
            tensor.register_hook(lambda _: queue(action))

    return register_module_forward_hook(leaves)
