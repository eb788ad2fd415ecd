"""Organizations from a file: what `geo-assign seed FILE.json` creates."""

from geo_assign.seed.document import SeedDocument, SeedError, read_document
from geo_assign.seed.loading import OrganizationLoader, load

__all__ = ["OrganizationLoader", "SeedDocument", "SeedError", "load", "read_document"]
