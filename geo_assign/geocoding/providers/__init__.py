"""The geocoders a store may choose, by name."""

from collections.abc import Mapping
from types import MappingProxyType

from geo_assign.geocoding.providers import gazetteer, google, here, mapbox, nominatim, opencage, photon
from geo_assign.geocoding.providers.base import GeocodingProvider, ProviderAccess, ProviderSpec

__all__ = ["PROVIDERS", "GeocodingProvider", "ProviderAccess", "ProviderSpec"]

PROVIDERS: Mapping[str, ProviderSpec] = MappingProxyType(
    {module.SPEC.name: module.SPEC for module in (google, mapbox, here, opencage, nominatim, photon, gazetteer)}
)
