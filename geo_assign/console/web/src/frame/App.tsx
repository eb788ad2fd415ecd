import { useCallback, useEffect, useMemo } from "preact/hooks";
import type { Me } from "../api/types";
import { browserSurroundings } from "../live/browser";
import { Desk } from "../state/desk";
import type { Session } from "../state/session";
import type { View } from "../state/view";
import { texts } from "../texts/console";
import { ChoosePassword } from "./ChoosePassword";
import { PageContext } from "./context";
import { Enrol } from "./Enrol";
import { ForgotPassword } from "./ForgotPassword";
import { Frame } from "./Frame";
import { LogIn } from "./LogIn";
import { currentPage, go } from "./router";
import { Unreachable } from "./Unreachable";

/** Log-in or console, whichever the session asks for; what a link opens needs neither. */
export function App({ session, view }: { session: Session; view: View }) {
  const again = useCallback(() => session.start(), [session]);
  if (currentPage.value === "choose-password") return <ChoosePassword client={session.client} />;
  if (currentPage.value === "forgot-password") {
    return <ForgotPassword client={session.client} organization={session.lastOrganization} />;
  }
  const me = session.me.value;
  const unreachable = session.unreachable.value;
  if (unreachable !== null) return <Unreachable why={unreachable} again={again} />;
  if (me === undefined)
    return (
      <p class="splash" role="status">
        {texts.value.frame.loading}
      </p>
    );
  if (me === null || session.mustEnrol.value) return <LogIn session={session} />;
  if (currentPage.value === "second-factor") return <Enrol session={session} demanded={false} />;
  return <LoggedIn key={me.user.id} me={me} session={session} view={view} />;
}

function LoggedIn({ me, session, view }: { me: Me; session: Session; view: View }) {
  const { client } = session;
  const desk = useMemo(() => new Desk(me, client, browserSurroundings(me.user.id)), [me]);
  useEffect(() => {
    void desk.start();
    return () => desk.stop();
  }, [desk]);
  useEffect(() => {
    // An installation without a store is led through its set-up.
    if (me.user.role === "administrator" && me.stores.length === 0 && currentPage.peek() === "") go("welcome");
  }, [me]);
  return (
    <PageContext.Provider value={{ session, client, desk, view }}>
      <Frame />
    </PageContext.Provider>
  );
}
