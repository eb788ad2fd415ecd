"""What handlers are given: the composed library, made once per process by `geo_assign.app`."""

from dataclasses import dataclass

from geo_assign.access.commands import LinkDelivery
from geo_assign.core.db import Database
from geo_assign.core.replica import Replica
from geo_assign.core.settings import Settings
from geo_assign.dispatch.flows import DispatchService
from geo_assign.geocoding.geocoder import Geocoder
from geo_assign.http.limits import Limits
from geo_assign.mapview.kept_counts import KeptCounts
from geo_assign.mapview.live import LiveHub
from geo_assign.mapview.tiles import TileStore
from geo_assign.phones.push_sender import PushSender
from geo_assign.phones.waiting import PhoneHub
from geo_assign.positions.grouping import Grouper
from geo_assign.positions.metering import PingMeter
from geo_assign.privacy.viewlog import ViewLog
from geo_assign.routing.finder import DriveFinder
from geo_assign.single_sign_on.flow import SignOnService
from geo_assign.webhooks.delivery import Sender
from geo_assign.webhooks.waiting import FeedHub


@dataclass(frozen=True)
class Services:
    """`database` is the application role's. A log-in asks `limits` before it looks at a password.

    Every operation that shows a technician's position records it in `views`. `links` says how one-time links reach
    their users. `replica` is a standby for reads, if there is one.
    """

    settings: Settings
    database: Database
    geocoder: Geocoder
    drives: DriveFinder
    dispatch: DispatchService
    pings: Grouper
    live: LiveHub
    tiles: TileStore
    counts: KeptCounts
    limits: Limits
    webhooks: Sender
    links: LinkDelivery
    views: ViewLog
    phones: PhoneHub
    feed: FeedHub
    meter: PingMeter
    sign_on: SignOnService
    push: PushSender
    replica: Replica | None = None

    def close(self) -> None:
        """End the streams and give the connections back."""
        self.live.close()
        self.phones.close()
        self.feed.close()
        self.views.close()
        self.meter.close()
        self.database.close()
        if self.replica is not None:
            self.replica.database.close()

    def wind_up(self) -> None:
        """The process is about to end: streams and waits end by themselves, and the log of looks is written at once."""
        self.live.close()
        self.phones.close()
        self.feed.close()
        self.views.hasten()
