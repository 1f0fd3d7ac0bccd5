"""Units: the codes of UCUM that a clinic needs, and the plain words in their place."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType


class Quantity(StrEnum):
    """What a unit measures, as far as a measure cares."""

    NUMBER = "number"
    SHARE = "share"
    LENGTH = "length"
    ANGLE = "angle"
    TIME = "time"
    RATE = "rate"
    OTHER = "other"


_WORDS: Mapping[Quantity, str] = MappingProxyType(
    {
        Quantity.NUMBER: """1 score scores point points pt pts grade grades step steps level levels item items
            count times x rep reps repetition repetitions number headache headaches attack attacks episode
            episodes migraine migraines night nights finger fingers fingerbreadth fingerbreadths""",
        Quantity.SHARE: "% percent pct",
        Quantity.LENGTH: """mm cm dm m km [in_i] [in_us] [ft_i] [ft_us] [yd_i] [mi_i] in inch inches ft foot
            feet yd yard yards mile miles millimeter millimeters millimetre millimetres centimeter centimeters
            centimetre centimetres meter meters metre metres \" ″""",
        Quantity.ANGLE: "deg degree degrees ° º",
        Quantity.TIME: """ms s sec secs second seconds min mins minute minutes h hr hrs hour hours d day days
            wk week weeks mo month months a yr year years""",
        Quantity.RATE: "daily weekly monthly hz",
        Quantity.OTHER: """rad n kn newton newtons kgf kp lbf [lbf_av] g kg [lb_av] lb lbs kilogram kilograms
            pound pounds pa hpa kpa mpa bar mbar psi [psi] mm[hg] mmhg j w v mv μv cel [degf] °c l ml dl mmol
            umol nmol mol u [iu] beat beats bpm breath breaths kcal met [met]""",
    }
)
"""The units of each quantity, in lower case: UCUM 2.1 (ucum.org) and the words that clinics write."""

_QUANTITIES = {word: quantity for quantity, words in _WORDS.items() for word in words.split()}

_IN_MILLIMETRES: Mapping[float, str] = MappingProxyType(
    {
        1.0: "mm millimeter millimeters millimetre millimetres",
        10.0: "cm centimeter centimeters centimetre centimetres",
        25.4: '[in_i] [in_us] in inch inches " ″',
        304.8: "[ft_i] [ft_us] ft foot feet",
        1000.0: "m meter meters metre metres",
    }
)
IN_MILLIMETRES: Mapping[str, float] = MappingProxyType(
    {word: length for length, words in _IN_MILLIMETRES.items() for word in words.split()}
)
"""The lengths that a motion or a line may be measured in, each in millimetres."""

_ANNOTATION = re.compile(r"\{[^{}]*\}")
_FOR_EACH = re.compile(r"/|\bout of\b|\bper\b|\b(?:a|each|every)\b(?= \w)")
_PRODUCT = re.compile(r"[.*\s]+")
_POWER = re.compile(r"(?<=[^\d\s])[+-]?\d$|^\d+$|[²³]$")
"""A power behind a unit, or a plain number."""


@lru_cache(maxsize=512)
def quantity(unit: str) -> Quantity | None:
    """What a unit measures; none if it is no unit that UCUM or a clinic knows."""
    told = unit.strip().casefold().replace("_", " ") if "[" not in unit else unit.strip().casefold()
    if told in _QUANTITIES:
        return _QUANTITIES[told]
    above, *below = (list(_atoms(part)) for part in _FOR_EACH.split(_ANNOTATION.sub(" ", told)))
    atoms = [*above, *(atom for part in below for atom in part)]
    if not told or any(atom not in _QUANTITIES for atom in atoms):
        return None
    if any(_QUANTITIES[atom] is Quantity.TIME for part in below for atom in part):
        return Quantity.RATE
    if not atoms:
        return Quantity.NUMBER
    return _QUANTITIES[atoms[0]] if len(atoms) == 1 else Quantity.OTHER


def _atoms(product: str) -> Iterator[str]:
    """The units that a product is made of, without numbers and powers."""
    for part in _PRODUCT.split(product):
        bare = part.strip("()")
        atom = bare if bare in _QUANTITIES and bare != "1" else _POWER.sub("", bare)
        if atom:
            yield atom
