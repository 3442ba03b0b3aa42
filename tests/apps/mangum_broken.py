"""A Lambda function that fails to import."""

from mangum import Mangum

import no_such_module

handler = Mangum(no_such_module.app)
