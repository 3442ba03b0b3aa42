"""A tiny shop. It imports nothing but its framework, and it has one bug."""

import logging
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.routing import Route

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger("shop")

VAT_RATES = {"DE": 0.19, "FR": 0.20}


@asynccontextmanager
async def lifespan(app):
    """Stock the shelves before the first customer comes."""
    app.state.orders = {
        7: {"country": "FR", "lines": [("tea", 2, 4.50), ("honey", 1, 7.20)]},
        8: {"country": "NO", "lines": [("coffee", 3, 6.90)]},
    }
    logger.info("the shop is open")
    yield
    logger.info("the shop is closed")


def order_numbered(request):
    """Give the order that the path names, or answer 404."""
    number = request.path_params["number"]
    if number not in request.app.state.orders:
        raise HTTPException(404, f"There is no order {number}.")
    return request.app.state.orders[number]


async def index(request):
    """List the orders."""
    return JSONResponse({"orders": sorted(request.app.state.orders)})


async def show_order(request):
    """Show one order."""
    return JSONResponse(order_numbered(request))


async def invoice(request):
    """Add the tax of the customer's country to an order's total."""
    order = order_numbered(request)
    country = order["country"]
    total = sum(quantity * price for _, quantity, price in order["lines"])
    logger.info("invoicing %.2f EUR to a customer in %s", total, country)
    vat = total * VAT_RATES[country]
    return JSONResponse({"total": total, "vat": round(vat, 2), "due": round(total + vat, 2)})


app = Starlette(
    lifespan=lifespan,
    routes=[
        Route("/", index),
        Route("/orders/{number:int}", show_order),
        Route("/orders/{number:int}/invoice", invoice),
    ],
)
