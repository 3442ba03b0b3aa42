"""Ask uvicorn's loaded app for attributes of the app."""

import uvicorn
from fastapi_app import app

config = uvicorn.Config(app, proxy_headers=False)
config.load()
print(config.loaded_app.title, config.loaded_app.routes is app.routes)
