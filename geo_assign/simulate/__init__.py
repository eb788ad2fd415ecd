"""The invented city of Orrava, the people who work there and their bad phones: the world of the demo."""
