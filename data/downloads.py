"""Fetches public files for `omniglot` and `mnist`; pooch does the work.

A file counts only when its checksum is right. What resumes is whole files: one that arrived is not fetched again, one
that broke off half-way is fetched from its beginning.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from data.folders import DataError

RETRIES = 2  # of a download that failed, after a second or two


def fetch(folder: Path, checksums: Mapping[str, str], homes: Sequence[str]) -> list[Path]:
    """The files in `folder`, fetched when they are not there with the right checksum.

    checksums: name -> "md5:...". homes: addresses that end in a slash and have all the files; what one of them cannot
    give is asked of the next. DataError when none could give a file, or when it could not be written.
    """
    return [_from_any(homes, folder, name, checksum) for name, checksum in checksums.items()]


def _from_any(homes: Sequence[str], folder: Path, name: str, checksum: str) -> Path:
    *others, last = homes
    for home in others:
        with suppress(DataError):
            return _from(home, folder, name, checksum)
    return _from(last, folder, name, checksum)


def _from(home: str, folder: Path, name: str, checksum: str) -> Path:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    store = pooch.create(path=folder, base_url=home, registry={name: checksum}, retry_if_failed=RETRIES)
    try:
        return Path(store.fetch(name, downloader=pooch.HTTPDownloader(progressbar=True, timeout=30)))
    except ValueError as error:  # pooch's word for a checksum that does not match
        raise DataError(
            f"{home}{name} did not arrive whole, its checksum differs: run the command again, or get the files another "
            "way and use `--from PATH`."
        ) from error
    except requests.RequestException as error:
        raise DataError(
            f"{home}{name} could not be downloaded ({_in_short(error)}): check the network, or get the files another "
            "way and use `--from PATH`."
        ) from error
    except OSError as error:
        raise unwritable(folder, error) from error


def unwritable(folder: Path, error: OSError) -> DataError:
    return DataError(
        f"{folder} could not be written ({error.strerror or error}): make room there, or name another folder in the "
        "environment variable METRIC_LEARNING_DATA."
    )


def _in_short(error: BaseException) -> str:
    """One line for an error whose own text goes on about pools and retries."""
    response = getattr(error, "response", None)
    return type(error).__name__ if response is None else f"HTTP status {response.status_code}"
