import { render } from "preact";
import { Client } from "./api/client";
import { Session } from "./state/session";
import { View } from "./state/view";
import "./styles/fonts.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/accounts.css";
import "./styles/header.css";
import "./styles/pending.css";
import "./styles/map.css";
import "./styles/panel.css";
import "./styles/phone.css";
import { App } from "./ui/App";

const session = new Session(new Client());
void session.start();
render(<App session={session} view={new View()} />, document.getElementById("app")!);
