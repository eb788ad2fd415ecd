import { shortAddress } from "../model/pending";
import { clockTime, slotText, zoneCity } from "../model/zone";
import type { Desk } from "../state/desk";
import type { Theme } from "../state/view";
import { Icon, type IconName, Mark } from "../symbols/Icon";
import { texts } from "../texts/console";
import { usePage } from "./context";
import { FindBox } from "./FindBox";
import { MeMenu } from "./MeMenu";
import { pagesInBar } from "./pages";
import { address, currentPage, hrefOf, setQuery } from "./router";
import { StoreScope } from "./StoreScope";

/** The bar at the top; on a phone with an order open it is that order's title. */
export function Header() {
  const { desk, view } = usePage();
  const phone = view.phone.value;
  if (phone && currentPage.value === "" && desk.selected.value) return <OrderHeader />;
  return (
    <header class="top">
      <a class="brand" href={hrefOf("")}>
        <Mark />
        geo-assign
      </a>
      {!phone && <MainLinks />}
      {!phone && <FindBox />}
      {!phone && <StoreScope />}
      <Live />
      {!phone && <NewButton />}
      <ThemeSwitch />
      <MeMenu />
    </header>
  );
}

function MainLinks() {
  const { desk } = usePage();
  const scope = { store: address.value.query.get("store") };
  const shown = pagesInBar(desk.me);
  return (
    <nav class="tabs" aria-label={texts.value.frame.main}>
      {shown.map((page) => (
        <a
          key={page.name}
          href={hrefOf(page.name, scope)}
          aria-current={page.name === currentPage.value ? "page" : undefined}
        >
          {page.label(texts.value)}
          {page.name === "pending" && desk.loaded.value && <span class="count soft">{desk.pendingCount.value}</span>}
        </a>
      ))}
    </nav>
  );
}

function NewButton() {
  const { view } = usePage();
  return (
    <button type="button" class="btn pri new-button" onClick={() => setQuery({ new: "lead" })}>
      <Icon name="plus" />
      {texts.value.frame.create}
      {view.letterKeys.value && <kbd aria-hidden="true">N</kbd>}
    </button>
  );
}

function OrderHeader() {
  const { desk } = usePage();
  const order = desk.selected.value;
  if (!order) return null;
  const slot = slotText(order.slot, desk.now.value, desk.zoneOf(order));
  return (
    <header class="top" data-order>
      <button type="button" class="icon-button" aria-label={texts.value.frame.back} onClick={() => desk.select(null)}>
        <Icon name="left" />
      </button>
      <div class="order-title">
        <h1>{order.title}</h1>
        <span>{`${order.number} · ${slot} · ${shortAddress(order.address)}`}</span>
      </div>
    </header>
  );
}

function Live() {
  const { desk } = usePage();
  const state = desk.live.value;
  const past = desk.past.at.value !== null;
  return (
    <div class="live" data-state={past ? "past" : state}>
      <i aria-hidden="true" />
      <span role="status">{past ? texts.value.past.live : texts.value.frame[state]}</span>
      <span aria-hidden="true"> · </span>
      <StoreClock desk={desk} />
    </div>
  );
}

function StoreClock({ desk }: { desk: Desk }) {
  const zone = desk.zoneOf(desk.selected.value);
  const now = desk.now.value;
  return <time title={zone}>{[clockTime(now, zone), zoneCity(now, zone)].filter(Boolean).join(" ")}</time>;
}

const THEME_ICONS: Record<Theme, IconName> = { system: "system", light: "sun", dark: "moon" };

function ThemeSwitch() {
  const { view } = usePage();
  const theme = view.theme.value;
  const label = texts.value.frame.colours[theme];
  return (
    <button type="button" class="icon-button" aria-label={label} title={label} onClick={() => view.nextTheme()}>
      <Icon name={THEME_ICONS[theme]} />
    </button>
  );
}
