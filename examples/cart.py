"""A cart as a stream of events: two hands on it, and neither overwrites the other unseen."""

import tempfile

import thermocline

with tempfile.TemporaryDirectory() as folder, thermocline.connect(folder) as lake:
    shop = lake.database("acme")
    cart = shop.stream("cart-7")

    shop.append("carts", [{"put": "tea"}], stream="cart-7", expected_version=0)  # 0: it must be new
    seen = cart.version
    shop.append("carts", [{"put": "milk"}], stream="cart-7", expected_version=seen)

    try:
        shop.append("carts", [{"put": "wine"}], stream="cart-7", expected_version=seen)
    except thermocline.errors.Conflict as conflict:
        print(conflict)

    for event in cart.read():
        print(event["_position"], event["put"])
