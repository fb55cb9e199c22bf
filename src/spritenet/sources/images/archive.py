"""Archives: a zip or tar of images in folders of classes, read in place."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.errors import InputError
from spritenet.sources.images.archive_files import ArchiveStore, list_tar, list_zip
from spritenet.sources.images.image_decoder import lazy_labelled_images
from spritenet.sources.images.image_spec import ImageSpec
from spritenet.sources.images.labelled_files import LabelRule, label_files
from spritenet.sources.images.webdataset import pairs_of, survey_webdataset
from spritenet.sources.mmap_file import MappedFile

__all__ = ["is_archive", "survey_archive"]

ZIPS = (".zip",)
TARS = (".tar", ".tar.gz", ".tgz", ".tar.xz", ".txz", ".tar.bz2", ".tbz2")


def is_archive(path: Path) -> bool:
    """True for files with the suffix of a zip or tar."""
    return path.name.lower().endswith(ZIPS + TARS) and path.is_file()


def survey_archive(
    path: Path,
    spec: ImageSpec,
    class_names: Sequence[str] | None = None,
    rule: LabelRule | None = None,
) -> LazyDataset:
    """Reads the paths and labels of the images in an archive.

    Args:
        path: the zip or tar.
        spec: the size and channels of the images.
        class_names: the names of classes 0, 1, …, for a WebDataset shard.
        rule: the source of labels; by default a table, folders or names, whatever there is.

    Raises:
        DataError: the archive is damaged, or has no images in folders of classes.
    """
    archive = MappedFile(path)
    is_zip = path.name.lower().endswith(ZIPS)
    content = list_zip(archive) if is_zip else list_tar(archive)
    if not is_zip and pairs_of(content.files):
        return survey_webdataset(path, spec, class_names)
    if class_names is not None:
        raise InputError("class names are those of the folders", where="class_names")
    every = tuple("/".join(parts) for parts in content.files)
    spans = content.span_array
    read = ArchiveStore(archive, every, spans).read
    found, notes = label_files(content.files, content.folders, read, path, rule or LabelRule())
    names = tuple(every[index] for index in found.chosen.tolist())
    store = ArchiveStore(archive, names, spans[found.chosen])
    lazy = lazy_labelled_images(path, store, found, spec, notes)
    outside = content.outside
    if not outside:
        return lazy
    note = f"skipped paths that lead out of the archive: {', '.join(map(repr, outside[:3]))}"
    return lazy.with_notes(note + (f", {len(outside) - 3:,} more" if len(outside) > 3 else ""))
