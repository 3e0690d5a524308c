"""Axial CT slices of a folder of DICOM files."""

from vspair.data.dicom.folder import DicomFolder

__all__ = ["DicomFolder"]
