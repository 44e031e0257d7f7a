import pytest

from solutions import samples, zoo


@pytest.fixture(scope="session")
def reference() -> dict[str, object]:
    """The reference solutions, by the names that students' objects have."""
    return {
        target: getattr(module, target)
        for module in samples.REFERENCE_MODULES
        for target in zoo.RIGHT
        if hasattr(module, target)
    }
