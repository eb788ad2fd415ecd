import { render } from "preact";
import "../styles/fonts.css";
import "../styles/tokens.css";
import "../styles/base.css";
import "../styles/accounts.css";
import "./styles/frame.css";
import "./styles/today.css";
import "./styles/offer.css";
import "./styles/pages.css";
import { View } from "../state/view";
import { textsLoaded } from "../texts/language";
import { App } from "./App";
import { Account } from "./account";
import { openStore } from "./kept/store";
import { listenForInstall } from "./me/install";
import { becomeTheApp, tab } from "./oneTab";
import { registerWorker } from "./push/newVersion";
import { followAddress } from "./route";

/** A link or QR code of the store names the organization: `/app/?organization=demo`. */
function takeOrganization(account: Account): void {
  const organization = new URLSearchParams(location.search).get("organization");
  if (organization === null) return;
  account.session.remember(organization);
  history.replaceState(null, "", location.pathname);
}

await textsLoaded();
const account = new Account(await openStore());
takeOrganization(account);
followAddress();
listenForInstall();
render(<App account={account} view={new View()} />, document.getElementById("app")!);
void registerWorker(() => account.wake());
tab.subscribe((which) => {
  if (which === "elsewhere") account.leave();
});
await becomeTheApp();
await account.start();
