"""Settings, URLs and ASGI application of a Django project that runs its development server with daphne."""

ALLOWED_HOSTS = ["*"]
DEBUG = False
ROOT_URLCONF = "django_urls"
SECRET_KEY = "not a secret"
INSTALLED_APPS = ["daphne"]
ASGI_APPLICATION = "django_asgi.application"
