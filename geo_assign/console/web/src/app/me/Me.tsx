import { useState } from "preact/hooks";
import { texts } from "../../texts/app";
import { LANGUAGES, type Language, language } from "../../texts/language";
import { AppLink } from "../AppLink";
import { useApp } from "../context";
import { Dialog } from "../Dialog";
import { PrivacyTexts } from "../PrivacyTexts";
import { pushProblem, pushState, switchPushOff, switchPushOn } from "../push/push";
import { awake, keepAwake } from "./awake";
import { install, installEvent, isInstalled, isIos } from "./install";
import { Sessions } from "./Sessions";

const THEMES = ["system", "light", "dark"] as const;

/** The account, what is shared, and how the app looks. */
export function Me() {
  const { account, day } = useApp();
  const { me, looks, sharing } = texts.value;
  const { user, organization } = day.me;
  return (
    <main class="page">
      <h1 class="page-title">{user.name}</h1>
      <p class="muted">{`${user.email}, ${organization.name}`}</p>
      <PushSetting />
      <section class="box stack" aria-labelledby="privacy-title">
        <h2 id="privacy-title">{me.privacy}</h2>
        <PrivacyTexts />
        <AppLink to={{ page: "looks" }} class="btn">
          {looks.title}
        </AppLink>
        <a class="btn" href="/v1/me/export" download="geo-assign.json">
          {me.export}
        </a>
        <label class="check">
          <input type="checkbox" checked={awake.value} onChange={(event) => keepAwake(event.currentTarget.checked)} />
          {sharing.keepOn}
        </label>
      </section>
      <InstallSetting />
      <Looking />
      <Sessions />
      <Stores />
      <LogOut />
      <p class="hint">{me.version(account.session.config.value.version)}</p>
    </main>
  );
}

function PushSetting() {
  const { account, day } = useApp();
  const { me } = texts.value;
  const key = day.facts.value?.vapid_public_key;
  const state = pushState.value;
  return (
    <section class="box stack" aria-labelledby="push-setting">
      <h2 id="push-setting">{me.push}</h2>
      <p>{me.pushStates[state]}</p>
      {pushProblem.value && (
        <p class="problem" role="alert">
          {pushProblem.value}
        </p>
      )}
      {state === "off" && key && (
        <button type="button" class="btn" onClick={() => void switchPushOn(account.calls, account.device, key)}>
          {me.switchOn}
        </button>
      )}
      {state === "on" && (
        <button type="button" class="btn" onClick={() => void switchPushOff(account.calls, account.device)}>
          {me.switchOff}
        </button>
      )}
    </section>
  );
}

function InstallSetting() {
  const { me } = texts.value;
  if (isInstalled() || (installEvent.value === null && !isIos())) return null;
  return (
    <section class="box stack" aria-labelledby="install-title">
      <h2 id="install-title">{me.install}</h2>
      <p>{installEvent.value ? me.installText : me.installIos}</p>
      {installEvent.value && (
        <button type="button" class="btn" onClick={() => void install()}>
          {me.installDo}
        </button>
      )}
    </section>
  );
}

function Looking() {
  const { account, view } = useApp();
  const { me } = texts.value;
  const choose = (chosen: string) => account.session.chooseLanguage(chosen as Language);
  return (
    <section class="box stack">
      <label>
        {me.language}
        <select value={language.value} onChange={(event) => choose(event.currentTarget.value)}>
          {Object.entries(LANGUAGES).map(([code, name]) => (
            <option key={code} value={code} lang={code}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {me.colours}
        <select
          value={view.theme.value}
          onChange={(event) => (view.theme.value = event.currentTarget.value as (typeof THEMES)[number])}
        >
          {THEMES.map((theme) => (
            <option key={theme} value={theme}>
              {me.themes[theme]}
            </option>
          ))}
        </select>
      </label>
    </section>
  );
}

/** Whom to call. */
function Stores() {
  const { day } = useApp();
  const { me } = texts.value;
  const stores = (day.facts.value?.stores ?? []).filter(({ phone }) => phone);
  if (stores.length === 0) return null;
  return (
    <section class="box stack">
      {stores.map(({ id, name, phone }) => (
        <a key={id} class="btn" href={`tel:${phone}`}>
          {me.store(name, phone ?? "")}
        </a>
      ))}
    </section>
  );
}

function LogOut() {
  const { account, day } = useApp();
  const { me } = texts.value;
  const [asks, setAsks] = useState(false);
  const [problem, setProblem] = useState("");
  const waiting = day.outbox.waiting.value.length + day.sharing.waiting.value;
  const leave = () => void account.logOut().catch(() => setProblem(me.logOutNoNetwork));
  const press = () => (account.reached.value ? setAsks(true) : setProblem(me.logOutNoNetwork));
  return (
    <>
      {problem && (
        <p class="problem" role="alert">
          {problem}
        </p>
      )}
      <button type="button" class="btn" onClick={press}>
        {me.logOut}
      </button>
      {asks && (
        <Dialog title={me.logOut} onClose={() => setAsks(false)}>
          {day.offers.value.length > 0 && <p>{me.logOutOffer}</p>}
          {day.onDuty.value && <p>{me.logOutDuty}</p>}
          {waiting > 0 && <p>{me.logOutWaiting(waiting)}</p>}
          <div class="two">
            <button type="button" class="btn" onClick={() => setAsks(false)}>
              {me.stay}
            </button>
            <button type="button" class="btn pri" onClick={leave}>
              {me.logOut}
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}
