"""The table of copies that lesson 07 reads: every run is there, and it shows what the text says."""

import numpy as np
import pytest

from generative_vision import audit

SIZES = (16, 64, 256, 1024)


def curve(measure: str) -> np.ndarray:
    """Return a measure of the flows by their number of images, (sizes, seeds)."""
    table = audit.shipped_table()
    return np.array([table[f"flow, {n}"][measure] for n in SIZES])


def test_every_run_has_three_seeds():
    found = {len(values) for run in audit.shipped_table().values() for values in run.values()}
    assert found == {3}


@pytest.mark.parametrize("space", ["codes", "pixels", "features"])
def test_more_images_lower_the_copied_share_of_every_seed(space):
    shares = curve(f"copied, {space}")
    assert (shares[0] > shares[1]).all()
    assert (shares[1] > shares[2]).all()


def test_flows_that_share_no_image_agree_more_the_more_images_they_have():
    agreement = curve("agreement")
    assert (agreement[-1] > agreement[0] + 0.2).all()


def test_a_flow_that_copies_has_a_gap_between_images_seen_and_unseen():
    gap = curve("loss, unseen") / curve("loss, train")
    assert (gap[0] > 5).all()
    assert (gap[-1] < 1.2).all()


def test_pictures_are_grey_levels_of_samples_beside_training_images():
    found = {(strips.dtype, strips.shape) for strips in audit.shipped_pictures().values()}
    assert found == {(np.dtype("uint8"), (2, 8, 28, 28))}


def test_each_size_has_its_pictures():
    assert {f"flow, {n}" for n in SIZES} <= set(audit.shipped_pictures())
