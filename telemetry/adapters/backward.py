"""A hook for the end of a PyTorch backward pass, for libraries without such a callback."""

from collections.abc import Callable
from typing import Any

from vanishing_gradients.telemetry.torch_tensors import first_tensor


def after_backward(model: Any, action: Callable[[], None], wanted: Callable[[], bool]) -> Any:
    """Call `action` when a backward pass through `model` has computed all gradients.

    After each forward pass, `wanted` decides whether its backward pass counts. Returns the handle
    that ends this; nothing is attached to the model.
    """
    from torch.autograd import Variable
    from torch.nn.modules.module import register_module_forward_hook

    queue = Variable._execution_engine.queue_callback

    def leaves(module: Any, inputs: Any, outputs: Any) -> None:
        tensor = first_tensor(outputs, with_gradient=True) if module is model else None
        if tensor is not None and wanted():
            tensor.register_hook(lambda _: queue(action))

    return register_module_forward_hook(leaves)
