import { useCallback, useEffect } from "preact/hooks";
import { LogIn } from "../frame/LogIn";
import { Unreachable } from "../frame/Unreachable";
import type { View } from "../state/view";
import { texts } from "../texts/app";
import type { Account } from "./account";
import { BottomBar } from "./BottomBar";
import { Provided } from "./context";
import { NextDays } from "./days/NextDays";
import { Message } from "./Message";
import { awake, holdScreen } from "./me/awake";
import { Looks } from "./me/Looks";
import { Me } from "./me/Me";
import { OfferScreen } from "./offers/OfferScreen";
import { becomeTheApp, tab } from "./oneTab";
import { newVersion, useNewVersion } from "./push/newVersion";
import { lookAtPush } from "./push/push";
import { route } from "./route";
import { DutyBar } from "./today/DutyBar";
import { StatusBars } from "./today/StatusBars";
import { Today } from "./today/Today";
import { Updates } from "./updates/Updates";
import { FinishPage } from "./work/FinishPage";
import { WorkPage } from "./work/WorkPage";
import type { Workday } from "./workday";

/** The technician's app: which of its screens is shown. */
export function App({ account, view }: { account: Account; view: View }) {
  const { start } = texts.value;
  const me = account.session.me.value;
  const day = account.day.value;
  const again = useCallback(() => account.start(), [account]);
  if (tab.value === "elsewhere") {
    return (
      <Message title={start.elsewhere} text={start.elsewhereText}>
        <button type="button" class="btn pri" onClick={() => void becomeTheApp(true).then(() => account.start())}>
          {start.useHere}
        </button>
      </Message>
    );
  }
  const unreachable = account.session.unreachable.value;
  if (unreachable !== null) return <Unreachable why={unreachable} again={again} />;
  if (me === undefined)
    return (
      <p class="splash" role="status">
        {start.loading}
      </p>
    );
  if (me === null) return <LogIn session={account.session} />;
  if (day === null) return <NoTechnician account={account} name={me.user.name} />;
  return (
    <Provided value={{ account, day, view }}>
      <Screens account={account} day={day} key={day.technicianId} />
    </Provided>
  );
}

function Screens({ account, day }: { account: Account; day: Workday }) {
  const key = day.facts.value?.vapid_public_key;
  useEffect(() => {
    if (key !== undefined) void lookAtPush(account.calls, account.device, key);
  }, [key]);
  const holds = awake.value && day.onDuty.value;
  useEffect(() => {
    const hold = () => void holdScreen(holds);
    hold();
    document.addEventListener("visibilitychange", hold);
    return () => document.removeEventListener("visibilitychange", hold);
  }, [holds]);
  const asked = day.asking.value;
  return (
    <div class="phone">
      <DutyBar />
      <NewVersionBar />
      <StatusBars />
      {asked ? (
        <OfferScreen key={asked.id} offer={asked} />
      ) : (
        <>
          <Page />
          <BottomBar />
        </>
      )}
    </div>
  );
}

function Page() {
  const shown = route.value;
  switch (shown.page) {
    case "today":
      return <Today />;
    case "next":
      return <NextDays />;
    case "me":
      return <Me />;
    case "looks":
      return <Looks />;
    case "updates":
      return <Updates />;
    case "work":
      return <WorkPage key={shown.id} id={shown.id} />;
    case "finish":
      return <FinishPage key={shown.id} id={shown.id} />;
  }
}

function NewVersionBar() {
  if (!newVersion.value) return null;
  const { start } = texts.value;
  return (
    <div class="bar" role="status">
      <span>{start.newVersion}</span>
      <button type="button" class="link" onClick={useNewVersion}>
        {start.useNewVersion}
      </button>
    </div>
  );
}

function NoTechnician({ account, name }: { account: Account; name: string }) {
  const { start } = texts.value;
  return (
    <Message title={start.noTechnician} text={start.noTechnicianText(name)}>
      <a class="btn pri" href="/console/">
        {start.openConsole}
      </a>
      <button type="button" class="btn" onClick={() => void account.session.logOut()}>
        {start.logOut}
      </button>
    </Message>
  );
}
