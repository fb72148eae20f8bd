"""Models that Keras can save, copy and load: their configuration is the constructor's arguments."""

from keras import saving

from generative_vision.arguments import constructor_arguments


class SavedByArguments:
    """A mixin for Keras models that keep each argument of their constructor as an attribute."""

    def get_config(self):
        """Return the constructor's arguments; of a function that is not Keras' own, its name."""
        config = {}
        for name, default in constructor_arguments(type(self)).items():
            value = self.argument(name)
            if callable(value) and not hasattr(value, "get_config") and value is not default:
                known = saving.get_registered_name(value) if hasattr(value, "__name__") else ""
                config[name] = {"function": known if known.split(">")[-1].isidentifier() else name}
            elif value is not default:
                config[name] = saving.serialize_keras_object(value)
        return config

    def argument(self, name: str):
        """Return the value of a constructor's argument: the attribute of that name."""
        if not hasattr(self, name):
            raise NotImplementedError(
                f"{type(self).__name__} cannot be saved or copied: "
                f"keep its argument {name} as self.{name}."
            )
        return getattr(self, name)

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """Return a model of a configuration; ``custom_objects`` has functions by name."""
        given = {}
        for name, value in config.items():
            function = value.get("function") if isinstance(value, dict) else None
            given[name] = (
                saving.deserialize_keras_object(value, custom_objects)
                if function is None
                else saving.get_registered_object(function, custom_objects)
            )
            if given[name] is None and function is not None:
                raise ValueError(
                    f"This {cls.__name__} uses a function of your own as {name}, which a file "
                    "cannot store. Give it again: keras.models.load_model(path, "
                    f"custom_objects={{{function!r}: your_function}}), or to clone or deepcopy: "
                    f"with keras.saving.custom_object_scope({{{function!r}: your_function}})."
                )
        try:
            return cls(**given)
        except TypeError as error:
            raise ValueError(
                f"{error}: if {cls.__name__}'s constructor sets an argument itself, its get_config "
                "must leave that out, as in config = super().get_config(); "
                "config.pop(...); return config."
            ) from error
