"""The bare networks, which other scripts beside this file are held against."""

from collections.abc import Callable


def bare_networks(model, image, faces: int) -> Callable[[], object]:
    """A class photo's runs of the networks alone, on arrays that are padded, cropped and contiguous already: one
    detection at full size, one batch of crops, each run with every core."""
    from dataclasses import replace

    import numpy as np

    from enrollment.faces.local.analysis import aligned
    from enrollment.faces.local.networks import Threads

    networks = replace(model, threads=Threads()).networks()
    pixels = np.asarray(image)
    crops = np.stack([aligned(pixels, row[4:14].reshape(5, 2)) for row in networks.detect(pixels)])
    assert len(crops) == faces
    height, width = pixels.shape[:2]
    ready = np.zeros((1, height + -height % 32, width + -width % 32, 3), np.uint8)
    ready[0, :height, :width] = pixels

    def run() -> None:
        networks._detector.run(ready)
        networks._embedder.run(crops)

    return run
