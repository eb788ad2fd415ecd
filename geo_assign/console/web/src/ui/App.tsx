import { useEffect, useMemo } from "preact/hooks";
import type { Me } from "../api/types";
import { browserSurroundings } from "../live/browser";
import { findPage } from "../model/pages";
import { Desk } from "../state/desk";
import type { Session } from "../state/session";
import type { View } from "../state/view";
import { ChoosePassword } from "./ChoosePassword";
import { PageContext } from "./context";
import { Enrol } from "./Enrol";
import { ForgotPassword } from "./ForgotPassword";
import { LogIn } from "./LogIn";
import { PAGES } from "./pages";

/** Log-in or console, whichever the session asks for; what a link opens needs neither. */
export function App({ session, view }: { session: Session; view: View }) {
  if (location.pathname === "/console/choose-password") return <ChoosePassword client={session.client} />;
  if (location.pathname === "/console/forgot-password") {
    return <ForgotPassword client={session.client} organization={session.lastOrganization} />;
  }
  const me = session.me.value;
  if (me === undefined) return <p class="splash" role="status">Loading…</p>;
  if (me === null || session.mustEnrol.value) return <LogIn session={session} />;
  if (location.pathname === "/console/second-factor") return <Enrol session={session} demanded={false} />;
  return <LoggedIn key={me.user.id} me={me} session={session} view={view} />;
}

function LoggedIn({ me, session, view }: { me: Me; session: Session; view: View }) {
  const desk = useMemo(() => new Desk(me, session.client, browserSurroundings(me.user.id)), [me]);
  useEffect(() => {
    void desk.start();
    return () => desk.stop();
  }, [desk]);
  const page = findPage(PAGES, location.pathname);
  if (!page) return <NoSuchPage />;
  return (
    <PageContext.Provider value={{ session, desk, view, pages: PAGES, current: page }}>
      <page.Content />
    </PageContext.Provider>
  );
}

function NoSuchPage() {
  return (
    <p class="splash" role="alert">
      There is no such page. <a href="/console/">Open the map</a>
    </p>
  );
}
