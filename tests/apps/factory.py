"""A factory of the app of the module that FACTORY_OF names."""

import importlib
import os


def create_app():
    return importlib.import_module(os.environ["FACTORY_OF"]).app
