"""Pixels of CT slices in DICOM as Hounsfield units."""

import numpy as np

from vspair.data.dicom.header import Header
from vspair.data.dicom.opening import guarded, transfer_syntax
from vspair.data.units import PADDING, require_hounsfield
from vspair.errors import VspairError


def hounsfield(header: Header) -> np.ndarray:
    """Hounsfield units of one whole slice, float32 (rows, columns); what is outside the field of view is `PADDING`.

    Raises:
        VspairError: the file is damaged, or its values cannot be Hounsfield units.
    """
    from pydicom import dcmread

    complaint = f"the pixels of {header.path} cannot be read"
    with guarded(complaint, "it is damaged, or compressed; decompress it, for instance with `gdcmconv --raw`"):
        file = dcmread(header.path, force=True)
        file.file_meta.TransferSyntaxUID = transfer_syntax(file)
        stored = allocated = file.pixel_array
        if header.padding is not None and not file.file_meta.TransferSyntaxUID.is_encapsulated:
            # Padding may lie outside the bits that hold values, which pydicom cuts to.
            file.BitsStored, file.HighBit = file.BitsAllocated, file.BitsAllocated - 1
            allocated = file.pixel_array
    if stored.shape != 2 * (header.size,):
        raise VspairError(f"{complaint} ({stored.shape} instead of {header.size}x{header.size}): fetch it again")
    hu = stored.astype(np.float32) * np.float32(header.slope) + np.float32(header.intercept)
    if header.padding is not None:
        hu[(allocated >= header.padding[0]) & (allocated <= header.padding[1])] = PADDING
    require_hounsfield(hu[None], header.path, sample=True)
    return hu
