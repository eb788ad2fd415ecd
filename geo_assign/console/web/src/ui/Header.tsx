import type { Desk } from "../state/desk";
import type { Theme } from "../state/view";
import { clockTime, zoneName } from "../model/zone";
import { initials } from "../model/words";
import { hrefOf } from "../model/pages";
import { shortAddress } from "../model/pending";
import { slotText } from "../model/zone";
import { Icon, Mark, type IconName } from "../symbols/Icon";
import { usePage } from "./context";
import { FindBox } from "./FindBox";

/** The bar at the top; on a phone with an order open it is that order's title. */
export function Header({ screen }: { screen: string }) {
  if (screen === "order") return <OrderHeader />;
  return (
    <header class="top">
      <div class="mark">
        <Mark />
        geo-assign
      </div>
      {screen === "desk" && <MainLinks />}
      {screen === "desk" && <FindBox />}
      {screen === "desk" && <StoreName />}
      <Live />
      <ThemeSwitch />
      <MeMenu />
    </header>
  );
}

function MainLinks() {
  const { pages, current } = usePage();
  return (
    <nav class="tabs" aria-label="Main">
      {pages.map((page) => (
        <a key={page.name} href={hrefOf(page)} aria-current={page === current ? "page" : undefined}>{page.label}</a>
      ))}
    </nav>
  );
}

/** Whose time the clock shows: the open order's store. */
function StoreName() {
  const { desk } = usePage();
  const id = desk.selected.value?.store_id;
  const store = desk.me.stores.find((each) => each.id === id) ?? desk.me.stores[0];
  return store ? <span class="store">{store.name}</span> : null;
}

function OrderHeader() {
  const { desk } = usePage();
  const order = desk.selected.value;
  if (!order) return null;
  const slot = slotText(order.slot, desk.now.value, desk.zoneOf(order));
  return (
    <header class="top">
      <button class="icon-button" aria-label="Back to pending" onClick={() => desk.select(null)}>
        <Icon name="left" />
      </button>
      <div class="order-title">
        <h1>{order.title}</h1>
        <span>{`${order.number} · ${slot} · ${shortAddress(order.address)}`}</span>
      </div>
    </header>
  );
}

const LIVE_WORDS = { connecting: "Connecting", live: "Live", reconnecting: "Reconnecting" };

function Live() {
  const { desk } = usePage();
  const state = desk.live.value;
  return (
    <div class="live" data-state={state}>
      <i aria-hidden="true" />
      <span role="status">{LIVE_WORDS[state]}</span>
      <span aria-hidden="true"> · </span>
      <StoreClock desk={desk} />
    </div>
  );
}

function StoreClock({ desk }: { desk: Desk }) {
  const zone = desk.zoneOf(desk.selected.value);
  const now = desk.now.value;
  return <time title={zone}>{`${clockTime(now, zone)} ${zoneName(now, zone)}`}</time>;
}

const THEME_ICONS: Record<Theme, IconName> = { system: "system", light: "sun", dark: "moon" };

function ThemeSwitch() {
  const { view } = usePage();
  const theme = view.theme.value;
  const label = `Colours: ${theme}`;
  return (
    <button class="icon-button" aria-label={label} title={label} onClick={() => view.nextTheme()}>
      <Icon name={THEME_ICONS[theme]} />
    </button>
  );
}

function MeMenu() {
  const { desk, session, view } = usePage();
  const { user, organization } = desk.me;
  return (
    <details class="me">
      <summary>
        <span class="avatar">{initials(user.name)}</span>
        <span class="sr">{`${user.name}, account`}</span>
      </summary>
      <div class="card menu">
        <p>
          <b>{user.name}</b>
          <span>{user.email}</span>
          <span>{organization.name}</span>
        </p>
        <label class="check">
          <input type="checkbox" checked={view.letterKeys.value} onChange={() => (view.letterKeys.value = !view.letterKeys.value)} />
          Single-letter keys
        </label>
        <button class="btn" onClick={() => void session.logOut()}>Log out</button>
      </div>
    </details>
  );
}
