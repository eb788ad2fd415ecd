"""What the map reads: GeoJSON and the live stream."""
