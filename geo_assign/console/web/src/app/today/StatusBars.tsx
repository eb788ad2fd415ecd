import { texts } from "../../texts/app";
import { AppIcon } from "../AppIcon";
import { AppLink } from "../AppLink";
import { useApp } from "../context";
import { silenceOf } from "../positions/silence";
import { go, route } from "../route";

/** What the technician must know wherever the app is: no network, nothing shared, updates that were not taken. */
export function StatusBars() {
  const { day } = useApp();
  return (
    <div class="bars">
      <OfflineBar />
      {day.onDuty.value && <SharingBar />}
      <LostBars />
      <EndedOffers />
      <AsideBar />
    </div>
  );
}

function OfflineBar() {
  const { account, day } = useApp();
  const { offline, sharing, start } = texts.value;
  const updates = day.outbox.waiting.value.length;
  const positions = day.sharing.waiting.value;
  if (!account.store.lasting.value && (updates > 0 || positions > 0))
    return (
      <Bar icon="warn">
        <span>{start.notKept}</span>
      </Bar>
    );
  if (account.reached.value && day.isFailing.value) return <FailingBar />;
  if (account.reached.value && updates === 0) return null;
  const words = account.reached.value
    ? [offline.sending(updates)]
    : [
        updates > 0 ? offline.updates(updates) : offline.nothing,
        ...(positions > 0 ? [sharing.waiting(positions)] : []),
      ];
  return (
    <Bar icon="offline">
      <span>
        {!account.reached.value && <b>{offline.title} </b>}
        {words.join(" ")}
      </span>
      {route.value.page !== "updates" && (
        <AppLink to={{ page: "updates" }} class="link">
          {offline.show}
        </AppLink>
      )}
    </Bar>
  );
}

function FailingBar() {
  const { offline } = texts.value;
  return (
    <Bar icon="warn">
      <span>
        <b>{offline.failing}</b> {offline.failingText}
      </span>
    </Bar>
  );
}

function SharingBar() {
  const { day } = useApp();
  const { sharing } = texts.value;
  if (!("geolocation" in navigator))
    return (
      <Bar icon="warn">
        <span>{sharing.unsupported}</span>
      </Bar>
    );
  const other = day.sharing.otherDevice();
  if (other !== null) {
    return (
      <Bar icon="phone">
        <span>{sharing.otherDevice(other)}</span>
        <button type="button" class="link" onClick={() => (day.sharing.fromHere.value = true)}>
          {sharing.fromHere}
        </button>
      </Bar>
    );
  }
  const reason = silenceOf(day.sharing.watcher.known.value);
  if (reason === null) return null;
  return (
    <Bar icon="warn">
      <span>
        <b>{sharing[reason]}</b> {sharing[`${reason}Help`]}
      </span>
      <button type="button" class="link" onClick={() => day.sharing.watcher.tryAgain()}>
        {sharing.tryAgain}
      </button>
    </Bar>
  );
}

/** Updates that were dropped: each is told until it has been read. */
function LostBars() {
  const { day } = useApp();
  const { lost } = texts.value;
  return (
    <>
      {day.outbox.notices.value.map(({ key, value }) => (
        <Bar key={key} icon="warn" alert>
          <span>
            <b>{value.number ? lost.title(value.number, value.count) : lost.plain}.</b> {lost[value.why]}
            {value.why === "refused" && ` ${value.detail}`}
          </span>
          <button type="button" class="link" onClick={() => void day.outbox.dismiss(key)}>
            {lost.understood}
          </button>
        </Bar>
      ))}
    </>
  );
}

/** Offers that ended while they were open here. */
function EndedOffers() {
  const { day } = useApp();
  const { ended } = texts.value;
  const close = (id: string) => {
    day.gone.value = day.gone.value.filter((one) => one.id !== id);
  };
  return (
    <>
      {day.gone.value.map(({ id, number, ending }) => (
        <Bar key={id} icon="clock" alert>
          <span>
            <b>{number}.</b> {ended[ending]}
          </span>
          <button type="button" class="link" onClick={() => close(id)}>
            {ended.close}
          </button>
        </Bar>
      ))}
    </>
  );
}

/** Offers that were put aside are still to be answered. */
function AsideBar() {
  const { day } = useApp();
  const { offer } = texts.value;
  const count = day.offers.value.length;
  if (count === 0 || day.asking.value !== null) return null;
  const answer = () => {
    day.aside.value = new Set();
    go({ page: "today" });
  };
  return (
    <Bar icon="bell">
      <b>{offer.open(count)}</b>
      <button type="button" class="link" onClick={answer}>
        {offer.answerNow}
      </button>
    </Bar>
  );
}

interface BarProps {
  icon: Parameters<typeof AppIcon>[0]["name"];
  alert?: boolean;
  children: preact.ComponentChildren;
}

function Bar({ icon, alert = false, children }: BarProps) {
  return (
    <div class="bar" role={alert ? "alert" : "status"}>
      <AppIcon name={icon} />
      {children}
    </div>
  );
}
