import { render } from "preact";
import { Client } from "./api/client";
import { Session } from "./state/session";
import { View } from "./state/view";
import { textsLoaded } from "./texts/language";
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/accounts.css";
import "./styles/header.css";
import { App } from "./frame/App";

await textsLoaded();
const session = new Session(new Client());
void session.start();
render(<App session={session} view={new View()} />, document.getElementById("app")!);
