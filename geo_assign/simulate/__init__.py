"""The invented city of Orrava, the people who work there and their bad phones: the demo's world, and a load for tests."""
