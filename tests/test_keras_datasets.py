"""A dataset is checked as arrays are, batch by batch, and what arrays may be it may be, too."""

import numpy as np
import pytest
from zoo import IMAGES, LABELS, eager, make

pytestmark = pytest.mark.usefixtures("small_and_exact", "seeded")


def pipeline(*parts, batch=6):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(parts if len(parts) > 1 else parts[0]).batch(batch)


def pydataset(*parts, batch=6):
    import keras

    class Rows(keras.utils.PyDataset):
        def __len__(self):
            return -(-len(parts[0]) // batch)

        def __getitem__(self, index):
            cut = tuple(part[index * batch : (index + 1) * batch] for part in parts)
            return cut if len(cut) > 1 else cut[0]

    return Rows()


KINDS_OF_DATASET = pytest.mark.parametrize("dataset", [pipeline, pydataset])


def changed(array, place, value):
    array = array.copy()
    array[place] = value
    return array


#: what is wrong after the first batch, and how it is said
LATER = [
    ("autoencoder", [changed(IMAGES, 20, 255.0)], "images range from .* to 255"),
    ("autoencoder", [changed(IMAGES, 20, np.nan)], "images range from nan"),
    ("autoencoder", [IMAGES, changed(IMAGES, 20, 0.5)], "y is other images than x"),
    ("conditional VAE", [IMAGES, changed(LABELS, 20, 12)], r"labels\[2\] is 12: expected whole"),
    ("conditional VAE", [IMAGES, changed(LABELS / 1.0, 20, 2.5)], r"labels\[2\] is 2.5"),
    ("conditional VAE", [IMAGES, changed(np.eye(10)[LABELS], 20, 0.5)], "row 2 has 0.5 at 0"),
]


@KINDS_OF_DATASET
@pytest.mark.parametrize(("kind", "parts", "words"), LATER)
def test_a_later_batch_that_is_wrong_stops_every_verb(dataset, kind, parts, words):
    model = make(kind)
    model.compile(run_eagerly=eager())
    right = [IMAGES, LABELS][: 2 if model.condition else 1]
    for verb in (
        lambda: model.fit(dataset(*parts), verbose=0),
        lambda: model.evaluate(dataset(*parts), verbose=0),
        lambda: model.fit(dataset(*right), validation_data=dataset(*parts), verbose=0),
    ):
        with pytest.raises(ValueError, match=words) as caught:
            verb()
        assert "after the first" in caught.value.__notes__[0]
    assert np.isfinite(model.fit(dataset(*right), verbose=0).history["loss"]).all()


@pytest.mark.parametrize("verb", ["fit", "evaluate", "predict"])
def test_a_model_survives_a_wrong_batch_at_the_beginning(verb):
    """As in a dataset that is shuffled anew whenever it is read."""
    import keras

    class Changing(keras.utils.PyDataset):
        seen = 0

        def __len__(self):
            return 3

        def __getitem__(self, index):
            self.seen += 1
            return IMAGES[:8] if self.seen == 1 else 9 * IMAGES[:8]

    data = Changing()
    model = make("autoencoder")
    model.compile(run_eagerly=eager())
    before = model.reconstruct(IMAGES)
    with pytest.raises(ValueError, match="images range"):
        getattr(model, verb)(data, verbose=0)
    assert np.array_equal(model.reconstruct(IMAGES), before)


@KINDS_OF_DATASET
def test_another_error_stays_what_it_is(dataset):
    import keras

    def stop(epoch, logs):
        raise RuntimeError("my own")

    model = make("autoencoder")
    model.compile(run_eagerly=eager())
    callback = keras.callbacks.LambdaCallback(on_epoch_end=stop)
    with pytest.raises(RuntimeError, match="my own"):
        model.fit(dataset(IMAGES), callbacks=[callback], verbose=0)


@KINDS_OF_DATASET
def test_a_dataset_is_cast_as_arrays_are(dataset):
    model = make("conditional VAE")
    model.compile(run_eagerly=eager())
    one_hot = np.eye(10)[LABELS]
    seeds, losses = np.asarray(model.seeds.state), []
    for images in (IMAGES, IMAGES.astype("float64")):
        for labels in (LABELS, LABELS / 1.0, LABELS.astype("uint8"), one_hot, one_hot.astype(int)):
            model.seeds.state.assign(seeds)
            losses.append(model.evaluate(dataset(images, labels), verbose=0)[0])
    assert losses == pytest.approx([losses[0]] * 10, rel=1e-5)


@KINDS_OF_DATASET
def test_a_dataset_is_predicted_as_its_images_are(dataset):
    model = make("autoencoder")
    expected = model.predict(IMAGES, verbose=0)
    assert model.predict(dataset(IMAGES), verbose=0) == pytest.approx(expected, abs=1e-5)
    assert model.predict(dataset(IMAGES, LABELS), verbose=0) == pytest.approx(expected, abs=1e-5)
    vae = make("conditional VAE")
    for ours, theirs in zip(vae.predict(dataset(IMAGES), verbose=0), vae.posterior(IMAGES)):
        assert ours == pytest.approx(theirs, abs=1e-5)
    with pytest.raises(ValueError, match="images range from .* to 255"):
        model.predict(dataset(changed(IMAGES, 20, 255.0)), verbose=0)
    with pytest.raises(TypeError, match="no forward pass"):
        make("GAN").predict(dataset(IMAGES))


def test_a_step_per_epoch_and_an_endless_dataset():
    model = make("autoencoder")
    model.compile(run_eagerly=eager())
    history = model.fit(pipeline(IMAGES).repeat(), steps_per_epoch=3, epochs=2, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    assert int(model.optimizer.iterations) == 6
