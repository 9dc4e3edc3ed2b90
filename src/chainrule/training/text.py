"""A training run in short texts: numbers, times, curves, lines."""

from __future__ import annotations

from collections.abc import Sequence

from .history import EpochRecord


def short(x: float) -> str:
    """A loss in four digits after the point, or with an exponent where these would say nothing.

    Examples
    --------
    >>> short(0.23141), short(1.2e-5), short(0.0), short(float("nan"))
    ('0.2314', '1.20e-05', '0.0000', 'nan')
    """
    return f"{x:.4f}" if x == 0 or 1e-3 <= abs(x) < 1e4 else f"{x:.2e}"


def duration(seconds: float) -> str:
    """
    Examples
    --------
    >>> duration(41.3), duration(3671)
    ('0:41', '1:01:11')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def losses(loss: float, penalty: float = 0.0) -> str:
    """
    Examples
    --------
    >>> losses(0.2201, 0.0113), losses(0.2201, 0.0)
    ('loss 0.2314 (data 0.2201 + reg 0.0113)', 'loss 0.2201')
    """
    if not penalty:
        return f"loss {short(loss)}"
    return f"loss {short(loss + penalty)} (data {short(loss)} + reg {short(penalty)})"


def sparkline(values: Sequence[float], length: int = 8) -> str:
    """The last values as a small curve between the lowest and the highest of them.

    Examples
    --------
    >>> sparkline([4.0, 3.0, 2.0, 1.0, 1.5])
    '█▆▃▁▂'
    """
    blocks = "▁▂▃▄▅▆▇█"
    values = [v for v in values[-length:] if v - v == 0]
    if not values:
        return ""
    low, high = min(values), max(values)
    return "".join(blocks[round(7 * (v - low) / (high - low)) if high > low else 0] for v in values)


def counted(epoch: int, epochs: int) -> str:
    """
    Examples
    --------
    >>> counted(7, 50)
    'epoch  7/50'
    """
    return f"epoch {epoch:{len(str(epochs))}}/{epochs}"


def epoch_fields(record: EpochRecord, curve: str = "") -> list[str]:
    """What there is to say about an epoch, the most important first."""
    fields = [losses(record.loss, record.penalty)]
    if record.validation_loss is not None:
        fields.append(f"val {short(record.validation_loss)}" + f" {curve}" * bool(curve))
    if record.score is not None:
        fields.append(f"score {record.score:.4f}")
    return [*fields, f"|g| {record.gradient_norm:.1e}"]


def speed_fields(seconds: float, steps: int, steps_in_all: int) -> list[str]:
    """Time per step, and how long it will take from here.

    Examples
    --------
    >>> speed_fields(1.9, 1000, 3000)
    ['1.9 ms/step', 'eta 0:04']
    """
    each = seconds / max(steps, 1)
    speed = f"{1e3 * each:.1f} ms/step" if each < 1 else f"{each:.1f} s/step"
    return [speed, f"eta {duration(each * (steps_in_all - steps))}"]


def fitting(fields: Sequence[str], width: int) -> str:
    """As many fields as there is room for, two spaces between them.

    Examples
    --------
    >>> fitting(["loss 1.0", "val 2.0", "|g| 3"], 18)
    'loss 1.0  val 2.0'
    """
    line = ""
    for field in fields:
        longer = f"{line}  {field}" if line else field
        if len(longer) > width:
            break
        line = longer
    return line
